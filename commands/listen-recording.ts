import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine } from "../src/cli/escape.ts";
import type { ForwardedDelivery } from "../src/cli/forwarded-delivery.ts";
import { checkCassetteHead, formatCassetteHead, formatExchange } from "../src/core/cassette/cassette-line.ts";
import { type Place, parsePlace } from "../src/core/cassette/place.ts";
import { defaultPlaces, redact } from "../src/core/cassette/redaction.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import { quoted } from "../src/core/quoted.ts";
import { VERSION } from "../src/core/version.ts";
import { fileErrorCode, fileFault } from "../src/small-file.ts";
import type { ListenFollower } from "./listen-followers.ts";

const FLAG = "--record";
const HEAD_MAX_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export interface RecordingOptions {
  file: string;
  /** As given. */
  redact: readonly string[];
  /** Credentials and signatures too. */
  secrets: boolean;
  /** It cannot be written any more. */
  onFault(): void;
}

/** `--record FILE`: what came and what was answered, a line each, for `hooks replay FILE`. Readable to its owner only. */
export class ListenRecording implements ListenFollower {
  readonly #handle: FileHandle;
  readonly #options: RecordingOptions;
  readonly #places: readonly Place[];
  readonly #context: CliContext;
  /** Lines are written one after the other. */
  #written: Promise<void> = Promise.resolve();
  #fault: HooksError | undefined;
  #count = 0;

  /** A cassette that is there is added to. @throws HooksError `usage` naming the flag */
  static async open(options: RecordingOptions, context: CliContext): Promise<ListenRecording> {
    const places = options.redact.map((text) => parsePlace(text, "--redact"));
    const all = options.secrets ? places : [...defaultPlaces(), ...places];
    const file = path.resolve(context.cwd, options.file);
    let handle: FileHandle | undefined;
    try {
      handle = await openCassette(file, options.file, context);
      return new ListenRecording(handle, options, all, context);
    } catch (error) {
      await handle?.close();
      throw isHooksError(error) ? error : unwritable(options.file, error);
    }
  }

  private constructor(handle: FileHandle, options: RecordingOptions, places: readonly Place[], context: CliContext) {
    this.#handle = handle;
    this.#options = options;
    this.#places = places;
    this.#context = context;
    context.onExit(() => this.#close());
  }

  onDelivery({ at, eventId, eventType, attempt, durationMs, request, result, failure }: ForwardedDelivery): void {
    const exchange = { at: at - durationMs, eventId, eventType, attempt, durationMs, request, answer: result, failure };
    const line = Buffer.from(`${formatExchange(redact(exchange, this.#places))}\n`);
    this.#count += 1;
    this.#written = this.#written.then(() => this.#write(line));
  }

  async onEnd(): Promise<void> {
    await this.#written;
    if (this.#fault !== undefined) throw this.#fault;
    const what = this.#count === 1 ? "1 delivery" : `${this.#count} deliveries`;
    this.#context.out.note(`recorded ${what} to ${escapeLine(this.#options.file)}`);
  }

  async #write(line: Uint8Array): Promise<void> {
    if (this.#fault !== undefined) return;
    try {
      await this.#handle.writeFile(line);
    } catch (error) {
      this.#fault = unwritable(this.#options.file, error);
      this.#options.onFault();
    }
  }

  async #close(): Promise<void> {
    await this.#written;
    await this.#handle.close();
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

function unwritable(file: string, error: unknown): HooksError {
  return new HooksError("usage", `${FLAG} ${quoted(file)} cannot be written: ${fileFault(error)}`, {
    field: FLAG,
    cause: error,
  });
}
