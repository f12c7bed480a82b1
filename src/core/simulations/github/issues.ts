// Issues, pull requests, and what people say about them.

import { HOUR } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";
import { textAt } from "../text-at.ts";
import { label, nodeId, reactions, type World } from "./world.ts";

export interface IssueState {
  state?: "open" | "closed";
  /** Seconds ago. */
  createdAgo?: number;
}

export function issue(world: World, { state = "open", createdAgo = 20 }: IssueState = {}): JsonObject {
  const { fresh, repo, sender, reviewer } = world;
  const number = fresh.integer(100, 2000);
  const url = `${repo.api}/issues/${number}`;
  const isClosed = state === "closed";
  return {
    url,
    repository_url: repo.api,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: `${repo.web}/issues/${number}`,
    id: fresh.integer(1_000_000_000, 3_000_000_000),
    node_id: nodeId(fresh, "I_kwDO"),
    number,
    title: "Discount is applied twice when the cart is reloaded",
    user: sender.json,
    labels: [label(world, "bug")],
    state,
    locked: false,
    assignee: reviewer.json,
    assignees: [reviewer.json],
    milestone: null,
    comments: 0,
    created_at: fresh.time(createdAgo),
    updated_at: fresh.time(),
    closed_at: isClosed ? fresh.time() : null,
    author_association: "MEMBER",
    active_lock_reason: null,
    body: "1. Put something into the cart\n2. Enter a code\n3. Reload\n\nThe price is lower than it should be.",
    reactions: reactions(url),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
    state_reason: isClosed ? "completed" : null,
  };
}

export function issueComment(world: World, on: JsonObject): JsonObject {
  const { fresh, repo, reviewer } = world;
  const id = fresh.integer(1_000_000_000, 3_000_000_000);
  const url = `${repo.api}/issues/comments/${id}`;
  return {
    url,
    html_url: `${textAt(on, "html_url")}#issuecomment-${id}`,
    issue_url: on["url"],
    id,
    node_id: nodeId(fresh, "IC_kwDO"),
    user: reviewer.json,
    created_at: fresh.time(),
    updated_at: fresh.time(),
    author_association: "CONTRIBUTOR",
    body: "I can reproduce this: the code is read from the session *and* from the URL.",
    reactions: reactions(url),
    performed_via_github_app: null,
  };
}

export interface PullRequestState {
  state?: "open" | "closed";
  isMerged?: boolean;
  isDraft?: boolean;
  createdAgo?: number;
}

export function pullRequest(world: World, number: number, state: PullRequestState = {}): JsonObject {
  const { fresh, repo, sender, reviewer, owner, repository, head, base } = world;
  const { state: openOrClosed = "open", isMerged = false, isDraft = false, createdAgo = 20 } = state;
  const url = `${repo.api}/pulls/${number}`;
  const html = `${repo.web}/pull/${number}`;
  const issueUrl = `${repo.api}/issues/${number}`;
  const end = (ref: string, sha: string): JsonObject => ({
    label: `${owner.login}:${ref}`,
    ref,
    sha,
    user: owner.json,
    repo: { ...repository, ...MERGE_SETTINGS },
  });
  const closedAt = openOrClosed === "closed" ? fresh.time() : null;
  return {
    url,
    id: fresh.integer(1_000_000_000, 3_000_000_000),
    node_id: nodeId(fresh, "PR_kwDO"),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issueUrl,
    number,
    state: openOrClosed,
    locked: false,
    title: "Apply a discount once",
    user: sender.json,
    body: "The code is kept in the session only.\n\nFixes the price after a reload.",
    created_at: fresh.time(createdAgo),
    updated_at: fresh.time(),
    closed_at: closedAt,
    merged_at: isMerged ? closedAt : null,
    merge_commit_sha: isMerged ? fresh.hex(40) : null,
    assignee: null,
    assignees: [],
    requested_reviewers: [reviewer.json],
    requested_teams: [],
    labels: [label(world, "bug")],
    milestone: null,
    draft: isDraft,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repo.api}/pulls/comments{/number}`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: `${repo.api}/statuses/${head}`,
    head: end("fix/discount-twice", head),
    base: end("main", base),
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: issueUrl },
      comments: { href: `${issueUrl}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${repo.api}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: `${repo.api}/statuses/${head}` },
    },
    author_association: "MEMBER",
    auto_merge: null,
    active_lock_reason: null,
    merged: isMerged,
    mergeable: isMerged ? null : true,
    rebaseable: isMerged ? null : true,
    mergeable_state: isMerged ? "unknown" : "clean",
    merged_by: isMerged ? reviewer.json : null,
    comments: 1,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: 2,
    additions: 48,
    deletions: 17,
    changed_files: 3,
  };
}

/** What repositories inside of a pull request say besides. */
const MERGE_SETTINGS: JsonObject = {
  allow_squash_merge: true,
  allow_merge_commit: false,
  allow_rebase_merge: true,
  allow_auto_merge: false,
  delete_branch_on_merge: true,
  allow_update_branch: false,
  use_squash_pr_title_as_default: false,
  squash_merge_commit_message: "COMMIT_MESSAGES",
  squash_merge_commit_title: "COMMIT_OR_PR_TITLE",
  merge_commit_message: "PR_TITLE",
  merge_commit_title: "MERGE_MESSAGE",
};

/** The form that reviews have of their pull request: without what is only counted for the event of the request itself. */
export function simplePullRequest(world: World, number: number): JsonObject {
  const counted = [
    "merged",
    "mergeable",
    "rebaseable",
    "mergeable_state",
    "merged_by",
    "comments",
    "review_comments",
    "maintainer_can_modify",
    "commits",
    "additions",
    "deletions",
    "changed_files",
  ];
  const whole = pullRequest(world, number, { createdAgo: 3 * HOUR });
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !counted.includes(name)));
}

export function review(world: World, number: number, state: "approved" | "changes_requested"): JsonObject {
  const { fresh, repo, reviewer, head } = world;
  const id = fresh.integer(1_000_000_000, 3_000_000_000);
  const html = `${repo.web}/pull/${number}#pullrequestreview-${id}`;
  const pull = `${repo.api}/pulls/${number}`;
  return {
    id,
    node_id: nodeId(fresh, "PRR_kwDO"),
    user: reviewer.json,
    body: state === "approved" ? "Looks good." : "Please add a test for the reload.",
    commit_id: head,
    submitted_at: fresh.time(),
    state,
    html_url: html,
    pull_request_url: pull,
    author_association: "MEMBER",
    _links: { html: { href: html }, pull_request: { href: pull } },
  };
}

export function reviewComment(world: World, number: number): JsonObject {
  const { fresh, repo, reviewer, head, base } = world;
  const id = fresh.integer(1_000_000_000, 3_000_000_000);
  const url = `${repo.api}/pulls/comments/${id}`;
  const html = `${repo.web}/pull/${number}#discussion_r${id}`;
  const pull = `${repo.api}/pulls/${number}`;
  return {
    url,
    pull_request_review_id: fresh.integer(1_000_000_000, 3_000_000_000),
    id,
    node_id: nodeId(fresh, "PRRC_kwDO"),
    diff_hunk:
      "@@ -14,7 +14,7 @@ export function total(cart: Cart) {\n-  return apply(cart, session.code)\n+  return apply(cart)",
    path: "src/cart.ts",
    commit_id: head,
    original_commit_id: base,
    user: reviewer.json,
    body: "Is this also right when there are two codes?",
    created_at: fresh.time(),
    updated_at: fresh.time(),
    html_url: html,
    pull_request_url: pull,
    author_association: "MEMBER",
    _links: { self: { href: url }, html: { href: html }, pull_request: { href: pull } },
    reactions: reactions(url),
    start_line: null,
    original_start_line: null,
    start_side: null,
    line: 16,
    original_line: 16,
    side: "RIGHT",
    original_position: 3,
    position: 3,
    subject_type: "line",
  };
}

export function release(world: World): JsonObject {
  const { fresh, repo, sender } = world;
  const id = fresh.integer(100_000_000, 300_000_000);
  const tag = `v${fresh.integer(1, 4)}.${fresh.integer(0, 20)}.${fresh.integer(0, 9)}`;
  const url = `${repo.api}/releases/${id}`;
  return {
    url,
    assets_url: `${url}/assets`,
    upload_url: `https://uploads.github.com/repos/${repo.fullName}/releases/${id}/assets{?name,label}`,
    html_url: `${repo.web}/releases/tag/${tag}`,
    id,
    author: sender.json,
    node_id: nodeId(fresh, "RE_kwDO"),
    tag_name: tag,
    target_commitish: "main",
    name: tag,
    draft: false,
    prerelease: false,
    created_at: fresh.time(10 * 60),
    published_at: fresh.time(),
    assets: [],
    tarball_url: `${repo.api}/tarball/${tag}`,
    zipball_url: `${repo.api}/zipball/${tag}`,
    body: "## Fixed\n\n- A discount is applied once",
  };
}
