// Actions, checks and deployments.

import { MINUTE } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";
import { textAt } from "../text-at.ts";
import { commit, nodeId, repositoryLite, type World } from "./world.ts";

export type RunState = "requested" | "in_progress" | "success" | "failure";

/** What a run says of its state. */
function progress(state: RunState): { status: string; conclusion: string | null } {
  if (state === "requested") return { status: "queued", conclusion: null };
  if (state === "in_progress") return { status: "in_progress", conclusion: null };
  return { status: "completed", conclusion: state };
}

const WORKFLOW_PATH = ".github/workflows/ci.yml";

export function workflow({ fresh, repo }: World, id: number): JsonObject {
  return {
    id,
    node_id: nodeId(fresh, "W_kwDO"),
    name: "CI",
    path: WORKFLOW_PATH,
    state: "active",
    created_at: fresh.millis(90 * 86_400),
    updated_at: fresh.millis(9 * 86_400),
    url: `${repo.api}/actions/workflows/${id}`,
    html_url: `${repo.web}/blob/main/${WORKFLOW_PATH}`,
    badge_url: `${repo.web}/workflows/CI/badge.svg`,
  };
}

function headCommit(world: World): JsonObject {
  const { id, tree_id, message, timestamp, author, committer } = commit(world, world.head, "Apply a discount once", 90);
  const short = (person: unknown): JsonObject => {
    const { name, email } = person as { name: string; email: string };
    return { name, email };
  };
  return { id, tree_id, message, timestamp, author: short(author), committer: short(committer) };
}

export function workflowRun(world: World, workflowId: number, state: RunState): JsonObject {
  const { fresh, repo, sender, head } = world;
  const id = fresh.integer(5_000_000_000, 9_000_000_000);
  const suite = fresh.integer(10_000_000_000, 20_000_000_000);
  const url = `${repo.api}/actions/runs/${id}`;
  const started = state === "requested" ? 0 : 4 * MINUTE;
  return {
    id,
    name: "CI",
    node_id: nodeId(fresh, "WFR_kwLO"),
    head_branch: "main",
    head_sha: head,
    path: WORKFLOW_PATH,
    display_title: "Apply a discount once",
    run_number: fresh.integer(20, 900),
    event: "push",
    ...progress(state),
    workflow_id: workflowId,
    check_suite_id: suite,
    check_suite_node_id: nodeId(fresh, "CS_kwDO"),
    url,
    html_url: `${repo.web}/actions/runs/${id}`,
    pull_requests: [],
    created_at: fresh.time(started),
    updated_at: fresh.time(),
    actor: sender.json,
    run_attempt: 1,
    referenced_workflows: [],
    run_started_at: fresh.time(started),
    triggering_actor: sender.json,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repo.api}/check-suites/${suite}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${repo.api}/actions/workflows/${workflowId}`,
    head_commit: headCommit(world),
    repository: repositoryLite(world),
    head_repository: repositoryLite(world),
  };
}

export function workflowJob(world: World, state: Exclude<RunState, "requested"> | "queued"): JsonObject {
  const { fresh, repo, head } = world;
  const id = fresh.integer(10_000_000_000, 30_000_000_000);
  const run = fresh.integer(5_000_000_000, 9_000_000_000);
  const isQueued = state === "queued";
  const { status, conclusion } = progress(isQueued ? "requested" : state);
  const isDone = status === "completed";
  const step = (name: string, number: number, from: number, to: number): JsonObject => ({
    name,
    status: "completed",
    conclusion: number === 3 ? conclusion : "success",
    number,
    started_at: fresh.time(from),
    completed_at: fresh.time(to),
  });
  const running = { name: "Set up job", status: "in_progress", conclusion: null, number: 1 };
  return {
    id,
    run_id: run,
    workflow_name: "CI",
    head_branch: "main",
    run_url: `${repo.api}/actions/runs/${run}`,
    run_attempt: 1,
    node_id: nodeId(fresh, "CR_kwDO"),
    head_sha: head,
    url: `${repo.api}/actions/jobs/${id}`,
    html_url: `${repo.web}/actions/runs/${run}/job/${id}`,
    status,
    conclusion,
    created_at: fresh.time(isDone ? 100 : 5),
    started_at: fresh.time(isDone ? 90 : 0),
    completed_at: isDone ? fresh.time() : null,
    name: "test",
    steps: isQueued
      ? []
      : isDone
        ? [step("Set up job", 1, 90, 88), step("Run actions/checkout@v5", 2, 88, 80), step("Run npm test", 3, 80, 2)]
        : [{ ...running, started_at: fresh.time(1), completed_at: null }],
    check_run_url: `${repo.api}/check-runs/${id}`,
    labels: ["ubuntu-latest"],
    runner_id: isQueued ? null : 4,
    runner_name: isQueued ? null : "GitHub Actions 4",
    runner_group_id: isQueued ? null : 2,
    runner_group_name: isQueued ? null : "GitHub Actions",
  };
}

const APP_PERMISSIONS: JsonObject = {
  actions: "write",
  administration: "read",
  checks: "write",
  contents: "write",
  deployments: "write",
  issues: "write",
  metadata: "read",
  packages: "write",
  pages: "write",
  pull_requests: "write",
  repository_hooks: "write",
  repository_projects: "write",
  security_events: "write",
  statuses: "write",
  vulnerability_alerts: "read",
};

/** GitHub Actions, as an app: it has the same ids everywhere. */
function actionsApp({ owner }: World): JsonObject {
  return {
    id: 15368,
    slug: "github-actions",
    node_id: "MDM6QXBwMTUzNjg=",
    owner: { ...owner.json, login: "github", id: 9919, node_id: "MDEyOk9yZ2FuaXphdGlvbjk5MTk=" },
    name: "GitHub Actions",
    description: "Automate your workflow from idea to production",
    external_url: "https://help.github.com/en/actions",
    html_url: "https://github.com/apps/github-actions",
    created_at: "2018-07-30T09:30:17Z",
    updated_at: "2024-04-10T20:33:16Z",
    permissions: APP_PERMISSIONS,
    events: [
      "branch_protection_rule",
      "check_run",
      "check_suite",
      "create",
      "delete",
      "deployment",
      "deployment_status",
      "issues",
      "pull_request",
      "push",
      "release",
      "workflow_dispatch",
      "workflow_run",
    ],
  };
}

function suiteBase(world: World, id: number, state: RunState): JsonObject {
  const { fresh, repo, head, base } = world;
  return {
    id,
    node_id: nodeId(fresh, "CS_kwDO"),
    head_branch: "main",
    head_sha: head,
    ...progress(state),
    url: `${repo.api}/check-suites/${id}`,
    before: base,
    after: head,
    pull_requests: [],
    app: actionsApp(world),
    created_at: fresh.time(90),
    updated_at: fresh.time(),
  };
}

export function checkRun(world: World, state: Exclude<RunState, "requested">): JsonObject {
  const { fresh, repo, head } = world;
  const id = fresh.integer(10_000_000_000, 30_000_000_000);
  const url = `${repo.api}/check-runs/${id}`;
  const details = `${repo.web}/actions/runs/${fresh.integer(5_000_000_000, 9_000_000_000)}/job/${id}`;
  const { status, conclusion } = progress(state);
  return {
    id,
    name: "test",
    node_id: nodeId(fresh, "CR_kwDO"),
    head_sha: head,
    external_id: fresh.uuid(),
    url,
    html_url: details,
    details_url: details,
    status,
    conclusion,
    started_at: fresh.time(90),
    completed_at: status === "completed" ? fresh.time() : null,
    output: {
      title: null,
      summary: null,
      text: null,
      annotations_count: 0,
      annotations_url: `${url}/annotations`,
    },
    check_suite: suiteBase(world, fresh.integer(10_000_000_000, 20_000_000_000), state),
    app: actionsApp(world),
    pull_requests: [],
  };
}

export function checkSuite(world: World, state: "success" | "failure"): JsonObject {
  const { fresh, repo } = world;
  const id = fresh.integer(10_000_000_000, 20_000_000_000);
  return {
    ...suiteBase(world, id, state),
    rerequestable: true,
    runs_rerequestable: true,
    latest_check_runs_count: 1,
    check_runs_url: `${repo.api}/check-suites/${id}/check-runs`,
    head_commit: headCommit(world),
  };
}

export function deployment(world: World): JsonObject {
  const { fresh, repo, sender, head } = world;
  const id = fresh.integer(1_000_000_000, 3_000_000_000);
  const url = `${repo.api}/deployments/${id}`;
  return {
    url,
    id,
    node_id: nodeId(fresh, "DE_kwDO"),
    sha: head,
    ref: "main",
    task: "deploy",
    payload: {},
    original_environment: "production",
    environment: "production",
    description: "Deploy of main",
    creator: sender.json,
    created_at: fresh.time(40),
    updated_at: fresh.time(40),
    statuses_url: `${url}/statuses`,
    repository_url: repo.api,
    transient_environment: false,
    production_environment: true,
    performed_via_github_app: null,
  };
}

export function deploymentStatus(world: World, of: JsonObject, state: string): JsonObject {
  const { fresh, repo, sender } = world;
  const id = fresh.integer(1_000_000_000, 3_000_000_000);
  return {
    url: `${textAt(of, "url")}/statuses/${id}`,
    id,
    node_id: nodeId(fresh, "DES_kwDO"),
    state,
    creator: sender.json,
    description: "Deployment finished successfully.",
    environment: "production",
    target_url: `${repo.web}/actions`,
    created_at: fresh.time(),
    updated_at: fresh.time(),
    deployment_url: of["url"],
    repository_url: repo.api,
    environment_url: "https://acme.example",
    log_url: `${repo.web}/actions`,
    performed_via_github_app: null,
  };
}
