import { constants, openSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import path from "node:path";
import { HooksError } from "../core/errors.ts";
import { fileFault, tooLarge } from "../small-file.ts";
import { type CliContext, INPUT_MAX_BYTES } from "./context.ts";

const PIECE_BYTES = 64 * 1024;

/**
 * The bytes of a file that the user named; `what` is the flag or argument that named it.
 * @throws HooksError `usage` naming both.
 */
export async function readNamedFile(
  what: string,
  file: string,
  context: Pick<CliContext, "cwd">,
  maxBytes = INPUT_MAX_BYTES,
): Promise<Uint8Array> {
  if (file === "") throw new HooksError("usage", `${what}: the name of the file is empty`, { field: what });
  try {
    return await readAnyFile(path.resolve(context.cwd, file), maxBytes);
  } catch (error) {
    throw new HooksError("usage", `${what}: cannot read ${file}: ${fileFault(error)}`, { field: what, cause: error });
  }
}

/** Whatever has that name (`<(command)` is a pipe), up to its end, which must come within `maxBytes`. */
async function readAnyFile(file: string, maxBytes: number): Promise<Uint8Array> {
  if ((await stat(file)).isFIFO()) return readPipe(file, maxBytes);
  const handle = await open(file, "r");
  try {
    return await readUpTo(handle, maxBytes);
  } finally {
    await handle.close();
  }
}

/**
 * Node's file calls wait in a thread for who writes to it, and a process cannot end before that thread does. As a
 * connection it waits like any other, and Ctrl-C ends it.
 */
async function readPipe(file: string, maxBytes: number): Promise<Uint8Array> {
  const { Socket } = await import("node:net");
  const pipe = new Socket({
    fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pipe as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (maxBytes < length) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function readUpTo(handle: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const stats = await handle.stat();
  // What is no file says size 0; the size of one is known, and saves the pieces.
  const pieceBytes = Math.min(maxBytes, Math.max(PIECE_BYTES, stats.size)) + 1;
  const pieces: Uint8Array[] = [];
  for (let length = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(pieceBytes), 0, pieceBytes, null);
    if (bytesRead === 0) return Buffer.concat(pieces);
    length += bytesRead;
    if (maxBytes < length) throw tooLarge(maxBytes);
    pieces.push(buffer.subarray(0, bytesRead));
  }
}
