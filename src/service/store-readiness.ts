import { type ErrorCode, toHooksError } from "../core/errors.ts";
import type { Store } from "../store/store.ts";

/** A store that takes longer than this for one page is behind. */
const LAG_MS = 2_000;
/** An answer is good for so long: who asks needs no key, and each look is a write with an fsync. */
const GOOD_FOR_MS = 1_000;

/** For strangers: no path, no address. */
const STATES: Partial<Record<ErrorCode, string>> = {
  store_full: "full",
  store_busy: "busy",
  unavailable: "failing",
};

/** Whether something could be stored now, found out by storing it. */
export class StoreReadiness {
  readonly #store: Store;
  readonly #now: () => number;
  #state: Promise<string> | undefined;
  #askedAt = 0;

  /** @param now ms of a clock that only goes forward. */
  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** `ok`, `full`, `busy`, `behind`, `failing`, or `failed`: for good. */
  state(): Promise<string> {
    const now = this.#now();
    if (this.#state === undefined || GOOD_FOR_MS <= now - this.#askedAt) {
      this.#askedAt = now;
      this.#state = this.#ask();
    }
    return this.#state;
  }

  #ask(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(resolve, LAG_MS, "behind").unref();
    this.#store.probe().then(
      () => resolve("ok"),
      (error: unknown) => resolve(STATES[toHooksError(error).code] ?? "failed"),
    );
    return promise.finally(() => clearTimeout(timer));
  }
}
