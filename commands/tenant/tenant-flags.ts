import { naming } from "../filter-flags.ts";

/** Runs a call about tenants; an error about a field names the argument or flag that set it. */
export function namingTenantFlags<T>(call: Promise<T>): Promise<T> {
  return naming(call, { name: "<name>", description: "--description", cursor: "--cursor", limit: "--limit" });
}
