// One sending process a store: the lock that says so, and the file that says which one it is.

import { chmodSync, closeSync, fchmodSync, lstatSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { HooksError } from "../../core/errors.ts";
import { fileErrorCode, fileFault, isDiskFull, readSmallFile } from "../../small-file.ts";
import { isBusy, toStoreError } from "./sqlite-error.ts";
import { prepareStoreFile } from "./store-file.ts";

const DAEMON_FILE_MAX_BYTES = 64 * 1024;

/** A connection that nobody refers to is closed by the garbage collector, and its lock with it. */
const held = new Set<Database.Database>();

/** Says that this process is the one that sends from a store. */
export interface DaemonLock {
  release(): void;
}

/**
 * Takes the lock of a store; undefined when another process (or this one) holds it for longer than `waitMs`. The kernel
 * frees it however the process ends: it is a lock of SQLite's on an empty database beside the store, which nothing is
 * ever written to.
 *
 * @throws HooksError `store_unusable` when the path can hold no store.
 */
export function acquireDaemonLock(storePath: string, { waitMs = 0 } = {}): DaemonLock | undefined {
  prepareStoreFile(storePath, { create: true, readOnly: false });
  return lockBeside(storePath, waitMs);
}

/**
 * The same lock, whatever the store's file is: it may be missing, damaged or a newer hooks'. Its folder must be there.
 * @throws HooksError `store_unusable` when the lock's own file cannot be used
 */
export function lockBeside(storePath: string, waitMs: number): DaemonLock | undefined {
  const path = daemonLockPath(storePath);
  try {
    createEmpty(path);
    checkLockFile(path);
    const connection = new Database(path, { fileMustExist: true, timeout: waitMs });
    try {
      // Else a journal would be made beside it, and left there by a kill -9.
      connection.pragma("journal_mode = MEMORY");
      connection.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      connection.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
    held.add(connection);
    return {
      release: () => {
        held.delete(connection);
        connection.close();
      },
    };
  } catch (error) {
    throw toStoreError(error, path);
  }
}

/** True while a process holds the lock of the store. Looks only: it makes and keeps nothing. */
export function isDaemonLocked(storePath: string): boolean {
  const path = daemonLockPath(storePath);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false;
  checkLockFile(path);
  let connection: Database.Database | undefined;
  try {
    connection = new Database(path, { fileMustExist: true, readonly: true, timeout: 0 });
    connection.prepare("SELECT 1 FROM sqlite_schema").get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw toStoreError(error, path);
  } finally {
    connection?.close();
  }
}

/** `hooks.lock` for `hooks.db`. */
export function daemonLockPath(storePath: string): string {
  return `${storePath.endsWith(".db") ? storePath.slice(0, -3) : storePath}.lock`;
}

/** Where the daemon of a store is: how a command finds it. May be left over from one that was killed. */
export interface DaemonInfo {
  pid: number;
  /** `http://127.0.0.1:4400` */
  url: string;
  bootId: string;
  /** Unix ms. */
  startedAt: number;
  /** PEM; left out where it speaks http. */
  certificate?: string | undefined;
  /** It runs in a command such as `hooks listen`, and ends with it. */
  endsWithCommand?: boolean | undefined;
  /** Others can reach it, and the token of its files is nothing to come in with. */
  takesKeysOnly?: boolean | undefined;
  /** By what it decides who may be sent to: commands that work beside it go by the same. */
  egress?: {
    allowNet: string[];
    denyNet: string[];
    isLoopbackOnly: boolean;
    dns: string | null;
    /** Addresses to send from, with a comma; left out where the system chooses. */
    sources?: string | undefined;
    /** The names by which others reach it. */
    publicUrl?: string | undefined;
    allowedHosts?: string[] | undefined;
  };
}

/** `daemon.json` beside `hooks.db`; `other.daemon.json` beside `other.db`. */
export function daemonFilePath(storePath: string): string {
  const name = basename(storePath, ".db");
  return join(dirname(storePath), name === "hooks" ? "daemon.json" : `${name}.daemon.json`);
}

/** Whole or not at all, readable by its owner only. Only for who holds the lock. @throws HooksError `store_unusable` */
export function writeDaemonFile(storePath: string, info: DaemonInfo): void {
  const path = daemonFilePath(storePath);
  const draft = `${path}.new`;
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, `${JSON.stringify(info)}\n`, { flag: "wx", mode: 0o600 });
    chmodSync(draft, 0o600); // the mode above is cut by the umask
    renameSync(draft, path);
  } catch (error) {
    if (lstatSync(draft, { throwIfNoEntry: false })?.isFile() === true) rmSync(draft);
    throw notWritten(path, error);
  }
}

/** Undefined when there is none, or none that can be read. */
export function readDaemonFile(storePath: string): DaemonInfo | undefined {
  try {
    const info: unknown = JSON.parse(readSmallFile(daemonFilePath(storePath), DAEMON_FILE_MAX_BYTES).text);
    return isDaemonInfo(info) ? info : undefined;
  } catch {
    return undefined;
  }
}

/** Only for who holds the lock. */
export function removeDaemonFile(storePath: string): void {
  rmSync(daemonFilePath(storePath), { force: true });
}

/** SQLite takes what it cannot use for a failing disk, and waits for ever at a FIFO. Nothing is ever written to a lock. */
function checkLockFile(path: string): void {
  const stats = lstatSync(path);
  if (stats.isFile() && stats.size === 0) return;
  const what = `${path}, which locks the store, is ${stats.isFile() ? "not empty" : "not a regular file"}`;
  throw new HooksError("store_unusable", what, { field: "store", hint: "move it away: hooks makes a new one" });
}

/** Never opens one that exists: closing it would free the lock that this process may hold on it. */
function createEmpty(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  try {
    const file = openSync(path, "wx", 0o600);
    fchmodSync(file, 0o600);
    closeSync(file);
  } catch (error) {
    if (fileErrorCode(error) === "EEXIST") return;
    throw notWritten(path, error);
  }
}

function notWritten(path: string, error: unknown): HooksError {
  const code = isDiskFull(error) ? "store_full" : "store_unusable";
  return new HooksError(code, `${path} cannot be written: ${fileFault(error)}`, { cause: error });
}

function isDaemonInfo(value: unknown): value is DaemonInfo {
  if (typeof value !== "object" || value === null) return false;
  return (
    "pid" in value &&
    typeof value.pid === "number" &&
    "url" in value &&
    typeof value.url === "string" &&
    "bootId" in value &&
    typeof value.bootId === "string" &&
    "startedAt" in value &&
    typeof value.startedAt === "number" &&
    (!("certificate" in value) || typeof value.certificate === "string") &&
    (!("endsWithCommand" in value) || typeof value.endsWithCommand === "boolean") &&
    (!("takesKeysOnly" in value) || typeof value.takesKeysOnly === "boolean") &&
    (!("egress" in value) || isEgress(value.egress))
  );
}

function isEgress(value: unknown): value is DaemonInfo["egress"] {
  if (typeof value !== "object" || value === null) return false;
  const isTexts = (list: unknown) => Array.isArray(list) && list.every((text) => typeof text === "string");
  return (
    "allowNet" in value &&
    isTexts(value.allowNet) &&
    "denyNet" in value &&
    isTexts(value.denyNet) &&
    "isLoopbackOnly" in value &&
    typeof value.isLoopbackOnly === "boolean" &&
    "dns" in value &&
    (typeof value.dns === "string" || value.dns === null) &&
    (!("sources" in value) || typeof value.sources === "string") &&
    (!("publicUrl" in value) || typeof value.publicUrl === "string") &&
    (!("allowedHosts" in value) || isTexts(value.allowedHosts))
  );
}
