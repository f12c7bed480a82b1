// Pipelines, jobs and deployments.

import { fullName } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";
import { commit, spacedTime, userJson, type World } from "./world.ts";

export type PipelineState = "pending" | "running" | "success" | "failed";

const RUNNER: JsonObject = {
  id: 380_987,
  description: "shared-runners-manager-6.gitlab.com",
  runner_type: "instance_type",
  active: true,
  is_shared: true,
  tags: ["linux", "docker"],
};

const JOBS = [
  { stage: "build", name: "bundle", from: 95, to: 70 },
  { stage: "test", name: "unit", from: 70, to: 2 },
] as const;

export function pipeline(world: World, status: PipelineState): JsonObject {
  const { fresh, user, project, sha, before, web } = world;
  const id = fresh.integer(100_000_000, 999_999_999);
  const isOver = status === "success" || status === "failed";
  const { id: projectId, ...rest } = project;
  return {
    object_attributes: {
      id,
      iid: fresh.integer(10, 4000),
      name: null,
      ref: "main",
      tag: false,
      sha,
      before_sha: before,
      source: "push",
      status,
      detailed_status: { pending: "pending", running: "running", success: "passed", failed: "failed" }[status],
      stages: ["build", "test"],
      created_at: spacedTime(fresh, 100),
      finished_at: isOver ? spacedTime(fresh) : null,
      duration: isOver ? 93 : null,
      queued_duration: status === "pending" ? null : 5,
      protected_ref: true,
      variables: [],
      url: `${web}/-/pipelines/${id}`,
    },
    merge_request: null,
    user: userJson(user),
    project: { id: projectId, ...rest },
    commit: commit(world, sha, "Apply a discount once", 120),
    builds: JOBS.map(({ stage, name, from, to }, at) => {
      const hasBegun = status !== "pending" && (isOver || at === 0);
      const own = at === JOBS.length - 1 ? (isOver ? status : "created") : isOver ? "success" : status;
      return {
        id: fresh.integer(1_000_000_000, 9_000_000_000),
        stage,
        name,
        status: own,
        created_at: spacedTime(fresh, 100),
        started_at: hasBegun ? spacedTime(fresh, from) : null,
        finished_at: isOver ? spacedTime(fresh, to) : null,
        duration: isOver ? from - to : null,
        queued_duration: hasBegun ? 4.2 : null,
        failure_reason: own === "failed" ? "script_failure" : null,
        when: "on_success",
        manual: false,
        allow_failure: false,
        user: userJson(user),
        runner: hasBegun ? RUNNER : null,
        artifacts_file: { filename: null, size: null },
        environment: null,
      };
    }),
  };
}

export function job(world: World, status: PipelineState): JsonObject {
  const { fresh, user, project, projectId, repository, sha, before, path } = world;
  const isOver = status === "success" || status === "failed";
  const hasBegun = status !== "pending";
  const pipelineId = fresh.integer(100_000_000, 999_999_999);
  const { person } = user;
  return {
    object_kind: "build",
    ref: "main",
    tag: false,
    before_sha: before,
    sha,
    retries_count: 0,
    build_id: fresh.integer(1_000_000_000, 9_000_000_000),
    build_name: "unit",
    build_stage: "test",
    build_status: status,
    build_created_at: spacedTime(fresh, 100),
    build_created_at_iso: fresh.time(100),
    build_started_at: hasBegun ? spacedTime(fresh, 70) : null,
    build_started_at_iso: hasBegun ? fresh.time(70) : null,
    build_finished_at: isOver ? spacedTime(fresh, 2) : null,
    build_finished_at_iso: isOver ? fresh.time(2) : null,
    build_duration: isOver ? 68.1 : null,
    build_queued_duration: hasBegun ? 4.2 : null,
    build_allow_failure: false,
    build_failure_reason: status === "failed" ? "script_failure" : "unknown_failure",
    pipeline_id: pipelineId,
    runner: hasBegun ? RUNNER : null,
    project_id: projectId,
    project_name: path.replace("/", " / "),
    user: userJson(user),
    commit: {
      id: pipelineId,
      name: null,
      sha,
      message: "Apply a discount once\n",
      author_name: fullName(person),
      author_email: person.email,
      author_url: `https://gitlab.com/${person.login}`,
      status: "running",
      duration: null,
      started_at: spacedTime(fresh, 95),
      started_at_iso: fresh.time(95),
      finished_at: null,
      finished_at_iso: null,
    },
    repository: {
      ...repository,
      git_http_url: project["git_http_url"],
      git_ssh_url: project["git_ssh_url"],
      visibility_level: project["visibility_level"],
    },
    project,
    environment: null,
    source_pipeline: undefined,
  };
}

export function deployment(world: World, status: "running" | "success"): JsonObject {
  const { fresh, user, project, sha, web } = world;
  const id = fresh.integer(100_000_000, 900_000_000);
  const deployable = fresh.integer(1_000_000_000, 9_000_000_000);
  return {
    object_kind: "deployment",
    status,
    status_changed_at: `${spacedTime(fresh).replace(" UTC", " +0000")}`,
    deployment_id: id,
    deployable_id: deployable,
    deployable_url: `${web}/-/jobs/${deployable}`,
    environment: "production",
    environment_tier: "production",
    environment_slug: "production",
    environment_external_url: "https://acme.example",
    project,
    short_sha: sha.slice(0, 8),
    user: userJson(user),
    user_url: `https://gitlab.com/${user.person.login}`,
    commit_url: `${web}/-/commit/${sha}`,
    commit_title: "Apply a discount once",
    ref: "main",
  };
}
