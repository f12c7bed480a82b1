import { createReadStream } from "node:fs";
import path from "node:path";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { type EventLine, readEventLines } from "../src/cli/event-lines.ts";
import { startSpinner } from "../src/cli/spinner.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import type { BatchResult, EventInput } from "../src/core/event.ts";
import { hintAtDaemon } from "./local-sender.ts";

/** Half of what a server takes: a batch is also what is repeated after an interruption. */
const BATCH_EVENTS = 500;
const BATCH_BYTES = 4 * 1024 * 1024;

interface Tally {
  stored: number;
  refused: number;
  deliveries: number;
  /** Said already: each once. */
  warnings: Set<string>;
}

/** `publish --file`: batch by batch. @throws HooksError `failed` when lines were refused; the rest is stored. */
export async function publishFile(options: { file: string; newIds: boolean }, context: CliContext): Promise<void> {
  const { file, newIds } = options;
  const fromStdin = file === "-";
  const chunks = fromStdin ? stdinChunks(context) : createReadStream(path.resolve(context.cwd, file));
  const ids = newIds || fromStdin ? "new" : "content";
  const tally: Tally = { stored: 0, refused: 0, deliveries: 0, warnings: new Set() };
  const spinner = await startSpinner(context.out, "publishing");
  const onInterrupt = (): void => noteInterruption(tally, ids === "content", context);
  context.signal.addEventListener("abort", onInterrupt, { once: true });
  try {
    let batch: EventLine[] = [];
    let bytes = 0;
    for await (const line of readEventLines(named(chunks, file), ids)) {
      if (batch.length === BATCH_EVENTS || BATCH_BYTES < bytes + line.bytes) {
        await publish(batch, tally, context);
        spinner.text(`${tally.stored + tally.refused} lines`);
        [batch, bytes] = [[], 0];
      }
      batch.push(line);
      bytes += line.bytes;
    }
    await publish(batch, tally, context);
  } catch (error) {
    throw resumable(error, tally, ids === "content");
  } finally {
    spinner.stop();
    context.signal.removeEventListener("abort", onInterrupt);
  }
  await summarise(tally, ids === "content", context);
}

async function publish(lines: readonly EventLine[], tally: Tally, context: CliContext): Promise<void> {
  const good = lines.filter((line): line is EventLine & { event: EventInput } => !isHooksError(line.event));
  const service = await context.service();
  const { results } = good.length === 0 ? { results: [] } : await service.publishBatch(good.map(({ event }) => event));
  const byLine = new Map<EventLine, BatchResult>(good.map((line, at) => [line, results[at]!]));
  for (const line of lines) report(line, byLine.get(line), tally, context);
}

function report(line: EventLine, result: BatchResult | undefined, tally: Tally, { out }: CliContext): void {
  const error = isHooksError(line.event)
    ? line.event
    : result !== undefined && "error" in result
      ? result.error
      : undefined;
  if (error !== undefined) {
    tally.refused++;
    const { code, message, field } = error;
    if (out.mode === "json") out.print(jsonLine({ line: line.number, error: { code, message, field: field ?? null } }));
    else out.note(`line ${line.number}: ${escapeLine(message)}`);
  } else if (result !== undefined && !("error" in result)) {
    tally.stored++;
    tally.deliveries += result.deliveries;
    for (const warning of result.warnings ?? []) {
      if (!tally.warnings.has(warning)) out.note(`warning: ${escapeLine(warning)}`);
      tally.warnings.add(warning);
    }
    if (out.mode === "json") out.print(jsonLine({ line: line.number, ...result }));
    else if (out.mode !== "human") out.print(escapeLine(result.id));
  }
}

async function summarise(tally: Tally, repeatable: boolean, context: CliContext): Promise<void> {
  const { out } = context;
  if (out.mode === "human") {
    out.print(
      `${out.colors.green("✓")} ${count(tally.stored, "event")} stored, ${count(tally.deliveries, "delivery", "deliveries")}`,
    );
    if (repeatable) out.note("lines that were stored before are not stored again; --new-ids would");
  }
  if (0 < tally.deliveries) await hintAtDaemon(context);
  if (0 < tally.refused) {
    throw new HooksError("failed", `${count(tally.refused, "line")} refused, ${count(tally.stored, "event")} stored`, {
      hint: repeatable
        ? "correct those lines and publish the file again: lines that are stored already are not stored twice"
        : "correct those lines and publish only them: the others would get new ids and be stored again",
    });
  }
}

/** At most one batch more is on its way. */
function noteInterruption(tally: Tally, repeatable: boolean, { out }: CliContext): void {
  const goesOn = repeatable ? "; the same command goes on from there" : "";
  out.note(`${count(tally.stored, "event")} stored${goesOn}`);
}

function resumable(error: unknown, tally: Tally, repeatable: boolean): unknown {
  if (!isHooksError(error) || tally.stored === 0) return error;
  const hint = repeatable
    ? "run the same command again: it goes on where it ended, and stores nothing twice"
    : error.hint;
  return new HooksError(error.code, `${error.message} (after ${count(tally.stored, "event")})`, {
    field: error.field,
    hint,
    cause: error,
  });
}

async function* stdinChunks(context: CliContext): AsyncGenerator<Uint8Array> {
  yield* context.stdinChunks("--file -");
}

/** A file that cannot be read is the caller's mistake, and is said so. */
async function* named(chunks: AsyncIterable<Uint8Array | string>, file: string): AsyncGenerator<Uint8Array | string> {
  try {
    yield* chunks;
  } catch (error) {
    if (isHooksError(error)) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new HooksError("usage", `--file: cannot read ${file} (${code})`, { field: "--file", cause: error });
  }
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
