// The thread that owns the daemon's write connection. Messages in: ToThread; out: FromThread.

import { type MessagePort, parentPort, type Transferable, workerData } from "node:worker_threads";
import { isHooksError } from "../../core/errors.ts";
import type { AppendedEvent, NewEvent } from "../store.ts";
import { CommitGuard } from "./commit-guard.ts";
import { assertDurable, type Connection, openConnection } from "./connection.ts";
import { packAppended } from "./packed-appended.ts";
import { unpackEvents } from "./packed-events.ts";
import { toStoreError } from "./sqlite-error.ts";
import {
  COMMIT_ROWS,
  type ErrorParts,
  type FromThread,
  type ThreadWrite,
  type ToThread,
  type WriterThreadData,
} from "./thread-messages.ts";
import { WriteQueue } from "./write-queue.ts";
import { type WriteOutcome, Writer } from "./writer.ts";

/** Blocks of at least this size change hands; smaller ones are cheaper to copy. */
const TRANSFER_BYTES = 16 * 1024;

const data = workerData as WriterThreadData;
try {
  serve(parentPort!, openConnection(data.path, "write"), data);
} catch (error) {
  const failed: FromThread = { kind: "failed", error: partsOf(error, data.path) };
  parentPort!.postMessage(failed);
}

function serve(port: MessagePort, connection: Connection, { path, watchEveryMs }: WriterThreadData): void {
  const durability = assertDurable(connection, path);
  const guard = new CommitGuard(connection, path, {
    onFatal: (error) => queue.break(error),
    onNote: (note) => send({ kind: "note", note }),
  });
  const writer = new Writer(connection, guard);
  let watching: NodeJS.Timeout | undefined;
  let answers: (number | WriteOutcome)[] = [];
  let appended: number[] = [];
  let transfers: Transferable[] = [];

  const send = (message: FromThread, transfer: Transferable[] = []) => port.postMessage(message, transfer);
  const flush = () => {
    send({ kind: "answers", answers, appended, commits: writer.commits }, transfers);
    answers = [];
    appended = [];
    transfers = [];
  };
  const queue = new WriteQueue(
    writer,
    COMMIT_ROWS,
    (error) => send({ kind: "fatal", error: partsOf(error, path) }),
    flush,
  );

  port.on("message", (message: ToThread) => {
    if (message.kind === "writes") {
      for (const write of message.writes) {
        if (write.kind === "appends") pushAppends(write);
        else push(write);
      }
    } else if (message.kind === "watch") {
      clearInterval(watching);
      watching = message.on ? setInterval(look, watchEveryMs) : undefined;
    } else {
      clearInterval(watching);
      void queue.idle().then(() => {
        writer.close();
        port.close();
      });
    }
  });
  send({ kind: "ready", durability });

  function push({ id, kind, input }: Exclude<ThreadWrite, { kind: "appends" }>): void {
    queue.push({ kind, input }, (outcome) => {
      answers.push(id, outcome.ok ? outcome : { ok: false, error: partsOf(outcome.error, path) });
      const block = outcome.ok ? bytesOf(outcome.result) : undefined;
      if (block !== undefined && TRANSFER_BYTES <= block.byteLength) transfers.push(block);
    });
  }

  /** Each for itself again: a bad one spoils only itself. */
  function pushAppends({ mode, ids, counts, rows, packed }: Extract<ThreadWrite, { kind: "appends" }>): void {
    let unpacked: NewEvent[] | undefined;
    let start = 0;
    for (const [index, id] of ids.entries()) {
      const count = counts[index]!;
      const first = start;
      start += count;
      const events = () => {
        unpacked ??= unpackEvents(packed);
        return count === unpacked.length ? unpacked : unpacked.slice(first, first + count);
      };
      // Of those that share a block each counts as large as the others: it is to bound what one commit holds.
      const size = (packed.bytes.length / packed.count) * count;
      queue.push({ kind: "append", input: { mode, events, rows: rows[index]!, size } }, (outcome) => {
        if (outcome.ok) {
          appended.push(id, count);
          packAppended(appended, outcome.result as AppendedEvent[]);
        } else answers.push(id, { ok: false, error: partsOf(outcome.error, path) });
      });
    }
  }

  function look(): void {
    try {
      const change = writer.changesByOthers();
      if (change !== undefined) send({ kind: "changed", ...change });
    } catch (error) {
      clearInterval(watching);
      queue.break(error);
    }
  }
}

function bytesOf(result: unknown): ArrayBuffer | undefined {
  if (typeof result !== "object" || result === null || !("bytes" in result)) return undefined;
  return result.bytes instanceof Uint8Array ? (result.bytes.buffer as ArrayBuffer) : undefined;
}

/** An error in a form that survives the way: a HooksError loses its class and fields on it. */
function partsOf(error: unknown, path: string): ErrorParts {
  const known = toStoreError(error, path);
  if (isHooksError(known)) {
    const { code, message, field, hint, cause } = known;
    return { code, message, field, hint, stack: cause instanceof Error ? cause.stack : undefined };
  }
  return { code: undefined, message: known.message, stack: known.stack, field: undefined, hint: undefined };
}
