// Settings, keys, tokens: read whole, bounded, and without waiting for ever at what is no file.

import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";

export interface SmallFile {
  text: string;
  /** Of the file that was read, whatever stands under its name by now. */
  stats: Stats;
}

/** No system error, but told like one. */
class FileFault extends Error {
  override readonly name = "FileFault";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * A file of at most `maxBytes`, as text. One that is found by its name must be a regular file: opening a FIFO that nobody
 * writes to stops the whole process, where Ctrl-C does not help. `isNamed`: the user named it, so it may be a pipe.
 * `noLink`: whoever can set a symbolic link would decide what is read.
 * @throws an error for `fileFault`
 */
export function readSmallFile(path: string, maxBytes: number, { isNamed = false, noLink = false } = {}): SmallFile {
  const handle = openFile(path, isNamed ? 0 : constants.O_NONBLOCK, noLink);
  try {
    const stats = fstatSync(handle);
    if (stats.isDirectory()) throw new FileFault("EISDIR", "it is a folder");
    if (!isNamed && !stats.isFile()) throw new FileFault("ENOTREG", "it is not a regular file");
    // One byte more than is allowed: then it is known to be too large.
    const bytes = Buffer.alloc((stats.isFile() ? Math.min(stats.size, maxBytes) : maxBytes) + 1);
    let length = 0;
    for (let read = 1; 0 < read && length < bytes.length; length += read) {
      read = readSync(handle, bytes, length, bytes.length - length, null);
    }
    if (maxBytes < length) throw tooLarge(maxBytes);
    return { text: bytes.toString("utf8", 0, length), stats };
  } finally {
    closeSync(handle);
  }
}

function openFile(path: string, flags: number, noLink: boolean): number {
  try {
    // Windows has no such flag, and links there need rights of their own.
    return openSync(path, constants.O_RDONLY | flags | (noLink ? (constants.O_NOFOLLOW ?? 0) : 0));
  } catch (error) {
    if (noLink && fileErrorCode(error) === "ELOOP") throw new FileFault("ELOOP", "it is a symbolic link");
    throw error;
  }
}

/** Why a file cannot be read or written, for people: "permission denied". An error of anything else: its name. */
export function fileFault(error: unknown): string {
  const code = fileErrorCode(error);
  if (error instanceof FileFault) return error.message;
  return (code === undefined ? undefined : FAULTS[code]) ?? code ?? "unknown error";
}

export function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(fileErrorCode(error) ?? "");
}

/** `ENOENT`; undefined when it is no error of a file. */
export function fileErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** For whoever reads a stream with the same bound. */
export function tooLarge(maxBytes: number): Error {
  const mebibytes = maxBytes / 1024 / 1024;
  return new FileFault("EFBIG", `it is larger than ${1 <= mebibytes ? `${mebibytes} MiB` : `${maxBytes / 1024} KiB`}`);
}

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ERR_FS_EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  ENXIO: "it is not a regular file", // a socket
  ELOOP: "its symbolic links go round in a circle",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the disk",
  EDQUOT: "no space left on the disk",
  ENAMETOOLONG: "its name is too long",
  ERR_INVALID_ARG_VALUE: "the name holds a NUL character",
};
