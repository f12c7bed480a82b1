import { HooksError } from "../core/errors.ts";
import type { Store } from "../store/store.ts";

/** A count is good for so long, ms: other processes publish into the same store. */
const GOOD_FOR_MS = 1_000;
/** Of this thread's time counting takes at most this share. */
const MOST_OF_TIME = 1 / 50;
const RETRY_AFTER_MS = 5_000;

/** An event that is being published, and how many deliveries it makes. */
export interface Place {
  /** Until this is called it counts as one. */
  takes(deliveries: number): void;
  /** It is stored, or will not be. */
  leave(): void;
}

/**
 * Bounds how many deliveries wait. Publishing only adds to what the last count found; what was delivered meanwhile is
 * seen when counting anew, once a second and whenever the limit seems to be reached. Counting ends at the limit.
 */
export class Backlog {
  readonly #store: Pick<Store, "countWaiting">;
  /** Deliveries. */
  readonly most: number;
  readonly #now: () => number;
  /** At least so many wait, those that are being published included. */
  #waiting = 0;
  #unstored = 0;
  #oldAt = Number.NEGATIVE_INFINITY;
  #mayCountAt = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> | undefined;

  /** @param now ms of a clock that only goes forward. */
  constructor(store: Pick<Store, "countWaiting">, most: number, now: () => number) {
    this.#store = store;
    this.most = most;
    this.#now = now;
  }

  /** @throws HooksError `unavailable` when as many wait as may */
  async admit(): Promise<Place> {
    const at = this.#now();
    if ((this.most <= this.#waiting ? this.#mayCountAt : this.#oldAt) <= at) this.#counting ??= this.#count();
    await this.#counting;
    if (this.most <= this.#waiting) {
      throw new HooksError(
        "unavailable",
        `the backlog is full: ${this.most} deliveries wait (max_backlog); nothing was stored`,
        {
          hint: "try again when some of them are delivered: hooks sub list shows who is behind",
          retryAfterMs: RETRY_AFTER_MS,
        },
      );
    }
    return this.#place();
  }

  #place(): Place {
    let taken = 1;
    this.#add(1);
    return {
      takes: (deliveries) => {
        this.#add(deliveries - taken);
        taken = deliveries;
      },
      leave: () => {
        this.#unstored -= taken;
      },
    };
  }

  #add(deliveries: number): void {
    this.#waiting += deliveries;
    this.#unstored += deliveries;
  }

  async #count(): Promise<void> {
    const from = this.#now();
    try {
      const stored = await this.#store.countWaiting(this.most);
      this.#waiting = stored + this.#unstored;
    } finally {
      const at = this.#now();
      this.#mayCountAt = at + (at - from) / MOST_OF_TIME;
      this.#oldAt = Math.max(this.#mayCountAt, at + GOOD_FOR_MS);
      this.#counting = undefined;
    }
  }
}
