// What happens to a repository as a whole: pushes, branches, forks, statuses, and apps that are installed on it.

import { HOUR, MINUTE } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";
import { commit, nodeId, type World } from "./world.ts";

/** The event's own part of a body. */
export type Part = (world: World) => JsonObject;

export const APP_ID = 284_117;

export function push(world: World): JsonObject {
  const { fresh, repo, sender, owner, repository, head, base } = world;
  const first = fresh.hex(40);
  const commits = [
    commit(world, first, "Add a test for discounts", 5 * MINUTE),
    commit(world, head, "Apply a discount once", MINUTE),
  ];
  return {
    ref: "refs/heads/main",
    before: base,
    after: head,
    repository: {
      ...repository,
      owner: { name: owner.login, email: owner.email, ...owner.json },
      url: repo.web,
      created_at: fresh.seconds(700 * 86_400),
      pushed_at: fresh.seconds(),
      stargazers: repository["stargazers_count"],
      master_branch: "main",
      organization: owner.login,
    },
    pusher: { name: sender.login, email: sender.email },
    created: false,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: `${repo.web}/compare/${base.slice(0, 12)}...${head.slice(0, 12)}`,
    commits,
    head_commit: commits[1],
  };
}

export function ping({ fresh, repo }: World): JsonObject {
  const id = fresh.integer(100_000_000, 600_000_000);
  const url = `${repo.api}/hooks/${id}`;
  return {
    zen: fresh.pick(["Keep it logically awesome.", "Responsive is better than fast.", "Design for failure."]),
    hook_id: id,
    hook: {
      type: "Repository",
      id,
      name: "web",
      active: true,
      events: ["push", "pull_request"],
      config: { content_type: "json", insecure_ssl: "0", secret: "********", url: "https://example.com/webhooks" },
      updated_at: fresh.time(),
      created_at: fresh.time(),
      url,
      test_url: `${url}/test`,
      ping_url: `${url}/pings`,
      deliveries_url: `${url}/deliveries`,
      last_response: { code: null, status: "unused", message: null },
    },
  };
}

export function ref(isCreated: boolean): Part {
  const own = isCreated ? { master_branch: "main", description: "What customers see, and what they pay with" } : {};
  return () => ({ ref: "fix/discount-twice", ref_type: "branch", ...own, pusher_type: "user" });
}

export function status({ fresh, repo, sender, head, base }: World): JsonObject {
  const person = { name: sender.name, email: sender.email, date: fresh.time(HOUR) };
  const url = `${repo.api}/commits/${head}`;
  const tree = fresh.hex(40);
  return {
    id: fresh.integer(10_000_000_000, 40_000_000_000),
    sha: head,
    name: repo.fullName,
    avatar_url: sender.json["avatar_url"],
    target_url: "https://ci.example.com/builds/731",
    context: "ci/build",
    description: "All checks have passed",
    state: "success",
    commit: {
      sha: head,
      node_id: nodeId(fresh, "C_kwDO"),
      commit: {
        author: person,
        committer: person,
        message: "Apply a discount once",
        tree: { sha: tree, url: `${repo.api}/git/trees/${tree}` },
        url: `${repo.api}/git/commits/${head}`,
        comment_count: 0,
        verification: { verified: false, reason: "unsigned", signature: null, payload: null },
      },
      url,
      html_url: `${repo.web}/commit/${head}`,
      comments_url: `${url}/comments`,
      author: sender.json,
      committer: sender.json,
      parents: [{ sha: base, url: `${repo.api}/commits/${base}`, html_url: `${repo.web}/commit/${base}` }],
    },
    branches: [{ name: "main", commit: { sha: head, url }, protected: true }],
    created_at: fresh.time(),
    updated_at: fresh.time(),
  };
}

export function fork({ fresh, repository, sender, repo }: World): JsonObject {
  const [before, after] = [repo.fullName, `${sender.login}/${repo.name}`];
  const forked = JSON.parse(JSON.stringify(repository).replaceAll(before, after)) as JsonObject;
  return {
    forkee: {
      ...forked,
      id: fresh.integer(400_000_000, 999_999_999),
      node_id: nodeId(fresh, "R_kgDO"),
      full_name: after,
      owner: sender.json,
      fork: true,
      created_at: fresh.time(),
      updated_at: fresh.time(),
      stargazers_count: 0,
      watchers_count: 0,
      forks_count: 0,
      open_issues_count: 0,
      forks: 0,
      open_issues: 0,
      watchers: 0,
      public: true,
    },
  };
}

export function commitComment({ fresh, repo, reviewer, head }: World): JsonObject {
  const id = fresh.integer(100_000_000, 300_000_000);
  return {
    comment: {
      url: `${repo.api}/comments/${id}`,
      html_url: `${repo.web}/commit/${head}#commitcomment-${id}`,
      id,
      node_id: nodeId(fresh, "CC_kwDO"),
      user: reviewer.json,
      position: null,
      line: null,
      path: null,
      commit_id: head,
      created_at: fresh.time(),
      updated_at: fresh.time(),
      author_association: "MEMBER",
      body: "This wants a line in the changelog.",
    },
  };
}

export function installation(action: "created" | "deleted"): Part {
  return (world) => {
    const { fresh, owner, repository, repo } = world;
    const id = fresh.integer(10_000_000, 99_999_999);
    const { node_id, name, full_name } = repository;
    return {
      installation: {
        id,
        account: owner.json,
        repository_selection: "selected",
        access_tokens_url: `https://api.github.com/app/installations/${id}/access_tokens`,
        repositories_url: "https://api.github.com/installation/repositories",
        html_url: `https://github.com/organizations/${owner.login}/settings/installations/${id}`,
        app_id: APP_ID,
        app_slug: "acme-deployer",
        target_id: owner.id,
        target_type: "Organization",
        permissions: { contents: "read", metadata: "read", pull_requests: "write" },
        events: ["pull_request", "push"],
        created_at: fresh.time(action === "created" ? 0 : 90 * 86_400),
        updated_at: fresh.time(),
        single_file_name: null,
        has_multiple_single_files: false,
        single_file_paths: [],
        suspended_by: null,
        suspended_at: null,
      },
      repositories: [{ id: repo.id, node_id, name, full_name, private: false }],
      repository: undefined,
      organization: undefined,
    };
  };
}
