/** The longest sleep. A timer does not notice that the wall clock was set, and none may be longer than 2^31 − 1 ms. */
const MAX_SLEEP_MS = 60_000;
/** The shortest: dues that lie closer together are met together. */
const MIN_SLEEP_MS = 5;

/** One timer for the earliest of many moments. It may go off early, and says nothing about which moment has come. */
export class WakeTimer {
  readonly #onWake: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(onWake: () => void) {
    this.#onWake = onWake;
  }

  /** Sees to it that it goes off at `at` (unix ms; Infinity: never) or before. */
  wakeAt(at: number, now: number): void {
    if (this.#at <= at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    const sleepMs = Math.min(Math.max(at - now, MIN_SLEEP_MS), MAX_SLEEP_MS);
    this.#timer = setTimeout(() => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#onWake();
    }, sleepMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#at = Number.POSITIVE_INFINITY;
  }
}
