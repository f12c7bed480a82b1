import type { StoredSubscription } from "../store/store.ts";
import type { SecretStore } from "./secret-store.ts";

type Getting = Pick<SecretStore, "get">;

/** A subscription's own headers with their values. */
export async function openHeaders(stored: StoredSubscription, secrets: Getting): Promise<Record<string, string>> {
  return stored.headers === undefined ? {} : parseHeaders(await secrets.get(stored.headers, stored.id));
}

/** Their values are opened for it only where an earlier version did not keep the names. */
export async function headerNamesOf(stored: StoredSubscription, secrets: Getting): Promise<readonly string[]> {
  return stored.headerNames ?? Object.keys(await openHeaders(stored, secrets));
}

/** What is sealed of them. */
export function parseHeaders(text: string): Record<string, string> {
  return JSON.parse(text) as Record<string, string>;
}
