// What a backup is: a whole store in one file, with no log beside it.

import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { HooksError } from "../../core/errors.ts";
import { fileFault } from "../../small-file.ts";
import { APPLICATION_ID } from "./connection.ts";
import { SCHEMA_VERSION } from "./migrate.ts";

const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
/** In the header's byte 18: a database that needs no log beside it. Our stores say 2, our backups 1. */
const WITHOUT_LOG = 1;
/** Opening a FIFO would wait for somebody who writes to it. */
const READING = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * Opens a file that is to be restored, checked as far as its first page says something. The caller closes it.
 * @throws HooksError `usage` when it is no file that can be read, `store_unusable` when it is no backup of ours
 */
export function openBackup(path: string): number {
  const stats = statOf(path, "read");
  if (stats === undefined) throw misnamed(`cannot read ${path}: there is no such file`);
  checkKind(path, stats);
  let file: number;
  try {
    file = openSync(path, READING);
  } catch (error) {
    throw misnamed(`cannot read ${path}: ${fileFault(error)}`);
  }
  try {
    checkKind(path, fstatSync(file));
    checkContent(file, path);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function checkContent(file: number, path: string): void {
  const header = headerOf(file);
  if (header === undefined) throw notRestorable(`${path} is not a database`);
  if (header.applicationId !== APPLICATION_ID) throw notRestorable(`${path} is another program's database`);
  if (SCHEMA_VERSION < header.version) {
    const versions = `schema ${header.version}; this one knows ${SCHEMA_VERSION}`;
    throw notRestorable(`${path} was written by a newer hooks (${versions})`, "update hooks, then restore it");
  }
  if (!header.hasAllPages) throw damagedBackup(path, "its end is missing");
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw notRestorable(
      `${path} is a store in use: what is newest stands in its log beside it`,
      `make a backup of it: hooks backup --store ${path} FILE`,
    );
  }
}

/**
 * Whether a new backup would take the place of another one; false: nothing stands there.
 * @throws HooksError `usage`: anything but a backup or an empty file is left alone, whoever says yes
 */
export function replacesBackup(path: string): boolean {
  const stats = statOf(path, "write");
  if (stats === undefined) return false;
  checkKind(path, stats);
  if (stats.size === 0) return true;
  if (isBackup(path)) return true;
  throw misnamed(`${path} exists and is no backup: it is not replaced`, "name another file");
}

function isBackup(path: string): boolean {
  try {
    const header = readHeader(path);
    return header?.applicationId === APPLICATION_ID && !header.needsLog;
  } catch {
    return false;
  }
}

export interface Header {
  applicationId: number;
  /** Of the schema. */
  version: number;
  hasAllPages: boolean;
  needsLog: boolean;
}

/** Of a regular file; undefined: it is no database. */
export function readHeader(path: string): Header | undefined {
  const file = openSync(path, READING);
  try {
    return headerOf(file);
  } finally {
    closeSync(file);
  }
}

/** Fields of the first page: https://sqlite.org/fileformat.html#the_database_header */
function headerOf(file: number): Header | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined;
  if (header.toString("latin1", 0, 16) !== MAGIC) return undefined;
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  return {
    applicationId: header.readUInt32BE(68),
    version: header.readUInt32BE(60),
    hasAllPages: header.readUInt32BE(28) * pageBytes <= fstatSync(file).size,
    needsLog: header[18] !== WITHOUT_LOG,
  };
}

function statOf(path: string, action: "read" | "write"): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw misnamed(`cannot ${action} ${path}: ${fileFault(error)}`);
  }
}

function checkKind(path: string, stats: Stats): void {
  // Of a link it is not clear which of the two is meant.
  if (stats.isSymbolicLink()) throw misnamed(`${path} is a symbolic link`, "name the file that it points to");
  if (stats.isDirectory()) throw misnamed(`${path} is a folder`, "name a file in it");
  if (!stats.isFile()) throw misnamed(`${path} is not a regular file`);
}

function misnamed(message: string, hint?: string): HooksError {
  return new HooksError("usage", message, { field: "file", hint });
}

function notRestorable(message: string, hint = "name a file that hooks backup wrote"): HooksError {
  return new HooksError("store_unusable", message, { field: "file", hint });
}

export function damagedBackup(path: string, what: string, cause?: unknown): HooksError {
  return new HooksError("store_unusable", `${path} is damaged: ${what}`, {
    field: "file",
    hint: "use another backup",
    cause,
  });
}
