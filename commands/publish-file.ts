import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import type { CliContext } from "../src/cli/context.ts";
import { sizeText } from "../src/cli/copy-progress.ts";
import { type EventLine, readEventLines } from "../src/cli/event-lines.ts";
import { progressBar } from "../src/cli/progress-bar.ts";
import { startSpinner } from "../src/cli/spinner.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import type { BatchResult, EventInput } from "../src/core/event.ts";
import { fingerprintOf } from "../src/core/event-content.ts";
import { PublishTally } from "./publish-tally.ts";

/** Half of what a server takes: a batch is also what is repeated after an interruption. */
const BATCH_EVENTS = 500;
const BATCH_BYTES = 4 * 1024 * 1024;

interface PublishFileOptions {
  file: string;
  newIds: boolean;
  dryRun: boolean;
}

/** What becomes of the events of a batch, in their order. */
type Publish = (events: readonly EventInput[]) => Promise<BatchResult[]>;

/** `publish --file`: batch by batch. @throws HooksError `failed` when lines were refused; the rest is stored. */
export async function publishFile({ file, newIds, dryRun }: PublishFileOptions, context: CliContext): Promise<void> {
  const fromStdin = file === "-";
  const place = path.resolve(context.cwd, file);
  const ids = newIds || fromStdin ? "new" : "content";
  const sizeBytes = fromStdin ? undefined : await sizeOf(place);
  const tally = new PublishTally({ dryRun, repeatable: ids === "content" }, context);
  const publish = dryRun ? trying(context) : publishing(context);
  const verb = dryRun ? "checking" : "publishing";
  const spinner = await startSpinner(context.out, publishProgressText(verb, { lines: 0, doneBytes: 0, sizeBytes }));
  const onInterrupt = (): void => tally.noteInterruption();
  context.signal.addEventListener("abort", onInterrupt, { once: true });
  const send = async (lines: readonly EventLine[]): Promise<void> => {
    const good = lines.filter((line): line is EventLine & { event: EventInput } => !isHooksError(line.event));
    const results = good.length === 0 ? [] : await publish(good.map(({ event }) => event));
    const byLine = new Map<EventLine, BatchResult>(good.map((line, at) => [line, results[at]!]));
    for (const line of lines) tally.add(line, byLine.get(line));
    const doneBytes = lines.at(-1)?.endsAt ?? 0;
    spinner.text(publishProgressText(verb, { lines: tally.lines, doneBytes, sizeBytes }));
  };
  try {
    // Opened only now: a stream that fails before anybody reads it ends the process.
    const chunks = fromStdin ? stdinChunks(context) : createReadStream(place);
    let batch: EventLine[] = [];
    let bytes = 0;
    for await (const line of readEventLines(named(chunks, file), ids)) {
      if (batch.length === BATCH_EVENTS || BATCH_BYTES < bytes + line.bytes) {
        await send(batch);
        [batch, bytes] = [[], 0];
      }
      batch.push(line);
      bytes += line.bytes;
    }
    await send(batch);
  } catch (error) {
    throw tally.brokenOff(error);
  } finally {
    spinner.stop();
    context.signal.removeEventListener("abort", onInterrupt);
  }
  await tally.summarise();
}

/** `publishing  █████░░░░░░░░░░░░░░░  25 %  of 4.2 MB, 500 lines`; without a size the lines alone. */
export function publishProgressText(
  verb: string,
  done: { lines: number; doneBytes: number; sizeBytes: number | undefined },
): string {
  const { lines, doneBytes, sizeBytes } = done;
  if (sizeBytes === undefined) return lines === 0 ? verb : `${verb}  ${lines} lines`;
  // Somebody may still write to it.
  const part = Math.min(1, doneBytes / sizeBytes);
  return `${verb}  ${progressBar(part)}  of ${sizeText(sizeBytes)}, ${lines} lines`;
}

function publishing(context: CliContext): Publish {
  return async (events) => (await (await context.service()).publishBatch(events)).results;
}

/** For a dry run. What an earlier batch has is not stored, so only this command can know that an id comes again. */
function trying(context: CliContext): Publish {
  const seen = new Map<string, string>();
  const judge = (event: EventInput): BatchResult | undefined => {
    const before = event.id === undefined ? undefined : seen.get(event.id);
    if (before === undefined) return undefined;
    if (before === contentOf(event)) return { id: event.id!, deliveries: 0, repeated: true };
    const message = `id ${event.id!} stands before it in the file with other content`;
    return { error: { code: "conflict", message, field: "id" } };
  };
  return async (events) => {
    const known = events.map(judge);
    const fresh = events.filter((_, at) => known[at] === undefined);
    const service = await context.service();
    const { results } = fresh.length === 0 ? { results: [] } : await service.publishBatch(fresh, { dry_run: true });
    for (const [at, event] of fresh.entries()) {
      if (event.id !== undefined && !("error" in results[at]!)) seen.set(event.id, contentOf(event));
    }
    let next = 0;
    return known.map((one) => one ?? results[next++]!);
  };
}

function contentOf(event: EventInput): string {
  return Buffer.from(fingerprintOf(event)).toString("base64");
}

/** Undefined: of what is no file, or cannot be looked at, nobody knows how much will come. */
async function sizeOf(file: string): Promise<number | undefined> {
  const stats = await stat(file).catch(() => undefined);
  return stats?.isFile() === true && 0 < stats.size ? stats.size : undefined;
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
