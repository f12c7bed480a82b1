// The store whose place a restored one takes.

import { accessSync, constants, linkSync, lstatSync, rmSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileFault } from "../../small-file.ts";
import { readHeader } from "./backup-file.ts";
import { APPLICATION_ID, type Connection, openConnection } from "./connection.ts";
import { copyFault } from "./copied-store.ts";
import type { DraftFile } from "./draft-file.ts";
import { isBusy, toStoreError, unusable } from "./sqlite-error.ts";
import { hasLog } from "./store-file.ts";
import { readStoreState } from "./store-state.ts";

const BUSY_LIMIT_MS = 5_000;
const BUSY_RETRY_MS = 10;

/**
 * Whether a store may be put there; answers what stands there now. A damaged or a newer one may be replaced: that is what
 * a restore is for.
 * @throws HooksError `store_unusable`
 */
export function checkReplaceable(path: string): Stats | undefined {
  if (path.includes("\0") || path.trim() !== path)
    throw unusable(JSON.stringify(path), "has a name that cannot be used");
  let stats: Stats | undefined;
  try {
    stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw unusable(path, `cannot be replaced by this user: ${fileFault(error)}`, undefined, error);
  }
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) throw unusable(path, "is a symbolic link", "name the file that it points to");
  if (stats.isDirectory()) throw unusable(path, "is a directory", "name a file in it");
  if (!stats.isFile()) throw unusable(path, "is not a regular file");
  if ((readHeader(path)?.applicationId ?? APPLICATION_ID) === APPLICATION_ID) return stats;
  throw unusable(path, "is another program's database", "name another file");
}

/**
 * Puts the draft in the place of the store, which is kept under the name `keepAs` if that is given. Only for who holds
 * the daemon's lock. Answers the files that were kept.
 * @throws HooksError `store_busy` when another process has it open: everything is as it was then
 */
export async function replaceStore(path: string, draft: DraftFile, keepAs: string | undefined): Promise<string[]> {
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  const kept: string[] = [];
  const keep = (file: string, name: string): void => {
    linkSync(file, name);
    kept.push(name);
  };
  let isTouched = false;
  try {
    // A log that ends in damage is the only place of what stands behind it, and SQLite is about to remove it.
    if (isThere && keepAs !== undefined && isLogBroken(path)) keep(`${path}-wal`, `${keepAs}-wal`);
    const old = isThere ? await takeAlone(path) : undefined;
    isTouched = true;
    try {
      if (isThere && keepAs !== undefined) keep(path, keepAs);
      // SQLite could not fold it in: there is no store, or none that it reads.
      if (hasLog(path) && keepAs !== undefined && !kept.includes(`${keepAs}-wal`)) keep(`${path}-wal`, `${keepAs}-wal`);
      for (const suffix of ["-wal", "-shm", "-journal"]) rmSync(path + suffix, { force: true });
      draft.commit();
      return kept;
    } finally {
      old?.close();
    }
  } catch (error) {
    if (!isTouched) for (const file of kept) rmSync(file, { force: true });
    throw copyFault(error, path);
  }
}

/**
 * The old store with its log folded in, locked against everybody: a process that still had it open would go on writing
 * to it, and at its end remove the log of the new one, whose name is the same. Undefined: SQLite cannot open it, so
 * nobody else can.
 */
async function takeAlone(path: string): Promise<Connection | undefined> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return lock(path);
    } catch (error) {
      if (!isBusy(error)) return undefined;
      if (BUSY_LIMIT_MS < performance.now() - startedAt) throw toStoreError(error, path);
      await sleep(BUSY_RETRY_MS);
    }
  }
}

function lock(path: string): Connection {
  const connection = openConnection(path, "write");
  try {
    connection.pragma("journal_mode = DELETE");
    connection.exec("BEGIN EXCLUSIVE");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function isLogBroken(path: string): boolean {
  if (!hasLog(path)) return false;
  const state = readStoreState(path);
  return state === undefined || state.logBrokenAt !== undefined;
}
