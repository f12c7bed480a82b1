import { CommitGuard, type GuardEvents } from "./commit-guard.ts";
import type { Connection } from "./connection.ts";
import { toStoreError } from "./sqlite-error.ts";
import type { WriteChannel, WriteInput, WriteKind, WriteResult } from "./write-operations.ts";
import { WriteQueue } from "./write-queue.ts";
import { Writer } from "./writer.ts";

/** How often other processes' commits are looked for, ms. */
export const WATCH_EVERY_MS = 25;

/** So that a command, which may share the store with a daemon, holds the lock for at most 20 ms at a time. */
const MAX_ROWS = 200;

/** Writes in the thread of its caller: for commands, which are over before a thread would have started. */
export class InlineChannel implements WriteChannel {
  readonly #path: string;
  readonly #writer: Writer;
  readonly #queue: WriteQueue;
  #watching: NodeJS.Timeout | undefined;

  constructor(path: string, connection: Connection, { onFatal, onNote }: GuardEvents) {
    this.#path = path;
    const guard = new CommitGuard(connection, path, { onFatal: (error) => this.#queue.break(error), onNote });
    this.#writer = new Writer(connection, guard);
    this.#queue = new WriteQueue(this.#writer, MAX_ROWS, (error) => onFatal(toStoreError(error, path)));
  }

  get isBroken(): boolean {
    return this.#queue.isBroken;
  }

  get commits(): number {
    return this.#writer.commits;
  }

  submit<K extends WriteKind>(kind: K, input: WriteInput<K>): Promise<WriteResult<K>> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ kind, input }, (outcome) => {
        if (outcome.ok) resolve(outcome.result as WriteResult<K>);
        else reject(toStoreError(outcome.error, this.#path));
      });
    });
  }

  watch(listener: ((change: { configChanged: boolean }) => void) | undefined): void {
    clearInterval(this.#watching);
    this.#watching = listener === undefined ? undefined : setInterval(() => this.#look(listener), WATCH_EVERY_MS);
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async close(): Promise<void> {
    this.watch(undefined);
    await this.idle();
    this.#writer.close();
  }

  #look(listener: (change: { configChanged: boolean }) => void): void {
    try {
      const change = this.#writer.changesByOthers();
      if (change !== undefined) listener(change);
    } catch (error) {
      this.watch(undefined);
      this.#queue.break(error);
    }
  }
}
