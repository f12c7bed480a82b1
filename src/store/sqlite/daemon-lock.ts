import { closeSync, fchmodSync, lstatSync, openSync } from "node:fs";
import Database from "better-sqlite3";
import { isBusy, toStoreError } from "./sqlite-error.ts";
import { prepareStoreFile } from "./store-file.ts";

/** Says that this process is the one that sends from a store. */
export interface DaemonLock {
  release(): void;
}

/**
 * Takes the lock of a store; undefined when another process (or this one) holds it. The kernel frees it however the
 * process ends: it is a lock of SQLite's on an empty database beside the store, which nothing is ever written to.
 *
 * @throws HooksError `store_unusable` when the path can hold no store.
 */
export function acquireDaemonLock(storePath: string): DaemonLock | undefined {
  prepareStoreFile(storePath, { create: true, readOnly: false });
  const path = daemonLockPath(storePath);
  try {
    createEmpty(path);
    const connection = new Database(path, { fileMustExist: true, timeout: 0 });
    try {
      connection.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      connection.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
    return { release: () => connection.close() };
  } catch (error) {
    throw toStoreError(error, path);
  }
}

/** `hooks.lock` for `hooks.db`. */
export function daemonLockPath(storePath: string): string {
  return `${storePath.endsWith(".db") ? storePath.slice(0, -3) : storePath}.lock`;
}

/** Never opens one that exists: closing it would free the lock that this process may hold on it. */
function createEmpty(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  try {
    const file = openSync(path, "wx", 0o600);
    fchmodSync(file, 0o600);
    closeSync(file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
