import { readFileSync } from "node:fs";
import type { HooksError } from "../../core/errors.ts";
import { APPLICATION_ID, type Connection, pragmaNumber } from "./connection.ts";
import { unusable } from "./sqlite-error.ts";

/** Migration n brings a database from `user_version` n − 1 to n. Forward only; one that was released never changes. */
const MIGRATIONS = [
  "0001-initial.sql",
  "0002-fair-lanes.sql",
  "0003-keys.sql",
  "0004-secrets.sql",
  "0005-statistics.sql",
  "0006-catalogue.sql",
  "0007-alerts.sql",
  "0008-traces.sql",
  "0009-replays.sql",
  "0010-purges.sql",
  "0011-setup.sql",
  "0012-sources.sql",
  "0013-erasure.sql",
  "0014-later-attempts.sql",
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings an empty or older database to this program's schema, each step in its own transaction.
 * @throws HooksError `store_unusable`, SqliteError `SQLITE_BUSY` (nothing was changed: try again).
 */
export function migrate(connection: Connection, path: string): void {
  if (isEmpty(connection)) {
    // Must come before the first table; on any other database it does nothing.
    connection.pragma("auto_vacuum = INCREMENTAL");
  }
  while (checkVersion(connection, path) < SCHEMA_VERSION) applyNext(connection, path);
}

/**
 * The database's schema version, 0 for an empty database.
 * @throws HooksError `store_unusable` when it is another program's or a newer hooks'.
 */
export function checkVersion(connection: Connection, path: string): number {
  const applicationId = pragmaNumber(connection, "application_id");
  const version = pragmaNumber(connection, "user_version");
  if (applicationId === 0 && version === 0 && isEmpty(connection)) return 0;
  if (applicationId !== APPLICATION_ID) throw unusable(path, "is another program's database", "name another file");
  const newer = newerSchema(path, version);
  if (newer !== undefined) throw newer;
  return version;
}

/** What to say of a database with a schema that this program does not know; undefined: it does. */
export function newerSchema(path: string, version: number): HooksError | undefined {
  if (version <= SCHEMA_VERSION) return undefined;
  return unusable(
    path,
    `was written by a newer hooks (schema ${version}; this one knows ${SCHEMA_VERSION})`,
    "update hooks, or name another file",
  );
}

function applyNext(connection: Connection, path: string): void {
  connection.exec("BEGIN IMMEDIATE");
  try {
    // Read again under the lock: another process may have been first.
    const version = checkVersion(connection, path);
    if (version < SCHEMA_VERSION) {
      connection.exec(readFileSync(new URL(`./migrations/${MIGRATIONS[version]}`, import.meta.url), "utf8"));
      connection.pragma(`application_id = ${APPLICATION_ID}`);
      connection.pragma(`user_version = ${version + 1}`);
    }
    connection.exec("COMMIT");
  } catch (error) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

function isEmpty(connection: Connection): boolean {
  return connection.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}
