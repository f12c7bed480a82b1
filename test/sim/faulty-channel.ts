import { HooksError } from "../../src/core/errors.ts";
import { toStoreError } from "../../src/store/sqlite/sqlite-error.ts";
import type { WriteChannel, WriteInput, WriteKind, WriteResult } from "../../src/store/sqlite/write-operations.ts";
import type { WriteQueue } from "../../src/store/sqlite/write-queue.ts";
import type { SimulatedDaemon } from "./simulated-daemon.ts";
import type { World } from "./world.ts";

const CONFIG_WRITES: ReadonlySet<WriteKind> = new Set([
  "insertSubscription",
  "updateSubscription",
  "deleteSubscription",
  "rotateSecrets",
]);

/**
 * The way of a process's writes to the disk: in the order in which they were submitted, with all that can happen on it.
 * Behind it is the sources' own queue, with its group commit.
 */
export class FaultyChannel implements WriteChannel {
  readonly #world: World;
  readonly #process: SimulatedDaemon;
  readonly #queue: WriteQueue;
  readonly #onFatal: (error: Error) => void;
  /** When the last write that was submitted is done, and when it is answered. */
  #doneAt = 0;
  #answeredAt = 0;
  #underWay = 0;
  #unanswered = 0;
  #isBroken = false;

  constructor(world: World, process: SimulatedDaemon, queue: WriteQueue, onFatal: (error: Error) => void) {
    this.#world = world;
    this.#process = process;
    this.#queue = queue;
    this.#onFatal = onFatal;
  }

  readonly commits = 0;

  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Nothing is on its way. */
  get isIdle(): boolean {
    return this.#unanswered === 0;
  }

  async submit<K extends WriteKind>(kind: K, input: WriteInput<K>): Promise<WriteResult<K>> {
    this.#unanswered += 1;
    try {
      return await this.#submit(kind, input);
    } finally {
      this.#unanswered -= 1;
    }
  }

  async #submit<K extends WriteKind>(kind: K, input: WriteInput<K>): Promise<WriteResult<K>> {
    const world = this.#world;
    const { time } = world;
    await this.#alive();
    const verdict = world.disk.judge(time.now);
    if (verdict.kind !== "ok" || 1_000 < verdict.afterMs) world.faultsSeen += 1;
    this.#underWay += 1;
    this.#doneAt = Math.max(this.#doneAt, time.now + verdict.afterMs);
    const doneAt = this.#doneAt;
    if (time.now < doneAt || 1 < this.#underWay) await this.#until(doneAt);
    this.#underWay -= 1;
    if (this.#isBroken) throw unusable();
    if (verdict.kind === "busy") throw new HooksError("store_busy", "the store is locked");
    if (verdict.kind === "full") {
      world.count(kind === "append" ? "disk full, publisher told so" : "disk full");
      throw new HooksError("store_full", "no space left");
    }
    await this.#pass(`before ${kind}`);
    // Who else has the file open does not see a commit that failed, and writes over it.
    const isWritten = verdict.kind === "dead" ? verdict.isWritten && !world.neighbours.areThere : verdict.isWritten;
    const result = isWritten ? await this.#write(kind, input) : undefined;
    if (verdict.kind === "dead") {
      world.note(`${this.#process.name}: fsync failed at ${kind}, ${isWritten ? "" : "not "}written`);
      world.count(isWritten ? "fsync failed, written all the same" : "fsync failed");
      this.#isBroken = true;
      this.#onFatal(unusable());
      throw unusable();
    }
    world.note(`${this.#process.name} wrote ${kind}`);
    if (world.neighbours.areThere) {
      world.neighbours.committed(this.#process, CONFIG_WRITES.has(kind) || (kind === "record" && disables(result)));
    }
    await this.#pass(`after ${kind}`);
    this.#answeredAt = Math.max(this.#answeredAt, time.now + verdict.answerMs);
    if (time.now < this.#answeredAt) await this.#until(this.#answeredAt);
    return result as WriteResult<K>;
  }

  watch(listener: ((change: { configChanged: boolean }) => void) | undefined): void {
    this.#world.neighbours.watch(this.#process, listener);
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  close(): Promise<void> {
    return this.#queue.idle();
  }

  #write<K extends WriteKind>(kind: K, input: WriteInput<K>): Promise<WriteResult<K>> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ kind, input }, (outcome) => {
        if (outcome.ok) resolve(outcome.result as WriteResult<K>);
        else reject(toStoreError(outcome.error, "sim"));
      });
    });
  }

  /** A point at which the process may be killed. */
  async #pass(point: string): Promise<void> {
    if (this.#world.passes(this.#process, point)) await new Promise<never>(() => {});
  }

  async #until(at: number): Promise<void> {
    const { time } = this.#world;
    await new Promise<void>((resolve) => time.schedule(this.#process.owner, at - time.now, resolve));
    await this.#alive();
  }

  /** Never comes back in a process that is dead: nothing of it touches the store any more. */
  async #alive(): Promise<void> {
    if (!this.#process.owner.isAlive) await new Promise<never>(() => {});
  }
}

function disables(result: unknown): boolean {
  return (
    typeof result === "object" &&
    result !== null &&
    "disabled" in result &&
    Array.isArray(result.disabled) &&
    0 < result.disabled.length
  );
}

function unusable(): HooksError {
  return new HooksError("store_unusable", "the store failed and takes no more writes");
}
