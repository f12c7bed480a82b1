import { readFileSync, statSync } from "node:fs";
import type { HealthThresholds } from "../../core/health.ts";
import type { NewAuditEntry } from "../admin-store.ts";
import { AuditWrites } from "./audit-rows.ts";
import type { GuardEvents } from "./commit-guard.ts";
import {
  assertDurable,
  type Connection,
  type Durability,
  durabilityOf,
  openConnection,
  openSnapshot,
} from "./connection.ts";
import { fileSystemUnder, refuseNetwork } from "./file-system.ts";
import { type Mark, readHighWaterMark, resetHighWaterMark, startHighWaterMark } from "./high-water-mark.ts";
import { InlineChannel } from "./inline-channel.ts";
import { isBehind, lookBeforeOpening, lostCommits, type Reached } from "./lost-commits.ts";
import { checkVersion, migrate, SCHEMA_VERSION } from "./migrate.ts";
import { isBusy, toStoreError, unusable } from "./sqlite-error.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { StoreFacts } from "./store-facts.ts";
import { hasLog, makeStoreFile, mayWriteStore, prepareStoreFile, syncFolderOf } from "./store-file.ts";

const BUSY_LIMIT_MS = 5_000;
const BUSY_RETRY_MS = 10;
/** A check of the whole takes about a second for each GB: of a larger one damage shows when it is met. */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024;
/** What is small in any store, and what nothing works without. */
const SMALL_TABLES = [
  ...["store", "scopes", "workers", "event_types", "subscriptions", "secrets", "subscription_health"],
  ...["tenants", "keys"],
];
/** Of a store that can only be read by taking all of it into memory. */
const MAX_SNAPSHOT_BYTES = 512 * 1024 * 1024;

export interface OpenSqliteStoreOptions {
  /** Absolute. */
  path: string;
  /** `thread`: commits in a thread of their own, and looks closely at file and file system (daemon). `inline` (default):
   * in this one (commands). */
  mode?: "thread" | "inline";
  /** Default true: make the file (0600) and its folders (0700) when there is none. */
  create?: boolean;
  /** Never writes, makes or migrates anything; every writing method rejects. */
  readOnly?: boolean;
  /** Go on with a store that lacks commits which were acknowledged. */
  acceptLoss?: boolean;
  /** The entry that says so, written before the loss can be noticed no more. Without it: none. */
  lossEntry?: ((loss: AcceptedLoss) => NewAuditEntry) | undefined;
  /** From where on a subscription is unhealthy, which its owner is told. */
  healthThresholds?: HealthThresholds | undefined;
  /** The disk failed: nobody knows what is on it, so the process must end. Without it: an uncaught error. */
  onFatal?: (error: Error) => void;
  /** What a person who runs a daemon wants to know of. */
  onNote?: (note: string) => void;
}

/** What a store lacks that goes on all the same. */
export interface AcceptedLoss {
  /** Commits that were acknowledged. */
  commits: number;
  /** Of the last one, about: unix ms. */
  lastAt: number;
}

/**
 * Opens hooks' store.
 *
 * @throws HooksError `store_unusable` (not ours, newer, not writable, damaged, behind its mark …: left as it was),
 *   `store_busy`, `store_full`.
 */
export async function openSqliteStore(options: OpenSqliteStoreOptions): Promise<SqliteStore> {
  const { path, mode = "inline", create = true, readOnly = false, acceptLoss = false, healthThresholds } = options;
  const events: GuardEvents = { onFatal: options.onFatal ?? throwLater, onNote: options.onNote ?? (() => {}) };
  prepareStoreFile(path, { create: create && !readOnly, readOnly });
  try {
    if (readOnly) {
      const mark = markForReading(path);
      const connection = await whileBusy(() => openCurrent(path));
      return new SqliteStore(path, connection, undefined, factsForReading(path, connection, mark));
    }
    const isAlone = mode === "thread";
    const mark = await lookBeforeOpening(path, { isAlone, acceptLoss });
    const isEmpty = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
    makeStoreFile(path);
    const fileSystem = fileSystemUnder(path);
    if (isAlone) refuseNetwork(path, fileSystem);
    if (isAlone) await whileBusy(() => checkWhole(path, acceptLoss));
    const { connection, durability } = await whileBusy(() => openMigrated(path));
    const reading = openConnection(path, "read");
    try {
      const reached = reachedBy(reading);
      const loss = acceptLoss ? lossOf(mark, reached, isEmpty) : undefined;
      if (loss !== undefined && options.lossEntry !== undefined) {
        const entry = options.lossEntry(loss);
        await whileBusy(() => new AuditWrites(connection).insert(entry));
      }
      settleMark(path, mark, reached, acceptLoss, events);
      // By now log and mark are there. SQLite syncs their folder as well, but does not look whether that succeeded.
      if (isAlone) syncFolderOf(path);
    } catch (error) {
      // In this order: whoever closes last would fold the log in.
      connection.close();
      reading.close();
      throw error;
    }
    const facts: StoreFacts = { ...durability, fileSystem, loss: undefined };
    if (!isAlone)
      return new SqliteStore(path, reading, new InlineChannel(path, connection, events), facts, healthThresholds);
    const { ThreadChannel } = await import("./thread-channel.ts");
    const channel = await ThreadChannel.start(path, events);
    connection.close();
    return new SqliteStore(path, reading, channel, facts, healthThresholds);
  } catch (error) {
    throw toStoreError(error, path);
  }
}

function openMigrated(path: string): { connection: Connection; durability: Durability } {
  const connection = openConnection(path, "write");
  try {
    // Before the log is switched on: so the file itself says from the start whose it is.
    if (checkVersion(connection, path) < SCHEMA_VERSION) migrate(connection, path);
    connection.pragma("journal_mode = WAL");
    return { connection, durability: assertDurable(connection, path) };
  } catch (error) {
    connection.close();
    throw error;
  }
}

function openCurrent(path: string): Connection {
  const connection = openToRead(path);
  try {
    if (checkVersion(connection, path) < SCHEMA_VERSION)
      throw unusable(path, "is older than this hooks", "hooks sub list brings it up to date");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Leaves nothing beside the database that was not there: a connection that may only read makes files and leaves them. */
export function openToRead(path: string): Connection {
  // One that only reads cannot fold the log in either.
  if (hasLog(path)) return openConnection(path, "read");
  if (mayWriteStore(path)) {
    const connection = openConnection(path, "write");
    connection.pragma("query_only = ON");
    return connection;
  }
  if (MAX_SNAPSHOT_BYTES < statSync(path).size) {
    throw unusable(path, "is too large to be read where nothing can be written", "copy it to where you may write");
  }
  return openSnapshot(readFileSync(path));
}

/** What costs little at the start of a daemon; all of it when something is known to be lost. */
function checkWhole(path: string, isAll: boolean): void {
  const { size } = statSync(path);
  if (size === 0) return;
  const connection = openToRead(path);
  try {
    if (checkVersion(connection, path) < SCHEMA_VERSION) return;
    const parts = isAll || size <= MAX_CHECKED_BYTES ? ["1"] : SMALL_TABLES;
    for (const part of parts) {
      const found = connection.pragma(`quick_check(${part})`, { simple: true });
      if (found === "ok") continue;
      throw unusable(path, "is damaged", "restore a backup: hooks restore FILE", new Error(String(found)));
    }
  } finally {
    connection.close();
  }
}

/** Who may read a store may not always read its mark. */
function markForReading(path: string): Mark | "damaged" | undefined {
  try {
    return readHighWaterMark(path);
  } catch {
    return undefined;
  }
}

function factsForReading(path: string, connection: Connection, mark: Mark | "damaged" | undefined): StoreFacts {
  const reached = reachedBy(connection);
  return {
    ...durabilityOf(connection),
    fileSystem: fileSystemUnder(path),
    loss: typeof mark === "object" && isBehind(reached, mark) ? lostCommits(path, mark, reached) : undefined,
  };
}

function reachedBy(connection: Connection): Reached {
  return connection
    .prepare<unknown[], Reached>("SELECT database_id AS databaseId, commit_sequence AS commitSequence FROM store")
    .get()!;
}

/** @param isEmpty there was nothing of the store but its mark */
function lossOf(mark: Mark | "damaged" | undefined, reached: Reached, isEmpty: boolean): AcceptedLoss | undefined {
  if (typeof mark !== "object") return undefined;
  if (isBehind(reached, mark)) return { commits: mark.sequence - reached.commitSequence, lastAt: mark.at };
  return isEmpty && 0 < mark.sequence ? { commits: mark.sequence, lastAt: mark.at } : undefined;
}

/** The last look at the mark that was read before, and a new one where there is none that counts. */
function settleMark(
  path: string,
  mark: Mark | "damaged" | undefined,
  reached: Reached,
  acceptLoss: boolean,
  { onNote }: GuardEvents,
): void {
  if (typeof mark === "object" && isBehind(reached, mark)) {
    const loss = lostCommits(path, mark, reached);
    if (!acceptLoss) throw loss;
    onNote(`LOSS ACCEPTED: ${loss.message}`);
    resetHighWaterMark(path);
  } else if (typeof mark !== "object" || mark.databaseId !== reached.databaseId) {
    if (mark === "damaged") onNote(`the high-water mark of ${path} was damaged: it is made anew`);
    else if (mark !== undefined) onNote(`the high-water mark of ${path} is of another database: it is made anew`);
    else if (0 < reached.commitSequence) onNote(`${path} had no high-water mark: it is made anew`);
    startHighWaterMark(path, { databaseId: reached.databaseId, sequence: reached.commitSequence, at: Date.now() });
  }
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
