import { HooksError } from "../../core/errors.ts";
import { isBusy, isFatal } from "./sqlite-error.ts";
import { WaitingWrites } from "./waiting-writes.ts";
import type { WriteKind } from "./write-operations.ts";
import type { PendingWrite, WriteOutcome, Writer } from "./writer.ts";

/** How long another process may hold the lock before the writes are refused. */
const BUSY_LIMIT_MS = 5_000;
const BUSY_RETRY_MS = 5;

interface Waiting extends PendingWrite {
  done: (outcome: WriteOutcome) => void;
}

/**
 * Group commit without a timer: takes what waits when the last commit ends, commits it, answers, takes the next. The
 * work is done between turns of the event loop, so that what arrives meanwhile is in the next batch.
 */
export class WriteQueue {
  readonly #writer: Writer;
  readonly #onFatal: (error: unknown) => void;
  readonly #onBatchEnd: () => void;
  readonly #waiting: WaitingWrites<Waiting>;
  #isRunning = false;
  #broken: unknown;
  #whenIdle: (() => void)[] = [];

  /** `maxRows`: of one commit at most; `onBatchEnd`: after the answers of one. */
  constructor(writer: Writer, maxRows: number, onFatal: (error: unknown) => void, onBatchEnd: () => void = () => {}) {
    this.#writer = writer;
    this.#waiting = new WaitingWrites(maxRows);
    this.#onFatal = onFatal;
    this.#onBatchEnd = onBatchEnd;
  }

  push<K extends WriteKind>(write: PendingWrite<K>, done: (outcome: WriteOutcome) => void): void {
    this.#waiting.push({ kind: write.kind, input: write.input, done });
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => void this.#run());
  }

  /** The disk failed: whether the last batch is on it is unknown, and so is what the next would be written on. */
  break(error: unknown): void {
    if (this.isBroken) return;
    this.#broken = new HooksError("store_unusable", "the store failed and takes no more writes", { cause: error });
    this.#onFatal(error);
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    if (this.#isRunning) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  async #run(): Promise<void> {
    while (0 < this.#waiting.size) {
      const batch = this.#waiting.take();
      const outcomes = await this.#apply(batch);
      for (const [index, write] of batch.entries()) write.done(outcomes[index]!);
      this.#onBatchEnd();
      this.#tidy();
      if (0 < this.#waiting.size) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isRunning = false;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  async #apply(batch: readonly Waiting[]): Promise<WriteOutcome[]> {
    if (this.#broken !== undefined) return refuse(batch, this.#broken);
    const startedAt = performance.now();
    for (;;) {
      try {
        return this.#writer.apply(batch);
      } catch (error) {
        if (isBusy(error) && performance.now() - startedAt < BUSY_LIMIT_MS) {
          await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS));
          continue;
        }
        if (isFatal(error)) this.break(error);
        return refuse(batch, error);
      }
    }
  }

  #tidy(): void {
    try {
      if (!this.isBroken) this.#writer.tidy();
    } catch (error) {
      this.break(error);
    }
  }
}

function refuse(batch: readonly Waiting[], error: unknown): WriteOutcome[] {
  return batch.map(() => ({ ok: false, error }));
}
