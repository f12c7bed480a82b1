import { isHooksError } from "../../core/errors.ts";
import { type Connection, openConnection } from "./connection.ts";
import { sqliteCode } from "./sqlite-error.ts";

/** What a restore makes valid again that the store in whose place it comes had ended. */
export interface BroughtBack {
  /** API keys that were revoked, or erased with their tenant. */
  keys: number;
  /** Subscriptions whose secret was rotated: they sign with the one from before. */
  secrets: number;
}

/**
 * Compares a copy with the store that it replaces. Undefined: there is none, or none that can be read.
 * @param now unix ms: keys that have ended by themselves are not back
 */
export function broughtBack(storePath: string, copyPath: string, now: number): BroughtBack | undefined {
  const before = read(storePath, now);
  const after = before && read(copyPath, now);
  if (before === undefined || after === undefined) return undefined;
  const isOlder = ([subscription, secret]: [string, string]) =>
    before.secrets.has(subscription) && before.secrets.get(subscription) !== secret;
  return {
    keys: [...after.keys].filter((key) => !before.keys.has(key)).length,
    secrets: [...after.secrets].filter(isOlder).length,
  };
}

interface Valid {
  keys: Set<string>;
  /** Subscription → its newest secret. */
  secrets: Map<string, string>;
}

function read(path: string, now: number): Valid | undefined {
  try {
    const connection = openConnection(path, "read");
    try {
      return validIn(connection, now);
    } finally {
      connection.close();
    }
  } catch (error) {
    // Missing, damaged, of an older or a newer hooks: a restore replaces it all the same.
    if (sqliteCode(error) !== undefined || isHooksError(error)) return undefined;
    throw error;
  }
}

function validIn(connection: Connection, now: number): Valid {
  const keys = connection
    .prepare<unknown[], string>(
      "SELECT public_id FROM keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR ? < expires_at)",
    )
    .pluck()
    .all(now);
  const secrets = connection
    .prepare<unknown[], [string, string]>(`
      SELECT s.public_id, x.public_id FROM subscriptions AS s JOIN secrets AS x USING (subscription_id)
      WHERE s.deleted_at IS NULL ORDER BY x.created_at, x.secret_id
    `)
    .raw()
    .all();
  return { keys: new Set(keys), secrets: new Map(secrets) };
}
