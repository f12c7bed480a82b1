import {
  closeSync,
  constants,
  fchmodSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { crc32 } from "node:zlib";
import { unusable } from "./sqlite-error.ts";
import { readStoreState } from "./store-state.ts";

/**
 * How far the commits of a database had come: `commit_sequence`, kept a second time where damage to the database's log
 * cannot reach. SQLite takes a damaged log for a shorter one and says nothing; a database behind its mark has lost what
 * it had acknowledged.
 *
 * The file, `hooks.db-hwm`: two slots of 64 bytes, written in turn, so that a write that is cut off spoils one of them
 * only; they lie in different pages and sectors.
 *
 *     0  8 bytes   "hooksHWM"
 *     8  16 bytes  id of the database
 *    24  u64       commit sequence
 *    32  u64       unix ms of that commit
 *    40  20 bytes  zero
 *    60  u32       CRC-32 of the 60 bytes before (all numbers big-endian)
 */
export interface Mark {
  databaseId: string;
  sequence: number;
  /** Unix ms. */
  at: number;
}

const MAGIC = Buffer.from("hooksHWM", "latin1");
const SLOT_BYTES = 64;
const SLOT_STARTS = [0, 4096] as const;
/** What a power cut may take from the mark, which then notices so much less; never from the database. */
const SYNC_EVERY_MS = 1_000;
const NO_FILE = -1;

/** `hooks.db-hwm` for `hooks.db`. */
export function highWaterMarkPath(storePath: string): string {
  return `${storePath}-hwm`;
}

/**
 * The newest of the slots that are whole; undefined: there is no mark, `damaged`: none is whole.
 * @throws HooksError `store_unusable`
 */
export function readHighWaterMark(storePath: string): Mark | "damaged" | undefined {
  const path = highWaterMarkPath(storePath);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (!stats.isFile()) throw unusable(path, "is not a regular file", "remove it: it is made anew");
  const file = openToRead(path);
  try {
    const marks = SLOT_STARTS.map((start) => readSlot(file, start)).filter((mark) => mark !== undefined);
    return marks.length === 0 ? "damaged" : marks.reduce((a, b) => (a.sequence < b.sequence ? b : a));
  } finally {
    closeSync(file);
  }
}

/**
 * Makes the mark of a database anew from what the database says, on the disk when it returns: after a restore, or to go
 * on with a loss. Nobody else may have the store open.
 */
export function resetHighWaterMark(storePath: string): void {
  const state = readStoreState(storePath);
  if (state?.databaseId === undefined) {
    rmSync(highWaterMarkPath(storePath), { force: true });
    return;
  }
  const file = openOrMake(highWaterMarkPath(storePath));
  try {
    writeSlots(file, { databaseId: state.databaseId, sequence: state.commitSequence, at: Date.now() });
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Puts this mark in the place of one that is missing, damaged or of another database. */
export function startHighWaterMark(storePath: string, mark: Mark): void {
  const file = openOrMake(highWaterMarkPath(storePath));
  try {
    writeSlots(file, mark);
  } finally {
    closeSync(file);
  }
}

/** The mark while its database is open for writing. Several processes may have it open. */
export class HighWaterMark {
  readonly #path: string;
  readonly #slot: Buffer;
  readonly #onSyncFailed: (error: Error) => void;
  #file: number;
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;
  #isSynced = true;
  /** Of the file that is being synced now. */
  #syncing: number | undefined;

  /** For a store whose mark is of this database, or missing. */
  constructor(storePath: string, databaseId: string, onSyncFailed: (error: Error) => void) {
    this.#path = highWaterMarkPath(storePath);
    this.#file = openOrMake(this.#path);
    this.#slot = slotOf({ databaseId, sequence: 0, at: 0 });
    this.#onSyncFailed = onSyncFailed;
  }

  /**
   * Only after the commit of this sequence returned: a mark ahead of its database would be a false alarm. One that could
   * not be written lags, and notices so much less.
   */
  raise(sequence: number): void {
    this.#sequence = sequence;
    fillSlot(this.#slot, sequence, Date.now());
    try {
      // Even and odd: whoever comes late, of several processes, does not undo the newest.
      writeSync(this.#file, this.#slot, 0, SLOT_BYTES, SLOT_STARTS[(sequence % 2) as 0 | 1]);
    } catch {
      return;
    }
    this.#isSynced = false;
    this.#timer ??= setTimeout(() => this.#sync(), SYNC_EVERY_MS).unref();
  }

  /** At the start: the process before may have been killed between its last commit and the mark. */
  catchUp(sequence: number): void {
    if (SLOT_STARTS.every((start) => (readSlot(this.#file, start)?.sequence ?? 0) < sequence)) this.raise(sequence);
    this.#sequence = sequence;
  }

  /** Made anew when somebody removed it. */
  look(): void {
    const now = lstatSync(this.#path, { throwIfNoEntry: false });
    if (now?.ino === fstatSync(this.#file).ino) return;
    this.#release();
    this.#file = openOrMake(this.#path);
    this.raise(this.#sequence);
  }

  /** On the disk when it returns. */
  close(): void {
    clearTimeout(this.#timer);
    try {
      // One that is on its way may have begun before the last mark, or not yet be through.
      if (!this.#isSynced || this.#syncing !== undefined) fdatasyncSync(this.#file);
    } finally {
      this.#release();
    }
  }

  /** A file that is being synced is closed after that: its number could be another's by then. */
  #release(): void {
    if (this.#syncing !== this.#file) closeSync(this.#file);
    this.#file = NO_FILE;
  }

  #sync(): void {
    const file = this.#file;
    this.#isSynced = true;
    this.#syncing = file;
    // Not in this thread, where commits would wait for it.
    fdatasync(file, (error) => {
      this.#timer = undefined;
      this.#syncing = undefined;
      if (file !== this.#file) closeSync(file);
      if (error !== null)
        this.#onSyncFailed(unusable(this.#path, "cannot be synced: the disk failed", undefined, error));
    });
  }
}

function readSlot(file: number, start: number): Mark | undefined {
  const slot = Buffer.allocUnsafe(SLOT_BYTES);
  if (readSync(file, slot, 0, SLOT_BYTES, start) < SLOT_BYTES) return undefined;
  if (slot.compare(MAGIC, 0, 8, 0, 8) !== 0 || slot.readUInt32BE(60) !== crc32(slot.subarray(0, 60))) return undefined;
  return {
    databaseId: slot.toString("hex", 8, 24),
    sequence: Number(slot.readBigUInt64BE(24)),
    at: Number(slot.readBigUInt64BE(32)),
  };
}

function slotOf({ databaseId, sequence, at }: Mark): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES);
  MAGIC.copy(slot);
  slot.write(databaseId, 8, 16, "hex");
  fillSlot(slot, sequence, at);
  return slot;
}

function fillSlot(slot: Buffer, sequence: number, at: number): void {
  writeWhole(slot, 24, sequence);
  writeWhole(slot, 32, at);
  slot.writeUInt32BE(crc32(slot.subarray(0, 60)), 60);
}

/** Faster than a bigint. */
function writeWhole(slot: Buffer, at: number, value: number): void {
  slot.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  slot.writeUInt32BE(value >>> 0, at + 4);
}

function writeSlots(file: number, mark: Mark): void {
  for (const start of SLOT_STARTS) writeSync(file, slotOf(mark), 0, SLOT_BYTES, start);
}

/** Never waits for the other end of a pipe, never follows a link. */
function openOrMake(path: string): number {
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    const file = openSync(path, flags | constants.O_CREAT | constants.O_EXCL, 0o600);
    fchmodSync(file, 0o600); // the mode above is cut by the umask
    return file;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw cannotOpen(path, error);
  }
  try {
    return openSync(path, flags);
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

function openToRead(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

function cannotOpen(path: string, error: unknown): Error {
  return unusable(path, "cannot be opened", undefined, error);
}
