import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { checkCassetteHead, formatCassetteHead } from "../core/cassette/cassette-line.ts";
import { HooksError, isHooksError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import { VERSION } from "../core/version.ts";
import { fileErrorCode, fileFault } from "../small-file.ts";
import type { CliContext } from "./context.ts";
import { escapeLine } from "./escape.ts";

const FLAG = "--record";
const HEAD_MAX_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** A cassette that lines are added to. What is there stays; a new one is readable to its owner only. */
export class CassetteWriter {
  readonly #handle: FileHandle;
  readonly #name: string;

  /** @throws HooksError `usage` naming --record */
  static async open(name: string, context: CliContext): Promise<CassetteWriter> {
    try {
      return new CassetteWriter(await openCassette(path.resolve(context.cwd, name), name, context), name);
    } catch (error) {
      throw isHooksError(error) ? error : unwritable(name, error);
    }
  }

  private constructor(handle: FileHandle, name: string) {
    this.#handle = handle;
    this.#name = name;
  }

  /** @throws HooksError `failed` naming --record: what could be written of the line is cut off */
  async write(line: string): Promise<void> {
    try {
      await this.#handle.writeFile(`${line}\n`);
    } catch (error) {
      throw unwritable(this.#name, error, "failed");
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function openCassette(file: string, name: string, context: CliContext): Promise<FileHandle> {
  const created = await open(file, "ax+", 0o600).catch((error: unknown) => {
    if (fileErrorCode(error) === "EEXIST") return undefined;
    throw error;
  });
  const handle = created ?? (await open(file, "a+"));
  try {
    const stats = await handle.stat();
    if (!stats.isFile())
      throw new HooksError("usage", `${FLAG} ${quoted(name)} is not a regular file`, { field: FLAG });
    const end = stats.size === 0 ? 0 : await goOn(handle, stats.size, name, context);
    if (end === 0) await handle.writeFile(`${formatCassetteHead(`hooks/${VERSION}`, context.now())}\n`);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * What an earlier run wrote stays; the line in which it was ended does not. Answers how many bytes are left.
 * @throws HooksError `usage` for another file
 */
async function goOn(handle: FileHandle, size: number, name: string, { out }: CliContext): Promise<number> {
  const beginning = Buffer.alloc(Math.min(size, HEAD_MAX_BYTES));
  await handle.read(beginning, 0, beginning.length, 0);
  const head = beginning.indexOf(NEWLINE);
  try {
    checkCassetteHead(beginning.subarray(0, head < 0 ? undefined : head), `${name} line 1`);
  } catch (error) {
    if (!isHooksError(error)) throw error;
    throw new HooksError("usage", `${FLAG}: ${error.message}`, {
      field: FLAG,
      hint: "name another file, or remove it",
    });
  }
  const end = await lastLineEnd(handle, size);
  if (end < size) {
    await handle.truncate(end);
    out.note(`${escapeLine(name)} ended in the middle of a line, which was left out`);
  }
  return end;
}

/** Behind the last line end. */
async function lastLineEnd(handle: FileHandle, size: number): Promise<number> {
  const piece = Buffer.alloc(HEAD_MAX_BYTES);
  for (let end = size; 0 < end; end -= piece.length) {
    const start = Math.max(0, end - piece.length);
    const { bytesRead } = await handle.read(piece, 0, end - start, start);
    const at = piece.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (0 <= at) return start + at + 1;
  }
  return 0;
}

function unwritable(file: string, error: unknown, code: "usage" | "failed" = "usage"): HooksError {
  return new HooksError(code, `${FLAG} ${quoted(file)} cannot be written: ${fileFault(error)}`, {
    field: FLAG,
    cause: error,
  });
}
