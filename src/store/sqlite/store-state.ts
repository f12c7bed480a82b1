import { closeSync, openSync, readSync, statSync } from "node:fs";
import { readWalFrames, type WalFrames } from "./wal-frames.ts";

const HEADER_BYTES = 100;
const INTERIOR_PAGE = 0x05;
const LEAF_PAGE = 0x0d;
/** Deeper than any tree of a table with one row. */
const MAX_DEPTH = 8;

/** What a database file and its log say of themselves. */
export interface StoreState {
  applicationId: number;
  /** Of the schema. */
  userVersion: number;
  /** Undefined: another program's, or of a schema without it. */
  databaseId: string | undefined;
  commitSequence: number;
  /** Bytes of the log from which on SQLite takes nothing of it, though it goes on; undefined: it is whole, or not there. */
  logBrokenAt: number | undefined;
}

/**
 * Reads the newest committed state without SQLite, which would make files beside the database and fold its log in before
 * anybody could say no. Only for a store that no process is writing; undefined when it does not read as a database.
 * Format: https://sqlite.org/fileformat.html
 */
export function readStoreState(path: string): StoreState | undefined {
  const log = openLog(`${path}-wal`);
  const file = openSync(path, "r");
  try {
    return new Pages(file, log).state();
  } catch (error) {
    // Whatever does not have the shape that is expected here is left to SQLite itself.
    if (error instanceof RangeError) return undefined;
    throw error;
  } finally {
    closeSync(file);
    if (log !== undefined) closeSync(log.file);
  }
}

interface OpenLog {
  file: number;
  bytes: number;
  frames: WalFrames | undefined;
}

function openLog(path: string): OpenLog | undefined {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes === 0) return undefined;
  const file = openSync(path, "r");
  return { file, bytes, frames: readWalFrames(file) };
}

type Value = number | string | undefined;

/** The pages of a database, the log's before the file's. */
class Pages {
  readonly #file: number;
  readonly #log: OpenLog | undefined;
  #pageBytes = 0;

  constructor(file: number, log: OpenLog | undefined) {
    this.#file = file;
    this.#log = log;
  }

  state(): StoreState | undefined {
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(this.#file, header, 0, HEADER_BYTES, 0);
    const inFile = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    this.#pageBytes = this.#log?.frames?.pageBytes ?? inFile;
    if (this.#pageBytes < 512) return undefined;
    const first = this.#page(1);
    const store = this.#store();
    return {
      applicationId: first.readUInt32BE(68),
      userVersion: first.readUInt32BE(60),
      databaseId: typeof store?.[1] === "string" ? store[1] : undefined,
      // A row from before the column was added holds the default.
      commitSequence: typeof store?.[3] === "number" ? store[3] : 0,
      logBrokenAt: this.#logBrokenAt(),
    };
  }

  #logBrokenAt(): number | undefined {
    if (this.#log === undefined) return undefined;
    const { frames } = this.#log;
    if (frames === undefined) return 0;
    return frames.isBroken ? frames.validBytes : undefined;
  }

  /** The columns of the only row of the table `store`. */
  #store(): Value[] | undefined {
    for (const entry of this.#firstRows(1)) {
      const [type, name, , rootPage] = entry;
      if (type === "table" && name === "store" && typeof rootPage === "number") return this.#firstRows(rootPage)[0];
    }
    return undefined;
  }

  /** The rows of the first leaf of a table. */
  #firstRows(rootPage: number): Value[][] {
    let number = rootPage;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const page = this.#page(number);
      const start = number === 1 ? HEADER_BYTES : 0;
      const cells = page.readUInt16BE(start + 3);
      if (page[start] === INTERIOR_PAGE) number = page.readUInt32BE(page.readUInt16BE(start + 12));
      else if (page[start] !== LEAF_PAGE) return [];
      else return Array.from({ length: cells }, (_, n) => recordIn(page, page.readUInt16BE(start + 8 + 2 * n)));
    }
    return [];
  }

  #page(number: number): Buffer {
    const page = Buffer.alloc(this.#pageBytes);
    const inLog = this.#log?.frames?.pages.get(number);
    if (inLog !== undefined) readSync(this.#log!.file, page, 0, page.length, inLog);
    else readSync(this.#file, page, 0, page.length, (number - 1) * page.length);
    return page;
  }
}

/** A row of a leaf. Integers and texts only: of anything else, and of what spills over to other pages, undefined. */
function recordIn(page: Buffer, cell: number): Value[] {
  const [payloadBytes, afterPayload] = varint(page, cell);
  const [, start] = varint(page, afterPayload);
  const end = Math.min(start + payloadBytes, page.length);
  const [headerBytes, firstType] = varint(page, start);
  const values: Value[] = [];
  let at = start + headerBytes;
  for (let typeAt = firstType; typeAt < start + headerBytes; ) {
    const [type, next] = varint(page, typeAt);
    typeAt = next;
    const length = lengthOf(type);
    values.push(end < at + length ? undefined : valueIn(page, at, type, length));
    at += length;
  }
  return values;
}

/** https://sqlite.org/fileformat.html#record_format */
function lengthOf(type: number): number {
  if (12 <= type) return (type - (type % 2) - 12) / 2;
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type]!;
}

function valueIn(page: Buffer, at: number, type: number, length: number): Value {
  if (13 <= type && type % 2 === 1) return page.toString("utf8", at, at + length);
  if (type === 8 || type === 9) return type - 8;
  if (type === 6) return Number(page.readBigInt64BE(at));
  return 1 <= type && type <= 5 ? page.readIntBE(at, length) : undefined;
}

/** Value and the position after it. */
function varint(page: Buffer, start: number): [number, number] {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    const byte = page.readUInt8(at);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + 1];
  }
  return [value * 256 + page.readUInt8(start + 8), start + 9];
}
