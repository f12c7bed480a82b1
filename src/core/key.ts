import type { PageQuery } from "./hooks-service.ts";
import { DEFAULT_TENANT } from "./scope.ts";
import type { RateLimit } from "./subscription.ts";

/** An admin may do everything; the others include nothing of each other (product.md, row 3). */
export const ROLES = ["admin", "publisher", "reader", "listener"] as const;
export type Role = (typeof ROLES)[number];

/** In a key, where the name of a tenant or an environment would stand: it works in all of them. */
export const ANY = "*";

/** Of a key for which no environment was named, where whoever makes it is bound to none. */
export const DEFAULT_KEY_ENVIRONMENT = "production";

/** A key begins with this, so that it is known for one wherever it turns up. */
export const KEY_PREFIX = "hk_";

/** Whose data: names, or ANY. */
export interface Reach {
  tenant: string;
  environment: string;
}

/** Names that a request gives; undefined or `*`: all that is in reach. */
export interface NamedReach {
  tenant?: string | undefined;
  environment?: string | undefined;
}

/** Everything that `other` reaches is in reach of `reach`. */
export function covers(reach: Reach, other: Reach): boolean {
  return (
    (reach.tenant === ANY || reach.tenant === other.tenant) &&
    (reach.environment === ANY || reach.environment === other.environment)
  );
}

/** Who a key stands for. */
export interface Principal extends Reach {
  role: Role;
  /** For people and logs; never the key. */
  name: string;
  /** `key_…`; undefined: whoever can read the store's files. */
  keyId?: string | undefined;
  /** When the key ends, unix ms. */
  expiresAt?: number | undefined;
  /** Requests that may be made with it; undefined: no limit. */
  rateLimit?: RateLimit | undefined;
}

/** Who makes a change and from where: what the audit keeps of it. */
export interface Actor extends Pick<Principal, "keyId" | "name" | "expiresAt"> {
  /** The address that a request came from, or `cli`. */
  from: string;
}

/** A principal at work. */
export interface Caller extends Principal, Actor {}

/**
 * Whoever can read the store's files owns the store: an admin of every tenant and environment, which he names; where he
 * names no tenant, `default` is meant.
 */
export const LOCAL_OWNER: Principal = { role: "admin", tenant: ANY, environment: ANY, name: "local" };

/** The same at a command line that works on the file. */
export const LOCAL_CALLER: Caller = { ...LOCAL_OWNER, from: "cli" };

/** The tenant that is meant where a reach of any names none. */
export function tenantOf({ tenant }: Reach): string {
  return tenant === ANY ? DEFAULT_TENANT : tenant;
}

export const KEY_STATUSES = ["active", "expired", "revoked"] as const;
export type KeyStatus = (typeof KEY_STATUSES)[number];

export interface KeyInput {
  /** What it is for: 1 to 255 characters. */
  name: string;
  role: Role;
  /** A name or `*`. Default: the caller's own; `default` where the caller is bound to none. */
  tenant?: string | undefined;
  /** A name or `*`. Default: the caller's own; `production` where the caller is bound to none. */
  environment?: string | undefined;
  /** A duration from now (`30d`) or an ISO 8601 time; null and default: it does not end, unless the caller's own does. */
  expires?: string | null | undefined;
  /** Requests that may be made with it: `10/s`, `600/m`; null and default: no limit. */
  rate_limit?: string | null | undefined;
}

export interface KeyResource {
  /** `key_…` */
  id: string;
  name: string;
  role: Role;
  /** A name or `*`. */
  tenant: string;
  environment: string;
  status: KeyStatus;
  /** `hk_Ab3d…9z`: what may be shown. */
  hint: string;
  rate_limit: string | null;
  created_at: string;
  expires_at: string | null;
  /** To the minute. */
  last_used_at: string | null;
  revoked_at: string | null;
}

/** The answer to create: `key` is the whole key, which is shown here and never again. */
export interface KeyWithSecret extends KeyResource {
  key: string;
}

export interface KeyQuery extends PageQuery {
  role?: Role | undefined;
  status?: KeyStatus | undefined;
  /** Only keys made for this tenant, or for this environment. */
  tenant?: string | undefined;
  environment?: string | undefined;
}
