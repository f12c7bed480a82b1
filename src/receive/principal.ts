import { HooksError, invalid } from "../core/errors.ts";
import { ANY, type Principal, type Role } from "../core/key.ts";
import { checkScopeName, DEFAULT_TENANT, type Scope } from "../core/scope.ts";

/**
 * What a route asks for: `open` no key at all, `any` a key of any role, else that role. An admin may do everything;
 * the other roles include nothing of each other.
 */
export type Access = "open" | "any" | Role;

export function mayUse(access: Access, role: Role): boolean {
  return access === "open" || access === "any" || role === "admin" || role === access;
}

/** A name of a tenant or an environment, and where the request gave it. */
export interface ScopeName {
  value: string;
  /** `Hooks-Environment`, `environment` */
  field: string;
}

/**
 * What a request names of its key's reach; undefined where it names nothing.
 * @throws HooksError `invalid_request` for two names that differ. Whether the key reaches so far is the service's to say.
 */
export function namedReach(names: ScopeNames): { tenant: string | undefined; environment: string | undefined } {
  return { tenant: agreed(names.tenant)?.value, environment: agreed(names.environment)?.value };
}

/** Names that a request gives in headers, in its query or in its body; several must agree. */
export interface ScopeNames {
  tenant: readonly ScopeName[];
  environment: readonly ScopeName[];
}

/**
 * The one tenant and environment that a request works in.
 * @param defaultEnvironment for requests that name none and whose key is not bound to one.
 * @throws HooksError `invalid_request` for a malformed name or two that differ; `forbidden` for a name that is not
 *   the key's own.
 */
export function scopeOf(principal: Principal, names: ScopeNames, defaultEnvironment: string): Scope {
  return {
    tenant: choose(principal.tenant, names.tenant, DEFAULT_TENANT),
    environment: choose(principal.environment, names.environment, defaultEnvironment),
  };
}

function agreed(names: readonly ScopeName[]): ScopeName | undefined {
  const [first, ...rest] = names;
  for (const name of rest) {
    if (name.value === first!.value) continue;
    throw invalid(name.field, `${name.field} is "${name.value}", but ${first!.field} is "${first!.value}"`);
  }
  return first;
}

function choose(own: string, names: readonly ScopeName[], fallback: string): string {
  for (const name of names) checkScopeName(name.value, name.field);
  const chosen = agreed(names);
  if (own === ANY) return chosen?.value ?? fallback;
  if (chosen !== undefined && chosen.value !== own) {
    throw new HooksError("forbidden", `${chosen.field} is "${chosen.value}", but this key is for "${own}"`, {
      field: chosen.field,
      hint: "leave the name out, or use a key of that name",
    });
  }
  return own;
}
