import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
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
  if (!stats.isFile()) throw notOurs(path);
  const file = openFile(path, constants.O_RDONLY);
  try {
    const marks = SLOT_STARTS.map((start) => readSlot(file, start)).filter((mark) => mark !== undefined);
    return marks.length === 0 ? "damaged" : marks.reduce((a, b) => (a.sequence < b.sequence ? b : a));
  } finally {
    closeSync(file);
  }
}

/**
 * Makes the mark of a database anew from what the database says: after a restore, or to go on with a loss. Whole or not
 * at all, and on the disk when it returns. Nobody else may have the store open.
 */
export function resetHighWaterMark(storePath: string): void {
  const state = readStoreState(storePath);
  if (state?.databaseId === undefined) rmSync(highWaterMarkPath(storePath), { force: true });
  else writeHighWaterMark(storePath, { databaseId: state.databaseId, sequence: state.commitSequence, at: Date.now() });
}

/** Replaces the mark. Whole or not at all, and on the disk when it returns. */
export function writeHighWaterMark(storePath: string, mark: Mark): void {
  const path = highWaterMarkPath(storePath);
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  const file = openFile(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
  try {
    fchmodSync(file, 0o600); // the mode of the creation is cut by the umask
    for (const start of SLOT_STARTS) writeSync(file, slotOf(mark), 0, SLOT_BYTES, start);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  const folder = openSync(dirname(path), constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The mark while its database is open for writing. Several processes may have it open. */
export class HighWaterMark {
  readonly #path: string;
  readonly #file: number;
  readonly #slot: Buffer;
  readonly #onSyncFailed: (error: Error) => void;
  #timer: NodeJS.Timeout | undefined;
  #isSynced = true;

  /** Opens the mark, which must exist and be of this database. */
  constructor(storePath: string, databaseId: string, onSyncFailed: (error: Error) => void) {
    this.#path = highWaterMarkPath(storePath);
    this.#file = openFile(this.#path, constants.O_RDWR);
    this.#slot = slotOf({ databaseId, sequence: 0, at: 0 });
    this.#onSyncFailed = onSyncFailed;
  }

  /**
   * Only after the commit of this sequence returned: a mark ahead of its database would be a false alarm. One that could
   * not be written lags, and notices so much less.
   */
  raise(sequence: number): void {
    const start = SLOT_STARTS[(sequence % 2) as 0 | 1];
    fillSlot(this.#slot, sequence, Date.now());
    try {
      // Another process may have come further between our commit and this.
      if ((readSlot(this.#file, start)?.sequence ?? 0) < sequence) {
        writeSync(this.#file, this.#slot, 0, SLOT_BYTES, start);
      }
    } catch {
      return;
    }
    this.#isSynced = false;
    this.#timer ??= setTimeout(() => this.#sync(), SYNC_EVERY_MS).unref();
  }

  /** On the disk when it returns. */
  close(): void {
    clearTimeout(this.#timer);
    try {
      if (!this.#isSynced) fdatasyncSync(this.#file);
    } finally {
      closeSync(this.#file);
    }
  }

  #sync(): void {
    this.#isSynced = true;
    // Not in this thread, where commits would wait for it.
    fdatasync(this.#file, (error) => {
      this.#timer = undefined;
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
  slot.writeBigUInt64BE(BigInt(sequence), 24);
  slot.writeBigUInt64BE(BigInt(at), 32);
  slot.writeUInt32BE(crc32(slot.subarray(0, 60)), 60);
}

/** Never waits for the other end of a pipe, never follows a link. */
function openFile(path: string, flags: number): number {
  try {
    return openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    throw unusable(path, "cannot be opened", undefined, error);
  }
}

function notOurs(path: string): Error {
  return unusable(path, "is not a regular file", existsSync(path) ? "remove it: it is made anew" : undefined);
}
