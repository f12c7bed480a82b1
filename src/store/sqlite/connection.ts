import Database from "better-sqlite3";
import { HooksError } from "../../core/errors.ts";
import { unusable } from "./sqlite-error.ts";

export type Connection = Database.Database;
export type Statement<Row = unknown> = Database.Statement<unknown[], Row>;

/** "hook" in ASCII: marks a file as ours. */
export const APPLICATION_ID = 0x686f6f6b;

/** Longest that a call may stand still for another process's lock, ms; whoever needs longer tries again. */
const BUSY_TIMEOUT_MS = 50;
/** Older ones can damage a WAL database that several connections write (fixed in 3.51.3). */
const OLDEST_SQLITE = [3, 51, 3];
/** `PRAGMA synchronous`. */
const FULL = 2;
const LOCAL_DISK_HINT = "put it on a disk of this machine: --store FILE";
const WAL_KEPT_BYTES = 64 * 1024 * 1024;

/** A connection with what must hold on each: a commit is on the disk when it returns. The file must exist. */
export function openConnection(path: string, mode: "read" | "write"): Connection {
  const connection = new Database(path, { readonly: mode === "read", fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    assertVersion(connection);
    connection.pragma("trusted_schema = OFF");
    // This driver opens a WAL file with NORMAL, which loses the last commits at a power cut: say it, and look.
    connection.pragma("synchronous = FULL");
    if (pragmaNumber(connection, "synchronous") !== FULL) throw new Error("SQLite refuses synchronous=FULL");
    if (mode === "read") connection.pragma("query_only = ON");
    else prepareWriting(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

/** The database in these bytes, to be read only: for one beside which no file can be made. */
export function openSnapshot(bytes: Buffer): Connection {
  // A log that is not there cannot be read: the versions of the format say 1, "without", instead of 2.
  bytes.fill(1, 18, 20);
  return new Database(bytes, { readonly: true });
}

export function pragmaNumber(connection: Connection, name: string): number {
  return connection.pragma(name, { simple: true }) as number;
}

function prepareWriting(connection: Connection): void {
  connection.pragma("foreign_keys = ON");
  if (process.platform === "darwin") {
    connection.pragma("fullfsync = ON");
    connection.pragma("checkpoint_fullfsync = ON");
  }
  connection.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`);
  // Done after the commits instead, where an error of it is seen (CommitGuard).
  connection.pragma("wal_autocheckpoint = 0");
  connection.pragma("temp_store = MEMORY");
  // What moves from page to page leaves no copy behind that a purge would not find; it costs no write of its own.
  connection.pragma("secure_delete = FAST");
}

/** What decides whether a commit survives a power cut, as SQLite says it. */
export interface Durability {
  sqliteVersion: string;
  journalMode: string;
  /** 2: FULL. */
  synchronous: number;
}

/** Looks at a connection that is to commit. @throws HooksError `store_unusable` naming what is not as it must be. */
export function assertDurable(connection: Connection, path: string): Durability {
  const durability = durabilityOf(connection);
  const { journalMode, synchronous } = durability;
  if (journalMode !== "wal") {
    throw unusable(path, `has the journal mode ${journalMode}: it needs a write-ahead log`, LOCAL_DISK_HINT);
  }
  if (synchronous !== FULL)
    throw unusable(path, `would be written with synchronous=${synchronous}: it must be 2 (FULL)`);
  return durability;
}

export function durabilityOf(connection: Connection): Durability {
  return {
    sqliteVersion: versionOf(connection),
    journalMode: connection.pragma("journal_mode", { simple: true }) as string,
    synchronous: pragmaNumber(connection, "synchronous"),
  };
}

function versionOf(connection: Connection): string {
  return connection.prepare<unknown[], string>("SELECT sqlite_version()").pluck().get()!;
}

function assertVersion(connection: Connection): void {
  const version = versionOf(connection);
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
