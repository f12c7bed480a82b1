import type { Fresh } from "../fresh.ts";
import { HOUR } from "../fresh.ts";
import type { JsonObject, Provider, SimulatedEvent, Simulation } from "../provider.ts";
import { textAt } from "../text-at.ts";
import { issue, issueComment, pullRequest, release, review, reviewComment, simplePullRequest } from "./issues.ts";
import { APP_ID, commitComment, fork, installation, type Part, ping, push, ref, status } from "./repository-events.ts";
import {
  checkRun,
  checkSuite,
  deployment,
  deploymentStatus,
  type RunState,
  workflow,
  workflowJob,
  workflowRun,
} from "./runs.ts";
import { label, makeWorld, milestone, type World } from "./world.ts";

function simulation(type: string, title: string, part: Part, aliases: readonly string[] = []): Simulation {
  const [event = "", action] = type.split(".");
  const make = (fresh: Fresh): SimulatedEvent => {
    const world = makeWorld(fresh);
    const own = part(world);
    const { repository, organization, sender } = world;
    const common: JsonObject = { repository, organization, sender: sender.json };
    const body: JsonObject = { ...(action === undefined ? {} : { action }), ...own };
    // What is set to undefined is not there: an installation belongs to no repository.
    for (const [name, value] of Object.entries(common)) if (!(name in body)) body[name] = value;
    return deliver(world, event, body);
  };
  return { type, aliases, title, make };
}

function deliver({ fresh, repo }: World, event: string, body: JsonObject): SimulatedEvent {
  const id = fresh.uuid();
  const hook = event === "ping" ? textAt(body, "hook_id") : String(fresh.integer(100_000_000, 600_000_000));
  const target = body["repository"] === undefined ? "integration" : "repository";
  return {
    id,
    headers: {
      Accept: "*/*",
      "Content-Type": "application/json",
      "User-Agent": `GitHub-Hookshot/${fresh.hex(7)}`,
      "X-GitHub-Delivery": id,
      "X-GitHub-Event": event,
      "X-GitHub-Hook-ID": hook,
      "X-GitHub-Hook-Installation-Target-ID": String(target === "repository" ? repo.id : APP_ID),
      "X-GitHub-Hook-Installation-Target-Type": target,
    },
    body,
  };
}

function pull(of: (world: World, number: number) => JsonObject): Part {
  return (world) => {
    const number = world.fresh.integer(100, 2000);
    return { number, ...of(world, number) };
  };
}

function reviewed(state: "approved" | "changes_requested"): Part {
  return (world) => {
    const number = world.fresh.integer(100, 2000);
    return { review: review(world, number, state), pull_request: simplePullRequest(world, number) };
  };
}

function workflowEvent(state: RunState): Part {
  return (world) => {
    const id = world.fresh.integer(10_000_000, 200_000_000);
    return { workflow_run: workflowRun(world, id, state), workflow: workflow(world, id) };
  };
}

const SIMULATIONS: readonly Simulation[] = [
  simulation("ping", "A webhook was created", ping),
  simulation("push", "Commits were pushed to a branch", push),
  simulation("create", "A branch was created", ref(true)),
  simulation("delete", "A branch was deleted", ref(false)),
  simulation(
    "pull_request.opened",
    "A pull request was opened",
    pull((world, number) => ({ pull_request: pullRequest(world, number) })),
    ["pull_request"],
  ),
  simulation(
    "pull_request.synchronize",
    "Commits were pushed to a pull request",
    pull((world, number) => ({
      before: world.base,
      after: world.head,
      pull_request: pullRequest(world, number, { createdAgo: 2 * HOUR }),
    })),
  ),
  simulation(
    "pull_request.closed",
    "A pull request was merged",
    pull((world, number) => ({
      pull_request: pullRequest(world, number, { state: "closed", isMerged: true, createdAgo: 5 * HOUR }),
    })),
  ),
  simulation(
    "pull_request.reopened",
    "A pull request was opened again",
    pull((world, number) => ({ pull_request: pullRequest(world, number, { createdAgo: 30 * HOUR }) })),
  ),
  simulation(
    "pull_request.labeled",
    "A pull request was given a label",
    pull((world, number) => ({ pull_request: pullRequest(world, number), label: label(world, "bug") })),
  ),
  simulation(
    "pull_request.ready_for_review",
    "A draft is ready for review",
    pull((world, number) => ({ pull_request: pullRequest(world, number, { createdAgo: HOUR }) })),
  ),
  simulation(
    "pull_request.review_requested",
    "Somebody was asked for a review",
    pull((world, number) => ({
      pull_request: pullRequest(world, number),
      requested_reviewer: world.reviewer.json,
    })),
  ),
  simulation("pull_request_review.submitted", "A pull request was approved", reviewed("approved"), [
    "pull_request_review",
  ]),
  simulation(
    "pull_request_review_comment.created",
    "A line of a pull request was commented on",
    (world) => {
      const number = world.fresh.integer(100, 2000);
      return { comment: reviewComment(world, number), pull_request: simplePullRequest(world, number) };
    },
    ["pull_request_review_comment"],
  ),
  simulation("issues.opened", "An issue was opened", (world) => ({ issue: issue(world) }), ["issues"]),
  simulation("issues.closed", "An issue was closed", (world) => ({
    issue: issue(world, { state: "closed", createdAgo: 26 * HOUR }),
  })),
  simulation("issues.labeled", "An issue was given a label", (world) => ({
    issue: issue(world, { createdAgo: HOUR }),
    label: label(world, "bug"),
  })),
  simulation("issues.assigned", "An issue was assigned to somebody", (world) => ({
    issue: issue(world, { createdAgo: HOUR }),
    assignee: world.reviewer.json,
  })),
  simulation(
    "issue_comment.created",
    "An issue or a pull request was commented on",
    (world) => {
      const on = { ...issue(world, { createdAgo: 3 * HOUR }), comments: 1 };
      return { issue: on, comment: issueComment(world, on) };
    },
    ["issue_comment"],
  ),
  simulation("commit_comment.created", "A commit was commented on", commitComment, ["commit_comment"]),
  simulation("release.published", "A release was published", (world) => ({ release: release(world) }), ["release"]),
  simulation("workflow_run.requested", "A workflow run was requested", workflowEvent("requested")),
  simulation("workflow_run.in_progress", "A workflow run has begun", workflowEvent("in_progress")),
  simulation("workflow_run.completed", "A workflow run ended well", workflowEvent("success"), ["workflow_run"]),
  simulation("workflow_job.queued", "A job waits for a runner", (world) => ({
    workflow_job: workflowJob(world, "queued"),
  })),
  simulation("workflow_job.in_progress", "A job has begun", (world) => ({
    workflow_job: workflowJob(world, "in_progress"),
  })),
  simulation("workflow_job.completed", "A job failed", (world) => ({ workflow_job: workflowJob(world, "failure") }), [
    "workflow_job",
  ]),
  simulation("check_run.created", "A check has begun", (world) => ({ check_run: checkRun(world, "in_progress") })),
  simulation("check_run.completed", "A check ended well", (world) => ({ check_run: checkRun(world, "success") }), [
    "check_run",
  ]),
  simulation(
    "check_suite.completed",
    "All checks of a commit ended",
    (world) => ({
      check_suite: checkSuite(world, "success"),
    }),
    ["check_suite"],
  ),
  simulation("status", "A commit's status changed", status),
  simulation(
    "deployment.created",
    "A deployment was requested",
    (world) => ({ deployment: deployment(world), workflow: null, workflow_run: null }),
    ["deployment"],
  ),
  simulation(
    "deployment_status.created",
    "A deployment succeeded",
    (world) => {
      const of = deployment(world);
      return { deployment_status: deploymentStatus(world, of, "success"), deployment: of };
    },
    ["deployment_status"],
  ),
  simulation("star.created", "A repository was given a star", ({ fresh }) => ({ starred_at: fresh.time() }), ["star"]),
  simulation("star.deleted", "A star was taken back", () => ({ starred_at: null })),
  simulation("watch.started", "A repository was given a star (the older event)", () => ({}), ["watch"]),
  simulation("fork", "A repository was forked", fork),
  simulation("label.created", "A label was created", (world) => ({ label: label(world, "enhancement") }), ["label"]),
  simulation("milestone.created", "A milestone was created", (world) => ({ milestone: milestone(world) }), [
    "milestone",
  ]),
  simulation(
    "member.added",
    "Somebody may work on a repository",
    (world) => ({
      member: world.reviewer.json,
      changes: { permission: { to: "write" } },
    }),
    ["member"],
  ),
  simulation("repository.created", "A repository was created", () => ({}), ["repository"]),
  simulation("installation.created", "A GitHub App was installed", installation("created"), ["installation"]),
  simulation("installation.deleted", "A GitHub App was uninstalled", installation("deleted")),
];

export const GITHUB: Provider = {
  name: "github",
  title: "GitHub",
  docs: "https://docs.github.com/en/webhooks/webhook-events-and-payloads",
  // GitHub goes on sending the older one beside it.
  schemes: ["github", "github-sha1"],
  secret: "the webhook's secret",
  signatureHeaders: ["X-Hub-Signature-256", "X-Hub-Signature"],
  style: "compact",
  patienceMs: 10_000,
  dataPath: [],
  notes: ["An event without its action is the most common one: `github:pull_request` is `pull_request.opened`."],
  simulations: SIMULATIONS,
};
