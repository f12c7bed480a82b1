// Issues, merge requests and notes.

import { DAY, HOUR } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";
import { textAt } from "../text-at.ts";
import { commit, label, spacedTime, userJson, type World } from "./world.ts";

const TITLE = "Discount is applied twice when the cart is reloaded";
const TEXT = "1. Put something into the cart\n2. Enter a code\n3. Reload";

export type IssueAction = "open" | "update" | "close" | "reopen";

export function issue(world: World, action: IssueAction): JsonObject {
  const { fresh, web, user, other, projectId } = world;
  const iid = fresh.integer(10, 900);
  const isNew = action === "open";
  const isClosed = action === "close";
  const created = spacedTime(fresh, isNew ? 0 : 3 * DAY);
  return {
    author_id: user.id,
    closed_at: isClosed ? spacedTime(fresh) : null,
    confidential: false,
    created_at: created,
    description: TEXT,
    discussion_locked: null,
    due_date: null,
    id: fresh.integer(10_000_000, 99_999_999),
    iid,
    last_edited_at: null,
    last_edited_by_id: null,
    milestone_id: null,
    moved_to_id: null,
    duplicated_to_id: null,
    project_id: projectId,
    relative_position: null,
    state_id: isClosed ? 2 : 1,
    time_estimate: 0,
    title: TITLE,
    updated_at: isNew ? created : spacedTime(fresh),
    updated_by_id: isNew ? null : user.id,
    type: "Issue",
    url: `${web}/-/issues/${iid}`,
    total_time_spent: 0,
    time_change: 0,
    human_total_time_spent: null,
    human_time_change: null,
    human_time_estimate: null,
    assignee_ids: [other.id],
    assignee_id: other.id,
    labels: [label(world)],
    state: isClosed ? "closed" : "opened",
    severity: "unknown",
    customer_relations_contacts: [],
    action,
  };
}

export type MergeRequestAction = "open" | "update" | "approved" | "merge" | "close" | "reopen";

export function mergeRequest(world: World, action: MergeRequestAction): JsonObject {
  const { fresh, web, user, other, project, projectId, sha, before } = world;
  const iid = fresh.integer(10, 900);
  const isNew = action === "open";
  const state = action === "merge" ? "merged" : action === "close" ? "closed" : "opened";
  const created = spacedTime(fresh, isNew ? 0 : 5 * HOUR);
  const { id: _, ...end } = project;
  return {
    assignee_id: user.id,
    author_id: user.id,
    created_at: created,
    description: "The code is kept in the session only.",
    draft: false,
    head_pipeline_id: fresh.integer(100_000_000, 999_999_999),
    id: fresh.integer(100_000_000, 300_000_000),
    iid,
    last_edited_at: null,
    last_edited_by_id: null,
    merge_commit_sha: action === "merge" ? fresh.hex(40) : null,
    merge_error: null,
    merge_params: { force_remove_source_branch: "1" },
    merge_status: action === "merge" ? "can_be_merged" : "checking",
    merge_user_id: null,
    merge_when_pipeline_succeeds: false,
    milestone_id: null,
    source_branch: "fix/discount-twice",
    source_project_id: projectId,
    state_id: { opened: 1, closed: 2, merged: 3 }[state],
    target_branch: "main",
    target_project_id: projectId,
    time_estimate: 0,
    title: "Apply a discount once",
    updated_at: isNew ? created : spacedTime(fresh),
    updated_by_id: isNew ? null : user.id,
    prepared_at: created,
    assignee_ids: [user.id],
    blocking_discussions_resolved: true,
    detailed_merge_status: action === "merge" ? "not_open" : "mergeable",
    first_contribution: false,
    human_time_change: null,
    human_time_estimate: null,
    human_total_time_spent: null,
    labels: [label(world)],
    last_commit: commit(world, sha, "Apply a discount once", 60),
    reviewer_ids: [other.id],
    source: end,
    state,
    target: end,
    time_change: 0,
    total_time_spent: 0,
    url: `${web}/-/merge_requests/${iid}`,
    work_in_progress: false,
    approval_rules: [],
    ...(action === "update" ? { oldrev: before } : {}),
    action,
  };
}

/** What an event says of fields that changed. */
export function changes({ fresh, user }: World, isNew: boolean): JsonObject {
  if (isNew) return {};
  const before = spacedTime(fresh, 5 * HOUR);
  return {
    updated_at: { previous: before, current: spacedTime(fresh) },
    updated_by_id: { previous: null, current: user.id },
  };
}

export type NoteOn = "Commit" | "MergeRequest" | "Issue" | "Snippet";

const PATHS = { MergeRequest: "merge_requests", Issue: "issues", Snippet: "snippets" } as const;

/** The note, and what it was written on under the name that the event has for it. */
export function note(world: World, on: NoteOn): JsonObject {
  const { fresh, web, user, projectId, sha } = world;
  const id = fresh.integer(1_000_000_000, 3_000_000_000);
  const subject = subjectOf(world, on);
  const path = on === "Commit" ? `commit/${sha}` : `${PATHS[on]}/${textAt(subject, on === "Snippet" ? "id" : "iid")}`;
  const attributes: JsonObject = {
    attachment: null,
    author_id: user.id,
    change_position: null,
    commit_id: on === "Commit" ? sha : null,
    created_at: spacedTime(fresh),
    discussion_id: fresh.hex(40),
    id,
    internal: false,
    line_code: null,
    note: "I can reproduce this: the code is read twice.",
    noteable_id: on === "Commit" ? null : subject["id"],
    noteable_type: on,
    original_position: null,
    position: null,
    project_id: projectId,
    resolved_at: null,
    resolved_by_id: null,
    resolved_by_push: null,
    st_diff: null,
    system: false,
    type: null,
    updated_at: spacedTime(fresh),
    updated_by_id: null,
    description: "I can reproduce this: the code is read twice.",
    url: `${web}/-/${path}#note_${id}`,
    action: "create",
  };
  const name = { Commit: "commit", MergeRequest: "merge_request", Issue: "issue", Snippet: "snippet" }[on];
  return { object_attributes: attributes, [name]: subject };
}

function subjectOf(world: World, on: NoteOn): JsonObject {
  const { fresh, user, projectId, sha, web } = world;
  if (on === "Commit") return commit(world, sha, "Apply a discount once", HOUR);
  const { action: _, ...rest } = on === "Issue" ? issue(world, "update") : mergeRequest(world, "update");
  if (on !== "Snippet") return rest;
  const id = fresh.integer(1_000_000, 4_000_000);
  return {
    id,
    title: "How to test codes",
    content: "npm run seed",
    description: null,
    author_id: user.id,
    project_id: projectId,
    created_at: spacedTime(fresh, DAY),
    updated_at: spacedTime(fresh, DAY),
    file_name: "codes.md",
    type: "ProjectSnippet",
    visibility_level: 0,
    url: `${web}/-/snippets/${id}`,
  };
}

export function people({ user, other }: World): JsonObject {
  return { assignees: [userJson(user)], reviewers: [{ ...userJson(other), state: "unreviewed", re_requested: false }] };
}
