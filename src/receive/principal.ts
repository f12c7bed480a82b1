import { HooksError, invalid } from "../core/errors.ts";
import { checkScopeName, DEFAULT_TENANT, type Scope } from "../core/scope.ts";

export type Role = "admin" | "publisher" | "reader" | "listener";

/** Who a key belongs to. */
export interface Principal {
  role: Role;
  /** "*": any, named by the request. */
  tenant: string;
  /** "*": any, named by the request. */
  environment: string;
  /** For people and logs; never the key. */
  name: string;
}

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

function choose(own: string, names: readonly ScopeName[], fallback: string): string {
  let chosen: ScopeName | undefined;
  for (const name of names) {
    checkScopeName(name.value, name.field);
    if (chosen !== undefined && chosen.value !== name.value) {
      throw invalid(name.field, `${name.field} is "${name.value}", but ${chosen.field} is "${chosen.value}"`);
    }
    chosen ??= name;
  }
  if (own === "*") return chosen?.value ?? fallback;
  if (chosen !== undefined && chosen.value !== own) {
    throw new HooksError("forbidden", `${chosen.field} is "${chosen.value}", but this key is for "${own}"`, {
      field: chosen.field,
      hint: "leave the name out, or use a key of that name",
    });
  }
  return own;
}
