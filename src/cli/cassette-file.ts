import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { checkCassetteHead, parseExchange } from "../core/cassette/cassette-line.ts";
import type { RecordedExchange } from "../core/cassette/exchange.ts";
import { HooksError, isHooksError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import { shellWord } from "../core/shell-word.ts";
import { fileFault } from "../small-file.ts";
import type { CliContext } from "./context.ts";
import { fileLines, isBlankLine } from "./file-lines.ts";

/** All of it is read before anything is sent. */
const FILE_MAX_BYTES = 512 * 1024 * 1024;
/** A body of 10 MiB in base64, an answer, and headers. */
const LINE_MAX_BYTES = 32 * 1024 * 1024;

export interface CassetteEntry extends RecordedExchange {
  /** Where it stands in the file, from 1. */
  line: number;
}

/**
 * The exchanges of a cassette, in the order in which they were forwarded. They are all read and checked first, so that
 * nothing is sent of a file that is not right.
 * @throws HooksError `usage` naming the line
 */
export async function readCassette(name: string, context: CliContext): Promise<CassetteEntry[]> {
  const file = path.resolve(context.cwd, name);
  const entries: CassetteEntry[] = [];
  let hasHead = false;
  try {
    const stats = await stat(file);
    if (!stats.isFile()) throw wrong(`${name} is not a regular file`);
    if (FILE_MAX_BYTES < stats.size) throw wrong(`${name} is larger than 512 MiB`, "split it into several cassettes");
    for await (const line of fileLines(createReadStream(file), LINE_MAX_BYTES, (number) => tooLong(name, number))) {
      if (isBlankLine(line)) continue;
      const where = `${name} line ${line.number}`;
      try {
        if (hasHead) entries.push({ line: line.number, ...parseExchange(line.bytes, where) });
        else checkCassetteHead(line.bytes, where);
      } catch (error) {
        throw hasHead && !line.isWhole ? cutOff(name, where, error) : error;
      }
      hasHead = true;
    }
  } catch (error) {
    if (isHooksError(error)) throw error;
    throw wrong(`cannot read ${name}: ${fileFault(error)}`, undefined, error);
  }
  if (!hasHead) throw wrong(`${name} is empty`, "hooks listen --forward 3000 --record FILE writes one");
  return entries.sort((one, other) => one.at - other.at);
}

function cutOff(name: string, where: string, cause: unknown): HooksError {
  return wrong(
    `${where} is cut off: the recording ended in the middle of it`,
    `remove that line, or go on recording: hooks listen --record ${shellWord(name)}`,
    cause,
  );
}

function tooLong(name: string, number: number): HooksError {
  return wrong(`${name} line ${number} is longer than 32 MiB: a cassette has one delivery a line`);
}

function wrong(message: string, hint?: string, cause?: unknown): HooksError {
  return new HooksError("usage", message.length <= 1_000 ? message : quoted(message), { field: "file", hint, cause });
}
