import Database from "better-sqlite3";
import { HooksError } from "../../core/errors.ts";

export type Connection = Database.Database;
export type Statement<Row = unknown> = Database.Statement<unknown[], Row>;

/** "hook" in ASCII: marks a file as ours. */
export const APPLICATION_ID = 0x686f6f6b;

/** Longest that a call may stand still for another process's lock, ms; whoever needs longer tries again. */
const BUSY_TIMEOUT_MS = 50;
/** Older ones can damage a WAL database that several connections write (fixed in 3.51.3). */
const OLDEST_SQLITE = [3, 51, 3];
const WAL_KEPT_BYTES = 64 * 1024 * 1024;

/** A connection with what must hold on each: a commit is on the disk when it returns. The file must exist. */
export function openConnection(path: string, mode: "read" | "write"): Connection {
  const connection = new Database(path, { readonly: mode === "read", fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    assertVersion(connection);
    connection.pragma("trusted_schema = OFF");
    if (mode === "read") connection.pragma("query_only = ON");
    else setDurable(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

export function pragmaNumber(connection: Connection, name: string): number {
  return connection.pragma(name, { simple: true }) as number;
}

function setDurable(connection: Connection): void {
  connection.pragma("foreign_keys = ON");
  // This driver opens a WAL file with NORMAL, which loses the last commits at a power cut: say it, and look.
  connection.pragma("synchronous = FULL");
  if (process.platform === "darwin") {
    connection.pragma("fullfsync = ON");
    connection.pragma("checkpoint_fullfsync = ON");
  }
  if (pragmaNumber(connection, "synchronous") !== 2) throw new Error("SQLite refuses synchronous=FULL");
  connection.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`);
  connection.pragma("wal_autocheckpoint = 1000");
  connection.pragma("temp_store = MEMORY");
}

function assertVersion(connection: Connection): void {
  const version = connection.prepare("SELECT sqlite_version()").pluck().get() as string;
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const [needMajor = 0, needMinor = 0, needPatch = 0] = OLDEST_SQLITE;
  const isOld = major !== needMajor ? major < needMajor : minor !== needMinor ? minor < needMinor : patch < needPatch;
  if (isOld) {
    throw new HooksError(
      "store_unusable",
      `SQLite ${version} is too old: ${OLDEST_SQLITE.join(".")} or newer is needed`,
    );
  }
}
