import { invalid } from "./errors.ts";
import { quoted } from "./quoted.ts";

/** Whose data: each row belongs to exactly one tenant and one environment, and no query leaves its scope. */
export interface Scope {
  tenant: string;
  environment: string;
}

/** One text for a scope, to find things by: neither name can contain a slash. */
export function scopeKey({ tenant, environment }: Scope): string {
  return `${tenant}/${environment}`;
}

export const DEFAULT_TENANT = "default";

/** Of the CLI and of requests that name none, unless `hooks serve --env` says otherwise (rulings.md 32). */
export const DEFAULT_ENVIRONMENT = "development";

export const SCOPE_NAME_PATTERN = /^[a-z0-9-]{1,32}$/;

/** @throws HooksError `invalid_request` when `name` is not 1–32 of a–z, 0–9 and "-". */
export function checkScopeName(name: string, field: string): string {
  if (!SCOPE_NAME_PATTERN.test(name)) {
    throw invalid(field, `${field} must be 1 to 32 characters of a-z, 0-9 and "-", got ${quoted(name)}`);
  }
  return name;
}
