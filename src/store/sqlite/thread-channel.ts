import { setFlagsFromString } from "node:v8";
import { type Transferable, Worker } from "node:worker_threads";
import { HooksError } from "../../core/errors.ts";
import type { NewEvent } from "../store.ts";
import type { GuardEvents } from "./commit-guard.ts";
import type { Durability } from "./connection.ts";
import { WATCH_EVERY_MS } from "./inline-channel.ts";
import { unpackAppended } from "./packed-appended.ts";
import { packEvents } from "./packed-events.ts";
import {
  COMMIT_ROWS,
  type ErrorParts,
  type FromThread,
  type ThreadWrite,
  type ToThread,
  type WriterThreadData,
} from "./thread-messages.ts";
import { WaitingWrites } from "./waiting-writes.ts";
import type { WriteChannel, WriteInput, WriteKind, WriteResult } from "./write-operations.ts";
import type { WriteOutcome } from "./writer.ts";

/** What went to the thread in one message: `left` of its writes are not answered yet. */
interface Sent {
  left: number;
}

interface Asked {
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
  /** Undefined: not sent yet. */
  message: Sent | undefined;
  /** `performance.now()` */
  askedAt: number;
}

/**
 * Messages that the thread has and has not answered: one that it commits and one that is next. What comes meanwhile
 * waits here, where it can still be overtaken, and goes together, as much as one commit takes: a message costs as much as
 * ten writes, and a commit as much as forty.
 */
const MAX_UNANSWERED = 2;

/**
 * When the thread has nothing to do, so many go at once, though more may come in this turn of the event loop: a turn
 * lasts as long as a commit, and each would wait for the other.
 */
const ENOUGH_WRITES = 16;

/** In one block: larger ones would only be taken apart later. */
const ENOUGH_EVENTS = 64;

interface Write {
  id: number;
  kind: WriteKind;
  input: WriteInput<WriteKind>;
}

/** Writes in a thread of its own: a commit waits for the disk, the event loop does not. */
export class ThreadChannel implements WriteChannel {
  readonly #worker: Worker;
  /** Of the connection that commits. */
  readonly durability: Durability;
  readonly #events: GuardEvents;
  /**
   * By id: ids are used again. No Map: what comes and goes so often would keep all of it alive until the whole heap is
   * collected (core/in-flight.ts).
   */
  readonly #asked: (Asked | undefined)[] = [];
  readonly #freeIds: number[] = [];
  readonly #exited: Promise<void>;
  readonly #whenIdle: (() => void)[] = [];
  /** Not sent yet. */
  readonly #waiting = new WaitingWrites<Write>(COMMIT_ROWS);
  #unanswered = 0;
  #isScheduled = false;
  #listener: ((change: { configChanged: boolean }) => void) | undefined;
  #isClosing = false;
  commits = 0;
  /** The disk failed, or the thread ended by itself. */
  isBroken = false;

  /** Resolves when the thread has opened the store; rejects with a HooksError when it cannot. */
  static async start(path: string, events: GuardEvents): Promise<ThreadChannel> {
    const data: WriterThreadData = { path, watchEveryMs: WATCH_EVERY_MS };
    const worker = new Worker(threadFile(), { workerData: data, name: "store" });
    const durability = await new Promise<Durability>((resolve, reject) => {
      worker.once("message", (first: FromThread) => {
        if (first.kind === "ready") resolve(first.durability);
        else
          reject(first.kind === "failed" ? errorOf(first.error) : new Error(`the store's thread said ${first.kind}`));
      });
      worker.once("error", reject);
    });
    return new ThreadChannel(worker, durability, events);
  }

  private constructor(worker: Worker, durability: Durability, events: GuardEvents) {
    this.#worker = worker;
    this.durability = durability;
    this.#events = events;
    worker.removeAllListeners("message");
    worker.removeAllListeners("error");
    worker.on("message", (message: FromThread) => this.#receive(message));
    worker.on("error", (error) => this.#fail(error));
    this.#exited = new Promise((resolve) => {
      worker.on("exit", () => {
        if (!this.#isClosing) this.#fail(new Error("the store's thread ended by itself"));
        resolve();
      });
    });
  }

  /** How long the oldest write that is not answered has been waiting, ms; 0: none is. */
  get lagMs(): number {
    const oldest = this.#asked.reduce((least, asked) => Math.min(least, asked?.askedAt ?? least), Infinity);
    return oldest === Infinity ? 0 : performance.now() - oldest;
  }

  submit<K extends WriteKind>(kind: K, input: WriteInput<K>): Promise<WriteResult<K>> {
    return new Promise((resolve, reject) => {
      const id = this.#freeIds.pop() ?? this.#asked.length;
      this.#asked[id] = { resolve, reject, message: undefined, askedAt: performance.now() };
      this.#waiting.push({ id, kind, input });
      if (this.#unanswered === 0 && ENOUGH_WRITES <= this.#waiting.size) this.#flush();
      else this.#schedule();
    });
  }

  watch(listener: ((change: { configChanged: boolean }) => void) | undefined): void {
    this.#listener = listener;
    this.#send({ kind: "watch", on: listener !== undefined });
  }

  idle(): Promise<void> {
    return this.#isIdle ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  async close(): Promise<void> {
    while (0 < this.#waiting.size) this.#sendNext();
    this.#isClosing = true;
    this.#send({ kind: "close" });
    await this.#exited;
  }

  get #isIdle(): boolean {
    return this.#freeIds.length === this.#asked.length;
  }

  /** One message for what a turn of the event loop brings together. */
  #schedule(): void {
    if (this.#isScheduled || MAX_UNANSWERED <= this.#unanswered) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (0 < this.#waiting.size && this.#unanswered < MAX_UNANSWERED) this.#sendNext();
  }

  #sendNext(): void {
    const writes = this.#waiting.take();
    const message: Sent = { left: writes.length };
    this.#unanswered += 1;
    for (const { id } of writes) this.#asked[id]!.message = message;
    const { packed, transfers } = packWrites(writes);
    this.#send({ kind: "writes", writes: packed }, transfers);
  }

  #send(message: ToThread, transfers: Transferable[] = []): void {
    this.#worker.postMessage(message, transfers);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case "answers":
        this.commits = message.commits;
        for (let at = 0; at < message.answers.length; at += 2) {
          this.#answer(message.answers[at] as number, message.answers[at + 1] as WriteOutcome);
        }
        for (let at = 0; at < message.appended.length; ) {
          const id = message.appended[at]!;
          const { appended, next } = unpackAppended(message.appended, at + 2, message.appended[at + 1]!);
          this.#answer(id, { ok: true, result: appended });
          at = next;
        }
        this.#tellIdle();
        if (0 < this.#waiting.size) this.#schedule();
        break;
      case "changed":
        this.#listener?.({ configChanged: message.configChanged });
        break;
      case "note":
        this.#events.onNote(message.note);
        break;
      case "fatal":
        this.isBroken = true;
        this.#events.onFatal(errorOf(message.error));
        break;
      case "ready":
      case "failed":
    }
  }

  #answer(id: number, outcome: WriteOutcome): void {
    const asked = this.#asked[id];
    if (asked === undefined) return;
    this.#asked[id] = undefined;
    this.#freeIds.push(id);
    if (asked.message !== undefined) {
      asked.message.left -= 1;
      if (asked.message.left === 0) this.#unanswered -= 1;
    }
    if (outcome.ok) asked.resolve(outcome.result as never);
    else asked.reject(errorOf(outcome.error as ErrorParts));
  }

  #tellIdle(): void {
    if (this.#isIdle) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #fail(error: Error): void {
    for (const [id, asked] of this.#asked.entries()) {
      if (asked === undefined) continue;
      this.#asked[id] = undefined;
      this.#freeIds.push(id);
      asked.reject(error);
    }
    this.#tellIdle();
    this.isBroken = true;
    this.#events.onFatal(error);
  }
}

/** In their order; appends that follow one another, each of events of its own, become one. */
function packWrites(writes: readonly Write[]): { packed: ThreadWrite[]; transfers: Transferable[] } {
  const packed: ThreadWrite[] = [];
  const transfers: Transferable[] = [];
  for (let at = 0; at < writes.length; ) {
    const write = writes[at]!;
    if (write.kind !== "append") {
      packed.push(write);
      at += 1;
      continue;
    }
    const { mode } = write.input as WriteInput<"append">;
    const ids: number[] = [];
    const counts: number[] = [];
    const rows: number[] = [];
    const all: NewEvent[] = [];
    for (; at < writes.length && writes[at]!.kind === "append" && all.length < ENOUGH_EVENTS; at++) {
      const { id, input } = writes[at] as Write & { input: WriteInput<"append"> };
      if (input.mode !== mode) break;
      ids.push(id);
      const own = input.events();
      counts.push(own.length);
      rows.push(input.rows);
      for (const event of own) all.push(event);
    }
    const block = packEvents(all);
    packed.push({ kind: "appends", mode, ids, counts, rows, packed: block });
    // Packed just now, for this: nobody else holds the block.
    transfers.push(block.bytes.buffer as ArrayBuffer);
  }
  return { packed, transfers };
}

/** The thread's program: as it was built, or its source. */
function threadFile(): URL {
  if (!import.meta.url.endsWith(".ts")) return new URL("./writer-thread.cjs", import.meta.url);
  // Node strips types with WebAssembly, whose calls are compiled anew after a thousand of them. When threads of one
  // process come and go, V8 13.6 frees such code twice now and then, which ends the process. Built code has no types.
  setFlagsFromString("--wasm-wrapper-tiering-budget=2147483647");
  return new URL("./writer-thread.ts", import.meta.url);
}

function errorOf({ code, message, field, hint, stack }: ErrorParts): Error {
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  return code === undefined ? cause : new HooksError(code, message, { field, hint, cause });
}
