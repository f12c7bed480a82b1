import { DAY, type Fresh, fullName } from "../fresh.ts";
import type { JsonObject, Provider, Simulation } from "../provider.ts";
import { textAt } from "../text-at.ts";
import {
  changes,
  type IssueAction,
  issue,
  type MergeRequestAction,
  mergeRequest,
  type NoteOn,
  note,
  people,
} from "./items.ts";
import { deployment, job, type PipelineState, pipeline } from "./pipelines.ts";
import { commit, INSTANCE, makeWorld, pushed, spacedTime, userJson, type World } from "./world.ts";

function simulation(
  type: string,
  hook: string,
  title: string,
  body: (world: World) => JsonObject,
  aliases: readonly string[] = [],
): Simulation {
  const make = (fresh: Fresh) => {
    const id = fresh.uuid();
    return {
      id,
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "GitLab/18.6.0-ee",
        "Idempotency-Key": id,
        "X-Gitlab-Event": `${hook} Hook`,
        "X-Gitlab-Webhook-UUID": fresh.uuid(),
        "X-Gitlab-Instance": INSTANCE,
        "X-Gitlab-Event-UUID": fresh.uuid(),
      },
      body: body(makeWorld(fresh)),
    };
  };
  return { type, aliases, title, make };
}

function pushTo(kind: "push" | "tag_push") {
  return (world: World): JsonObject => {
    const { fresh, user, project, projectId, repository, sha, before } = world;
    const isTag = kind === "tag_push";
    const commits = isTag
      ? [{ ...commit(world, sha, "Apply a discount once", 60), added: [], modified: ["src/cart.ts"], removed: [] }]
      : pushed(world);
    return {
      object_kind: kind,
      event_name: kind,
      before: isTag ? "0".repeat(40) : before,
      after: sha,
      ref: isTag ? `refs/tags/v${fresh.integer(1, 4)}.${fresh.integer(0, 20)}.0` : "refs/heads/main",
      ref_protected: true,
      checkout_sha: sha,
      message: isTag ? "Before the sale" : null,
      user_id: user.id,
      user_name: fullName(user.person),
      user_username: user.person.login.replace("-", "."),
      user_email: "",
      user_avatar: user.avatar,
      project_id: projectId,
      project,
      commits,
      total_commits_count: commits.length,
      push_options: {},
      repository: {
        ...repository,
        git_http_url: project["git_http_url"],
        git_ssh_url: project["git_ssh_url"],
        visibility_level: project["visibility_level"],
      },
    };
  };
}

function issueEvent(action: IssueAction) {
  return (world: World): JsonObject => {
    const { user, other, project, repository } = world;
    const attributes = issue(world, action);
    return {
      object_kind: "issue",
      event_type: "issue",
      user: userJson(user),
      project,
      object_attributes: attributes,
      labels: attributes["labels"],
      changes: changes(world, action === "open"),
      repository,
      assignees: [userJson(other)],
    };
  };
}

function mergeRequestEvent(action: MergeRequestAction) {
  return (world: World): JsonObject => {
    const { user, other, project, repository } = world;
    const attributes = mergeRequest(world, action);
    return {
      object_kind: "merge_request",
      event_type: "merge_request",
      user: userJson(action === "approved" || action === "merge" ? other : user),
      project,
      object_attributes: attributes,
      labels: attributes["labels"],
      changes: changes(world, action === "open"),
      repository,
      ...people(world),
    };
  };
}

function noteEvent(on: NoteOn) {
  return (world: World): JsonObject => ({
    object_kind: "note",
    event_type: "note",
    user: userJson(world.user),
    project_id: world.projectId,
    project: world.project,
    repository: world.repository,
    ...note(world, on),
  });
}

function pipelineEvent(status: PipelineState) {
  return (world: World): JsonObject => ({ object_kind: "pipeline", ...pipeline(world, status) });
}

function wikiPage(world: World): JsonObject {
  const { fresh, user, project, web, path } = world;
  const slug = "Discounts";
  return {
    object_kind: "wiki_page",
    user: userJson(user),
    project,
    wiki: {
      web_url: `${web}/-/wikis/home`,
      git_ssh_url: `git@gitlab.com:${path}.wiki.git`,
      git_http_url: `${INSTANCE}/${path}.wiki.git`,
      path_with_namespace: `${path}.wiki`,
      default_branch: "main",
    },
    object_attributes: {
      slug,
      title: slug,
      format: "markdown",
      message: "Create Discounts",
      content: "How codes work",
      version_id: fresh.hex(40),
      url: `${web}/-/wikis/${slug}`,
      action: "create",
      diff_url: `${web}/-/wikis/${slug}/diff?version_id=${fresh.hex(40)}`,
    },
  };
}

function release(world: World): JsonObject {
  const { fresh, project, projectId, sha, web } = world;
  const tag = `v${fresh.integer(1, 4)}.${fresh.integer(0, 20)}.0`;
  const source = (format: string): JsonObject => ({
    format,
    url: `${web}/-/archive/${tag}/${textAt(project, "name")}-${tag}.${format}`,
  });
  return {
    id: fresh.integer(1_000_000, 9_999_999),
    created_at: spacedTime(fresh, 60),
    description: "A discount is applied once",
    name: tag,
    released_at: spacedTime(fresh),
    tag,
    object_kind: "release",
    project: { ...project, id: projectId },
    url: `${web}/-/releases/${tag}`,
    action: "create",
    assets: { count: 4, links: [], sources: ["zip", "tar.gz", "tar.bz2", "tar"].map(source) },
    commit: commit(world, sha, "Apply a discount once", 600),
  };
}

function emoji(world: World): JsonObject {
  const { fresh, user, other, project, projectId } = world;
  const on = issue(world, "update");
  return {
    object_kind: "emoji",
    event_type: "award",
    user: { ...userJson(user), blocked: false },
    project_id: projectId,
    project,
    object_attributes: {
      user_id: user.id,
      created_at: spacedTime(fresh),
      id: fresh.integer(1_000_000, 30_000_000),
      name: "thumbsup",
      awardable_type: "Issue",
      awardable_id: on["id"],
      updated_at: spacedTime(fresh),
      action: "award",
      awarded_on_url: on["url"],
    },
    issue: { ...on, author_id: other.id },
  };
}

function memberAdded(world: World): JsonObject {
  const { fresh, other } = world;
  return {
    created_at: fresh.time(),
    updated_at: fresh.time(),
    group_name: "acme",
    group_path: "acme",
    group_id: fresh.integer(10_000, 9_999_999),
    user_username: other.person.login.replace("-", "."),
    user_name: fullName(other.person),
    user_email: "[REDACTED]",
    user_id: other.id,
    group_access: "Developer",
    group_plan: null,
    expires_at: fresh.time(-90 * DAY),
    event_name: "user_add_to_group",
  };
}

const SIMULATIONS: readonly Simulation[] = [
  simulation("push", "Push", "Commits were pushed to a branch", pushTo("push")),
  simulation("tag_push", "Tag Push", "A tag was pushed", pushTo("tag_push")),
  simulation("issue.open", "Issue", "An issue was opened", issueEvent("open"), ["issue"]),
  simulation("issue.update", "Issue", "An issue was changed", issueEvent("update")),
  simulation("issue.close", "Issue", "An issue was closed", issueEvent("close")),
  simulation("issue.reopen", "Issue", "An issue was opened again", issueEvent("reopen")),
  simulation("merge_request.open", "Merge Request", "A merge request was opened", mergeRequestEvent("open"), [
    "merge_request",
  ]),
  simulation(
    "merge_request.update",
    "Merge Request",
    "Commits were pushed to a merge request",
    mergeRequestEvent("update"),
  ),
  simulation("merge_request.approved", "Merge Request", "A merge request was approved", mergeRequestEvent("approved")),
  simulation("merge_request.merge", "Merge Request", "A merge request was merged", mergeRequestEvent("merge")),
  simulation("merge_request.close", "Merge Request", "A merge request was closed", mergeRequestEvent("close")),
  simulation("note.commit", "Note", "A commit was commented on", noteEvent("Commit")),
  simulation("note.merge_request", "Note", "A merge request was commented on", noteEvent("MergeRequest"), ["note"]),
  simulation("note.issue", "Note", "An issue was commented on", noteEvent("Issue")),
  simulation("note.snippet", "Note", "A snippet was commented on", noteEvent("Snippet")),
  simulation("pipeline.pending", "Pipeline", "A pipeline waits", pipelineEvent("pending")),
  simulation("pipeline.running", "Pipeline", "A pipeline has begun", pipelineEvent("running")),
  simulation("pipeline.success", "Pipeline", "A pipeline ended well", pipelineEvent("success"), ["pipeline"]),
  simulation("pipeline.failed", "Pipeline", "A pipeline failed", pipelineEvent("failed")),
  simulation("job.running", "Job", "A job has begun", (world) => job(world, "running")),
  simulation("job.success", "Job", "A job ended well", (world) => job(world, "success"), ["job", "build"]),
  simulation("job.failed", "Job", "A job failed", (world) => job(world, "failed")),
  simulation("deployment.running", "Deployment", "A deployment has begun", (world) => deployment(world, "running")),
  simulation("deployment.success", "Deployment", "A deployment succeeded", (world) => deployment(world, "success"), [
    "deployment",
  ]),
  simulation("wiki_page", "Wiki Page", "A page of the wiki was created", wikiPage),
  simulation("release", "Release", "A release was created", release),
  simulation("emoji", "Emoji", "Somebody reacted to an issue", emoji),
  simulation("member", "Member", "Somebody was added to a group", memberAdded),
];

export const GITLAB: Provider = {
  name: "gitlab",
  title: "GitLab",
  docs: "https://docs.gitlab.com/user/project/integrations/webhook_events/",
  schemes: (secret) => (secret.startsWith("whsec_") ? ["gitlab-signed"] : ["gitlab-token"]),
  secret: "the webhook's signing token (whsec_…) or its secret token",
  signatureHeaders: ["X-Gitlab-Token", "webhook-id", "webhook-timestamp", "webhook-signature"],
  style: "compact",
  patienceMs: 10_000,
  dataPath: [],
  notes: [
    "With a secret that begins with `whsec_` the request is signed (Standard Webhooks); any other is sent as `X-Gitlab-Token`.",
  ],
  simulations: SIMULATIONS,
};
