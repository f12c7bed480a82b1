import type { Random } from "./random.ts";

const BUSY_LIMIT_MS = 5_000;

/** What the disk does with a write. Times in ms from now. */
export interface DiskVerdict {
  /** Until it is done, or is known not to be. */
  afterMs: number;
  kind: "ok" | "busy" | "full" | "dead";
  /** Of a dead disk: whether the write is on it all the same. Nobody can know. */
  isWritten: boolean;
  /** From the commit to the answer. */
  answerMs: number;
}

/** The disk under the store, with what goes wrong with it. One for all simulated processes. Virtual ms. */
export class Disk {
  readonly #random: Random;
  #slowUntil = 0;
  #lockedUntil = 0;
  #fullUntil = 0;
  /** The next write fails for good. */
  #isDying = false;
  isReadingBusy = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Each write takes up to seconds. */
  slow(until: number): void {
    this.#slowUntil = until;
  }

  /** Another process holds the lock. */
  lock(until: number): void {
    this.#lockedUntil = until;
  }

  /** No space left: most writes find none. */
  fill(until: number): void {
    this.#fullUntil = until;
  }

  /** The next fsync fails. */
  breakOnce(): void {
    this.#isDying = true;
  }

  heal(): void {
    this.#slowUntil = 0;
    this.#lockedUntil = 0;
    this.#fullUntil = 0;
    this.#isDying = false;
    this.isReadingBusy = false;
  }

  /** What becomes of a write that begins now. */
  judge(now: number): DiskVerdict {
    const random = this.#random;
    const verdict: DiskVerdict = { afterMs: 0, kind: "ok", isWritten: true, answerMs: 0 };
    if (now < this.#slowUntil) verdict.afterMs = random.magnitude(1, 3_000);
    else if (random.chance(0.3)) verdict.afterMs = random.magnitude(1, 8);
    if (random.chance(0.1)) verdict.answerMs = random.magnitude(1, 40);
    if (now < this.#lockedUntil) {
      const held = this.#lockedUntil - now;
      if (held < BUSY_LIMIT_MS) verdict.afterMs += held;
      else return { ...verdict, afterMs: BUSY_LIMIT_MS, kind: "busy", isWritten: false };
    }
    if (now < this.#fullUntil && random.chance(0.9)) return { ...verdict, kind: "full", isWritten: false };
    if (this.#isDying) {
      this.#isDying = false;
      return { ...verdict, kind: "dead", isWritten: random.chance(0.5) };
    }
    return verdict;
  }

  /** Whether a read finds the database locked. */
  refusesRead(): boolean {
    return this.isReadingBusy && this.#random.chance(0.02);
  }
}
