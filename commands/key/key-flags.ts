import type { CliContext } from "../../src/cli/context.ts";
import { HooksError } from "../../src/core/errors.ts";
import { ANY } from "../../src/core/key.ts";
import { naming } from "../filter-flags.ts";

const KEY_FLAGS: Readonly<Record<string, string>> = {
  name: "<name>",
  role: "--role",
  expires: "--expires",
  rate_limit: "--rate",
  tenant: "--tenant",
  environment: "--env",
  status: "--status",
  cursor: "--cursor",
  limit: "--limit",
};

/** Runs a call about keys; an error about a field names the flag that set it. */
export function namingKeyFlags<T>(call: Promise<T>): Promise<T> {
  return naming(call, KEY_FLAGS);
}

export interface ReachFlags {
  allTenants?: boolean;
  allEnvironments?: boolean;
}

/** What was named of a key's reach, by flag, variable, file or context; undefined: nothing. @throws HooksError `usage` */
export function namedReach(
  flags: ReachFlags & { tenant?: string; env?: string },
  context: CliContext,
): { tenant: string | undefined; environment: string | undefined } {
  refuseBoth("--tenant", flags.tenant, "--all-tenants", flags.allTenants);
  refuseBoth("--env", flags.env, "--all-environments", flags.allEnvironments);
  const { tenant, environment } = context.settings();
  return {
    tenant: flags.allTenants === true ? ANY : tenant,
    environment: flags.allEnvironments === true ? ANY : environment,
  };
}

function refuseBoth(one: string, value: string | undefined, all: string, isAll: boolean | undefined): void {
  if (value === undefined || isAll !== true) return;
  throw new HooksError("usage", `${one} and ${all} cannot be used together: choose one`, { field: all });
}
