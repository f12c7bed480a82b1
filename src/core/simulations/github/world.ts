// The people, the repository and the organisation that GitHub's events speak of, each as the REST API writes it.

import { DAY, type Fresh, HOUR, type Person } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";

const API = "https://api.github.com";
const WEB = "https://github.com";

export interface Account {
  login: string;
  name: string;
  email: string;
  id: number;
  json: JsonObject;
}

/** Everything of one event that other parts of it refer to. */
export interface World {
  fresh: Fresh;
  sender: Account;
  reviewer: Account;
  owner: Account;
  repo: { name: string; fullName: string; api: string; web: string; id: number };
  repository: JsonObject;
  organization: JsonObject;
  /** Of a branch, and the one that it was made from. */
  head: string;
  base: string;
}

export function makeWorld(fresh: Fresh): World {
  const author = fresh.person();
  const sender = account(fresh, author);
  let other = fresh.person();
  while (other === author) other = fresh.person();
  const reviewer = account(fresh, other);
  const ownerId = fresh.integer(10_000_000, 99_999_999);
  const owner: Account = {
    login: "acme-inc",
    name: "Acme Inc.",
    email: "dev@example.com",
    id: ownerId,
    json: accountJson("acme-inc", ownerId, "Organization", nodeId(fresh, "O_kgDO")),
  };
  const name = fresh.pick(["storefront", "checkout-service", "billing-api", "mobile-app"]);
  const fullName = `${owner.login}/${name}`;
  const repo = {
    name,
    fullName,
    api: `${API}/repos/${fullName}`,
    web: `${WEB}/${fullName}`,
    id: fresh.integer(400_000_000, 999_999_999),
  };
  return {
    fresh,
    sender,
    reviewer,
    owner,
    repo,
    repository: repositoryJson(fresh, repo, owner),
    organization: organizationJson(owner),
    head: fresh.hex(40),
    base: fresh.hex(40),
  };
}

export function nodeId(fresh: Fresh, prefix: string): string {
  return prefix + fresh.base62(10);
}

function account(fresh: Fresh, { first, last, login, email }: Person): Account {
  const id = fresh.integer(1_000_000, 99_999_999);
  return { login, name: `${first} ${last}`, email, id, json: accountJson(login, id, "User", nodeId(fresh, "U_kgDO")) };
}

function accountJson(login: string, id: number, type: "User" | "Organization", node: string): JsonObject {
  const url = `${API}/users/${login}`;
  return {
    login,
    id,
    node_id: node,
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    gravatar_id: "",
    url,
    html_url: `${WEB}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    site_admin: false,
  };
}

function organizationJson({ login, id, json }: Account): JsonObject {
  const url = `${API}/orgs/${login}`;
  return {
    login,
    id,
    node_id: json["node_id"],
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: json["avatar_url"],
    description: "Everything for the coyote of today",
  };
}

/** Ends of the API's URLs of a repository, by the name that the field has. */
const REPOSITORY_URLS = {
  forks_url: "/forks",
  keys_url: "/keys{/key_id}",
  collaborators_url: "/collaborators{/collaborator}",
  teams_url: "/teams",
  hooks_url: "/hooks",
  issue_events_url: "/issues/events{/number}",
  events_url: "/events",
  assignees_url: "/assignees{/user}",
  branches_url: "/branches{/branch}",
  tags_url: "/tags",
  blobs_url: "/git/blobs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  git_refs_url: "/git/refs{/sha}",
  trees_url: "/git/trees{/sha}",
  statuses_url: "/statuses/{sha}",
  languages_url: "/languages",
  stargazers_url: "/stargazers",
  contributors_url: "/contributors",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  commits_url: "/commits{/sha}",
  git_commits_url: "/git/commits{/sha}",
  comments_url: "/comments{/number}",
  issue_comment_url: "/issues/comments{/number}",
  contents_url: "/contents/{+path}",
  compare_url: "/compare/{base}...{head}",
  merges_url: "/merges",
  archive_url: "/{archive_format}{/ref}",
  downloads_url: "/downloads",
  issues_url: "/issues{/number}",
  pulls_url: "/pulls{/number}",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  labels_url: "/labels{/name}",
  releases_url: "/releases{/id}",
  deployments_url: "/deployments",
};

function urls(api: string, names: readonly (keyof typeof REPOSITORY_URLS)[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, api + REPOSITORY_URLS[name]]));
}

function repositoryJson(fresh: Fresh, { name, fullName, api, web, id }: World["repo"], owner: Account): JsonObject {
  const [stars, forks, issues] = [fresh.integer(0, 400), fresh.integer(0, 40), fresh.integer(1, 60)];
  return {
    id,
    node_id: nodeId(fresh, "R_kgDO"),
    name,
    full_name: fullName,
    private: false,
    owner: owner.json,
    html_url: web,
    description: "What customers see, and what they pay with",
    fork: false,
    url: api,
    ...urls(api, Object.keys(REPOSITORY_URLS) as (keyof typeof REPOSITORY_URLS)[]),
    created_at: fresh.time(700 * DAY),
    updated_at: fresh.time(3 * HOUR),
    pushed_at: fresh.time(30),
    git_url: `git://github.com/${fullName}.git`,
    ssh_url: `git@github.com:${fullName}.git`,
    clone_url: `${web}.git`,
    svn_url: web,
    homepage: "https://acme.example",
    size: fresh.integer(100, 90_000),
    stargazers_count: stars,
    watchers_count: stars,
    language: "TypeScript",
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    forks_count: forks,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: issues,
    license: {
      key: "mit",
      name: "MIT License",
      spdx_id: "MIT",
      url: `${API}/licenses/mit`,
      node_id: "MDc6TGljZW5zZTEz",
    },
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: ["payments", "typescript"],
    visibility: "public",
    forks,
    open_issues: issues,
    watchers: stars,
    default_branch: "main",
    custom_properties: {},
  };
}

/** The short form that workflow runs have of their repository. */
export function repositoryLite({ repository, repo }: World): JsonObject {
  const { id, node_id, name, full_name, owner, html_url, description, fork, url } = repository;
  const short = Object.keys(REPOSITORY_URLS).filter(
    (field) => !["labels_url", "releases_url", "deployments_url"].includes(field),
  ) as (keyof typeof REPOSITORY_URLS)[];
  return {
    ...{ id, node_id, name, full_name, private: false, owner, html_url, description, fork, url },
    ...urls(repo.api, [...short, "labels_url", "releases_url", "deployments_url"]),
  };
}

const LABELS = {
  bug: { color: "d73a4a", description: "Something isn't working" },
  enhancement: { color: "a2eeef", description: "New feature or request" },
} as const;

export function label({ fresh, repo }: World, name: keyof typeof LABELS): JsonObject {
  return {
    id: fresh.integer(1_000_000_000, 9_000_000_000),
    node_id: nodeId(fresh, "LA_kwDO"),
    url: `${repo.api}/labels/${name}`,
    name,
    color: LABELS[name].color,
    default: true,
    description: LABELS[name].description,
  };
}

export function milestone({ fresh, repo, sender }: World): JsonObject {
  const number = fresh.integer(1, 12);
  return {
    url: `${repo.api}/milestones/${number}`,
    html_url: `${repo.web}/milestone/${number}`,
    labels_url: `${repo.api}/milestones/${number}/labels`,
    id: fresh.integer(1_000_000, 9_999_999),
    node_id: nodeId(fresh, "MI_kwDO"),
    number,
    title: `v${fresh.integer(2, 6)}.0`,
    description: "Everything that has to be done before the sale",
    creator: sender.json,
    open_issues: 4,
    closed_issues: 8,
    state: "open",
    created_at: fresh.time(20 * DAY),
    updated_at: fresh.time(60),
    due_on: fresh.time(-30 * DAY),
    closed_at: null,
  };
}

export function reactions(url: string): JsonObject {
  return {
    url: `${url}/reactions`,
    total_count: 0,
    "+1": 0,
    "-1": 0,
    laugh: 0,
    hooray: 0,
    confused: 0,
    heart: 0,
    rocket: 0,
    eyes: 0,
  };
}

/** A commit as push, workflow and check events have it. */
export function commit({ fresh, repo, sender }: World, id: string, message: string, agoSeconds: number): JsonObject {
  const person = { name: sender.name, email: sender.email, username: sender.login };
  return {
    id,
    tree_id: fresh.hex(40),
    distinct: true,
    message,
    timestamp: fresh.time(agoSeconds),
    url: `${repo.web}/commit/${id}`,
    author: person,
    committer: person,
    added: ["src/discount.ts"],
    removed: [],
    modified: ["src/cart.ts", "README.md"],
  };
}
