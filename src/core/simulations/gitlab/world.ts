// The project and the people that GitLab's events speak of.

import { type Fresh, fullName, MINUTE, type Person } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";

export const INSTANCE = "https://gitlab.com";

export interface World {
  fresh: Fresh;
  user: Member;
  other: Member;
  /** `acme/storefront` */
  path: string;
  web: string;
  project: JsonObject;
  projectId: number;
  /** The short form of the project that most events have besides. */
  repository: JsonObject;
  sha: string;
  before: string;
}

export interface Member {
  person: Person;
  id: number;
  avatar: string;
}

export function makeWorld(fresh: Fresh): World {
  const member = (person: Person): Member => {
    const avatar = `https://secure.gravatar.com/avatar/${fresh.hex(32)}?s=80&d=identicon`;
    return { person, id: fresh.integer(100_000, 9_999_999), avatar };
  };
  const one = fresh.person();
  let two = fresh.person();
  while (two === one) two = fresh.person();
  const name = fresh.pick(["storefront", "checkout-service", "billing-api", "mobile-app"]);
  const path = `acme/${name}`;
  const web = `${INSTANCE}/${path}`;
  const projectId = fresh.integer(1_000_000, 9_999_999);
  const ssh = `git@gitlab.com:${path}.git`;
  const http = `${web}.git`;
  const description = "What customers see, and what they pay with";
  const project = {
    id: projectId,
    name,
    description,
    web_url: web,
    avatar_url: null,
    git_ssh_url: ssh,
    git_http_url: http,
    namespace: "acme",
    visibility_level: 0,
    path_with_namespace: path,
    default_branch: "main",
    ci_config_path: ".gitlab-ci.yml",
    homepage: web,
    url: ssh,
    ssh_url: ssh,
    http_url: http,
  };
  return {
    fresh,
    user: member(one),
    other: member(two),
    path,
    web,
    project,
    projectId,
    repository: { name, url: ssh, description, homepage: web },
    sha: fresh.hex(40),
    before: fresh.hex(40),
  };
}

/** As most events have people. */
export function userJson({ person, id, avatar }: Member): JsonObject {
  return {
    id,
    name: fullName(person),
    username: person.login.replace("-", "."),
    avatar_url: avatar,
    email: "[REDACTED]",
  };
}

export function commit({ fresh, web, user }: World, id: string, title: string, agoSeconds: number): JsonObject {
  return {
    id,
    message: `${title}\n`,
    title,
    timestamp: fresh.time(agoSeconds).replace("Z", "+00:00"),
    url: `${web}/-/commit/${id}`,
    author: { name: fullName(user.person), email: user.person.email },
  };
}

export function pushed(world: World): readonly JsonObject[] {
  const { fresh, sha } = world;
  return [
    {
      ...commit(world, fresh.hex(40), "Add a test for discounts", 5 * MINUTE),
      added: ["test/discount.test.ts"],
      modified: [],
      removed: [],
    },
    { ...commit(world, sha, "Apply a discount once", MINUTE), added: [], modified: ["src/cart.ts"], removed: [] },
  ];
}

/** `2026-11-22 14:10:55 UTC`: as events of issues and pipelines write times. */
export function spacedTime(fresh: Fresh, agoSeconds = 0): string {
  return `${fresh.time(agoSeconds).replace("T", " ").replace("Z", "")} UTC`;
}

export function label({ fresh, projectId }: World): JsonObject {
  return {
    id: fresh.integer(1_000_000, 40_000_000),
    title: "bug",
    color: "#d9534f",
    project_id: projectId,
    created_at: spacedTime(fresh, 300 * 86_400),
    updated_at: spacedTime(fresh, 300 * 86_400),
    template: false,
    description: null,
    type: "ProjectLabel",
    group_id: null,
  };
}
