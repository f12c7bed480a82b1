import { statSync } from "node:fs";
import { type Connection, openConnection } from "./connection.ts";
import { InlineChannel } from "./inline-channel.ts";
import { checkVersion, migrate, SCHEMA_VERSION } from "./migrate.ts";
import { isBusy, toStoreError, unusable } from "./sqlite-error.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { prepareStoreFile } from "./store-file.ts";

const BUSY_LIMIT_MS = 5_000;
const BUSY_RETRY_MS = 10;
const MAX_CHECKED_BYTES = 64 * 1024 * 1024;

export interface OpenSqliteStoreOptions {
  /** Absolute. */
  path: string;
  /** `thread`: commits in a thread of their own (daemon). `inline` (default): in this one (commands). */
  mode?: "thread" | "inline";
  /** Default true: make the file (0600) and its folders (0700) when there is none. */
  create?: boolean;
  /** Never writes, makes or migrates anything; every writing method rejects. */
  readOnly?: boolean;
  /** The disk failed: nobody knows what is on it, so the process must end. Without it: an uncaught error. */
  onFatal?: (error: Error) => void;
}

/**
 * Opens hooks' store.
 *
 * @throws HooksError `store_unusable` (not ours, newer, not writable, damaged …: left as it was), `store_busy`,
 *   `store_full`.
 */
export async function openSqliteStore(options: OpenSqliteStoreOptions): Promise<SqliteStore> {
  const { path, mode = "inline", create = true, readOnly = false, onFatal = throwLater } = options;
  prepareStoreFile(path, { create: create && !readOnly, readOnly });
  try {
    if (readOnly) return new SqliteStore(path, await whileBusy(() => openCurrent(path)), undefined);
    const writing = await whileBusy(() => openMigrated(path));
    if (mode === "thread") checkWhole(writing, path);
    const reading = openConnection(path, "read");
    if (mode === "inline") return new SqliteStore(path, reading, new InlineChannel(path, writing, onFatal));
    const { ThreadChannel } = await import("./thread-channel.ts");
    const channel = await ThreadChannel.start(path, onFatal);
    writing.close();
    return new SqliteStore(path, reading, channel);
  } catch (error) {
    throw toStoreError(error, path);
  }
}

function openMigrated(path: string): Connection {
  const connection = openConnection(path, "write");
  try {
    // Before the log is switched on: so the file itself says from the start whose it is.
    if (checkVersion(connection, path) < SCHEMA_VERSION) migrate(connection, path);
    const journal = connection.pragma("journal_mode = WAL", { simple: true });
    if (journal !== "wal") throw unusable(path, "cannot use a write-ahead log on its file system");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function openCurrent(path: string): Connection {
  const connection = openConnection(path, "read");
  try {
    if (checkVersion(connection, path) < SCHEMA_VERSION) throw unusable(path, "is older than this hooks", "run hooks");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** What costs little at the start of a daemon; of a larger one damage shows when it is met. */
function checkWhole(connection: Connection, path: string): void {
  if (MAX_CHECKED_BYTES < statSync(path).size) return;
  const found = connection.pragma("quick_check(1)", { simple: true });
  if (found === "ok") return;
  connection.close();
  throw unusable(path, "is damaged", "restore it from a backup", new Error(String(found)));
}

async function whileBusy<T>(action: () => T): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!isBusy(error) || BUSY_LIMIT_MS < performance.now() - startedAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS));
    }
  }
}

function throwLater(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
