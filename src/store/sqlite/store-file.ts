import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import type { HooksError } from "../../core/errors.ts";
import { APPLICATION_ID } from "./connection.ts";
import { newerSchema } from "./migrate.ts";
import { unusable } from "./sqlite-error.ts";

const LEAF_PAGE = 0x0d;
const MAGIC = "SQLite format 3\0";
/** The database's, and that of the tree on its first page. */
const HEADER_BYTES = 108;

/**
 * Makes sure that `path` is a file that SQLite may open as our store, before SQLite does: it would create, recover or
 * lock files beside whatever it is given. `create`: a missing one is no fault, and its folders are made (0700).
 *
 * @throws HooksError `store_unusable`: everything is left as it was, byte for byte.
 */
export function prepareStoreFile(path: string, options: { create: boolean; readOnly: boolean }): void {
  // SQLite cuts the name at a NUL, the driver at white space: another file than the one that was named.
  if (path.includes("\0")) throw unusable(JSON.stringify(path), "has a NUL character in its name");
  if (path.trim() !== path) throw unusable(JSON.stringify(path), "has a name that begins or ends with white space");

  const stats = statOf(path);
  if (stats === undefined) {
    if (hasLog(path)) throw lostDatabase(path);
    if (!options.create) throw unusable(path, "does not exist");
    makeStoreFolder(path);
  } else if (stats.isSymbolicLink()) {
    // Lock, log and mark stand beside the file: under two names there would be two of each.
    throw unusable(path, "is a symbolic link", "name the file that it points to");
  } else if (stats.isDirectory()) throw unusable(path, "is a directory", "name a file in it");
  else if (!stats.isFile()) throw unusable(path, "is not a regular file");
  else checkFile(path, stats.size, options.readOnly);
}

/** True when SQLite's log beside the database holds something. */
export function hasLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Whether this user may write the store's file, and what has to stand beside it. */
export function mayWriteStore(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unusable(path, `cannot be opened: ${reasonOf(error)}`, undefined, error);
  }
}

/** Creates the file (0600) when it is not there. @throws HooksError `store_unusable` */
export function makeStoreFile(path: string): void {
  if (existsSync(path)) return;
  try {
    const file = openSync(path, "wx", 0o600);
    fchmodSync(file, 0o600); // the mode above is cut by the umask
    closeSync(file);
    syncFolder(dirname(path));
  } catch (error) {
    // Another process was first: its file is as good.
    if (codeOf(error) === "EEXIST" && existsSync(path)) return;
    throw cannotCreate(path, error);
  }
}

function makeStoreFolder(path: string): void {
  try {
    makeFolders(dirname(path));
  } catch (error) {
    throw cannotCreate(path, error);
  }
}

/** Like `mkdir -p`, each new folder 0700 whatever the umask is. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder));
  try {
    mkdirSync(folder, 0o700);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    throw error;
  }
  const handle = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  fchmodSync(handle, 0o700);
  closeSync(handle);
  syncFolder(dirname(folder));
}

/** @throws HooksError `store_unusable` */
export function syncFolderOf(path: string): void {
  try {
    syncFolder(dirname(path));
  } catch (error) {
    throw unusable(path, `is in a folder that cannot be synced: ${reasonOf(error)}`, undefined, error);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function checkFile(path: string, size: number, readOnly: boolean): void {
  try {
    accessSync(path, readOnly ? constants.R_OK : constants.R_OK | constants.W_OK);
    if (!readOnly) accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    const action = readOnly ? "read" : "written";
    throw unusable(path, `cannot be ${action} by this user: ${reasonOf(error)}`, undefined, error);
  }
  if (size === 0) {
    if (hasLog(path)) throw lostDatabase(path);
    if (readOnly) throw unusable(path, "is empty");
    return;
  }
  // A rollback journal is left only by a crash while the store was being made: SQLite takes that back.
  if (existsSync(`${path}-journal`)) return;
  checkHeader(path, size);
}

/** Fields of the first page: https://sqlite.org/fileformat.html#the_database_header */
function checkHeader(path: string, size: number): void {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, "r");
  try {
    readSync(file, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(file);
  }
  if (header.toString("latin1", 0, 16) !== MAGIC) throw unusable(path, "is not a database", "name another file");
  if (header.readUInt32BE(68) !== APPLICATION_ID && !isBare(header)) {
    throw unusable(path, "is another program's database", "name another file");
  }
  // May be behind the log, never ahead of it.
  const newer = newerSchema(path, header.readUInt32BE(60));
  if (newer !== undefined) throw newer;
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  if (size < header.readUInt32BE(28) * pageBytes && !hasLog(path)) {
    throw unusable(path, "is damaged: its end is missing", "restore a backup: hooks restore FILE");
  }
}

/** Nothing is in it and nobody's name on it: what is left of a store whose making was cut off at the very beginning. */
function isBare(header: Buffer): boolean {
  const tables = header.readUInt16BE(103);
  return header.readUInt32BE(68) === 0 && header.readUInt32BE(60) === 0 && header[100] === LEAF_PAGE && tables === 0;
}

function cannotCreate(path: string, error: unknown): HooksError {
  return unusable(path, `cannot be created: ${reasonOf(error)}`, "name another file, or create its folder", error);
}

function lostDatabase(path: string): HooksError {
  return unusable(path, `is missing, but its log ${path}-wal is there`, "put the database back beside its log");
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EROFS":
      return "the file system is read-only";
    case "ENOTDIR":
      return "a part of its path is not a folder";
    case "ENOSPC":
      return "no space left on the disk";
    case "ENAMETOOLONG":
      return "its name is too long";
    case "EIO":
      return "the disk failed";
    default:
      return codeOf(error) ?? "unknown error";
  }
}
