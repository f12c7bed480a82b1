import type { RequestTale } from "./ledger.ts";

// The breaker's rule of delivery.md once more, as a receiver would notice it.

const FAILURES = 5;
const DELIVERIES = 3;
const FIRST_OPEN_MS = 30_000;
const LONGEST_OPEN_MS = 600_000;

/** What a restart leaves of a breaker. Times: virtual ms, sleep included. */
export interface StoredBreaker {
  /** In a row; 0: it is closed. */
  openings: number;
  openedAt: number;
}

export const CLOSED_BREAKER: StoredBreaker = { openings: 0, openedAt: 0 };

function openMs(openings: number): number {
  return Math.min(FIRST_OPEN_MS * 2 ** (openings - 1), LONGEST_OPEN_MS);
}

/** What one process must make of a subscription's breaker. */
export class ExpectedBreaker {
  /** Undefined: it was made anew, nobody can say when; the next success closes it. */
  #state: StoredBreaker | undefined;
  readonly #loaded: StoredBreaker | undefined;
  #failures = 0;
  #failed = new Set<number>();
  #probe: RequestTale | undefined;

  constructor(state: StoredBreaker | undefined) {
    this.#state = state;
    this.#loaded = state;
  }

  /** Since when it is open by what the process before left behind; undefined: it is not. */
  get loadedSince(): number | undefined {
    return this.#state !== undefined && this.#state === this.#loaded ? this.#state.openedAt : undefined;
  }

  /** It starts anew from a state that nobody knows. */
  forget(): void {
    this.#state = undefined;
    this.#probe = undefined;
  }

  /** What is wrong with a request that starts now; undefined: nothing. `allowedMs`: how early it may be. */
  starts(request: RequestTale, now: number, allowedMs: number): "open" | "second probe" | undefined {
    if (this.#state === undefined || this.#state.openings === 0) return undefined;
    const early = this.#state.openedAt + openMs(this.#state.openings) - now;
    if (allowedMs < early) return "open";
    if (this.#probe !== undefined) return "second probe";
    this.#probe = request;
    return undefined;
  }

  /** Whether the request is the one that finds out whether the receiver is back. */
  isProbe(request: RequestTale): boolean {
    return this.#probe === request;
  }

  /** Returns the state when it changed. */
  ended(request: RequestTale, isSuccess: boolean, now: number): StoredBreaker | undefined {
    const isProbe = this.#probe === request;
    if (isProbe) this.#probe = undefined;
    if (isSuccess) {
      this.#failures = 0;
      this.#failed.clear();
      const isNews = this.#state?.openings !== 0;
      this.#state = CLOSED_BREAKER;
      return isNews ? CLOSED_BREAKER : undefined;
    }
    if (this.#state === undefined) return undefined;
    if (this.#state.openings !== 0) return isProbe ? this.#open(now) : undefined;
    this.#failures += 1;
    this.#failed.add(request.attempts[0]!.row.rowId);
    return FAILURES <= this.#failures && DELIVERIES <= this.#failed.size ? this.#open(now) : undefined;
  }

  #open(now: number): StoredBreaker {
    this.#state = { openings: this.#state!.openings + 1, openedAt: now };
    this.#failures = 0;
    this.#failed.clear();
    return this.#state;
  }
}
