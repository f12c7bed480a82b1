import { readSync } from "node:fs";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;
/** How much is read at once, as frames. */
const CHUNK_FRAMES = 256;

/** The part of SQLite's log that counts: what recovery would take of it. */
export interface WalFrames {
  pageBytes: number;
  /** Page number → where in the file its newest committed content begins. */
  pages: Map<number, number>;
  /** Bytes up to and with the last whole commit: from there on SQLite ignores the file. */
  validBytes: number;
  /** The file goes on after that with a frame of the same log: cut off by a power cut, or damaged. */
  isBroken: boolean;
}

/**
 * Reads a log as SQLite's recovery does, and changes nothing. Undefined: its header is not valid, and so nothing in it
 * counts. Format: https://sqlite.org/fileformat.html#the_write_ahead_log
 *
 * @param file an open descriptor
 */
export function readWalFrames(file: number): WalFrames | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined;
  const magic = header.readUInt32BE(0);
  if ((magic & ~1) >>> 0 !== MAGIC) return undefined;
  const add = (magic & 1) === 1 ? addBigEndian : addLittleEndian;
  const pageBytes = header.readUInt32BE(8);
  if (pageBytes < 512 || 65_536 < pageBytes || (pageBytes & (pageBytes - 1)) !== 0) return undefined;
  const sum: Checksum = [0, 0];
  add(sum, header, 0, 24);
  if (!isSum(sum, header, 24)) return undefined;

  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const salt = header.subarray(16, 24);
  const chunk = Buffer.alloc(CHUNK_FRAMES * frameBytes);
  const pages = new Map<number, number>();
  /** Of a transaction whose last frame has not come yet. */
  const open = new Map<number, number>();
  let validBytes = HEADER_BYTES;
  for (let start = HEADER_BYTES; ; start += chunk.length) {
    const read = readSync(file, chunk, 0, chunk.length, start);
    for (let at = 0; at < chunk.length; at += frameBytes) {
      // What a log held before it was begun again has another salt.
      if (read < at + FRAME_HEADER_BYTES || chunk.compare(salt, 0, 8, at + 8, at + 16) !== 0) {
        return { pageBytes, pages, validBytes, isBroken: 0 < open.size };
      }
      add(sum, chunk, at, 8);
      add(sum, chunk, at + FRAME_HEADER_BYTES, pageBytes);
      const page = chunk.readUInt32BE(at);
      if (read < at + frameBytes || page === 0 || !isSum(sum, chunk, at + 16)) {
        return { pageBytes, pages, validBytes, isBroken: true };
      }
      open.set(page, start + at + FRAME_HEADER_BYTES);
      const isCommit = chunk.readUInt32BE(at + 4) !== 0;
      if (isCommit) {
        for (const [number, position] of open) pages.set(number, position);
        open.clear();
        validBytes = start + at + frameBytes;
      }
    }
  }
}

type Checksum = [number, number];

function addBigEndian(sum: Checksum, bytes: Buffer, start: number, length: number): void {
  let [a, b] = sum;
  for (let at = start; at < start + length; at += 8) {
    a = (a + bytes.readInt32BE(at) + b) | 0;
    b = (b + bytes.readInt32BE(at + 4) + a) | 0;
  }
  sum[0] = a;
  sum[1] = b;
}

function addLittleEndian(sum: Checksum, bytes: Buffer, start: number, length: number): void {
  let [a, b] = sum;
  for (let at = start; at < start + length; at += 8) {
    a = (a + bytes.readInt32LE(at) + b) | 0;
    b = (b + bytes.readInt32LE(at + 4) + a) | 0;
  }
  sum[0] = a;
  sum[1] = b;
}

function isSum([a, b]: Checksum, bytes: Buffer, at: number): boolean {
  return bytes.readInt32BE(at) === a && bytes.readInt32BE(at + 4) === b;
}
