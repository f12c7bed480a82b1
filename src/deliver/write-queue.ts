import { isPassing } from "../core/errors.ts";

/**
 * As large as it may be: with many subscriptions each outcome of a batch is another one's, and what is written once a
 * subscription (health, statistics) is most of it. 1,000 take the store some 20 ms, which a publisher may have to wait.
 */
const MAX_BATCH = 1_000;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5_000;

/** How long to wait before the next try, after `failures` (1 …) in a row: 50 ms doubling to 5 s. */
export function waitAfter(failures: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS);
}

export interface WriteQueueOptions<T, R> {
  /** Resolves when all of it is on disk. */
  write(items: readonly T[]): Promise<R>;
  /** These are on disk. */
  onWritten(items: readonly T[], result: R): void;
  /** They cannot be written any more, or `onWritten` threw. What is queued then stays behind. */
  onFatal(error: unknown): void;
}

/**
 * Outcomes on their way to the store: one write at a time, of all that gathered during the last (at most 1,000), so that
 * many share one commit. Nothing is dropped: what could not be written for now stays first in line.
 */
export class WriteQueue<T, R> {
  readonly #options: WriteQueueOptions<T, R>;
  #waiting: T[] = [];
  #writing = 0;
  /** The batch that is tried again. */
  #refused: readonly T[] | undefined;
  #isRunning = false;
  #isBroken = false;
  #onIdle: (() => void)[] = [];

  constructor(options: WriteQueueOptions<T, R>) {
    this.#options = options;
  }

  /** Items that are not on disk yet. */
  get size(): number {
    return this.#waiting.length + this.#writing;
  }

  /** What could not be written so far: not what is merely on its way. */
  held(): readonly T[] {
    return this.#refused === undefined ? [] : [...this.#refused, ...this.#waiting];
  }

  add(item: T): void {
    this.#waiting.push(item);
    if (this.#isRunning || this.#isBroken) return;
    this.#isRunning = true;
    // After this turn of the event loop, so that what ends together is written together.
    setImmediate(() => void this.#run());
  }

  /** Resolves when all is on disk, or when that can no longer be. */
  idle(): Promise<void> {
    if (!this.#isRunning) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  async #run(): Promise<void> {
    try {
      while (0 < this.#waiting.length) {
        const batch = this.#waiting.length <= MAX_BATCH ? this.#waiting : this.#waiting.slice(0, MAX_BATCH);
        this.#waiting = batch === this.#waiting ? [] : this.#waiting.slice(MAX_BATCH);
        this.#writing = batch.length;
        const result = await this.#write(batch);
        this.#writing = 0;
        this.#refused = undefined;
        this.#options.onWritten(batch, result);
      }
    } catch (error) {
      this.#isBroken = true;
      this.#options.onFatal(error);
    }
    this.#isRunning = false;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  async #write(batch: readonly T[]): Promise<R> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#options.write(batch);
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.#refused = batch;
        await new Promise((resolve) => setTimeout(resolve, waitAfter(failures)));
      }
    }
  }
}
