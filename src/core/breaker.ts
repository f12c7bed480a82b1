/** What is kept of a subscription's circuit breaker, so that it survives a restart. */
export interface BreakerState {
  /** Openings in a row, without a success between: 0 when it is closed. */
  openings: number;
  /** Until when the last opening lasts, unix ms; undefined when it is closed. */
  openUntil: number | undefined;
}

export const CLOSED: BreakerState = { openings: 0, openUntil: undefined };

/** `half_open`: it has been open long enough, and one delivery at a time finds out whether the receiver is back. */
export type BreakerPhase = "closed" | "open" | "half_open";

const FAILURES_TO_OPEN = 5;
/** … of at least so many deliveries: the breaker never bends one delivery's own schedule (rulings.md 10). */
const DELIVERIES_TO_OPEN = 3;
const FIRST_OPEN_MS = 30_000;
const LONGEST_OPEN_MS = 600_000;

/** How long the n-th opening in a row (1 …) lasts: 30 s, doubling to 10 min. */
export function openMs(openings: number): number {
  return Math.min(FIRST_OPEN_MS * 2 ** (openings - 1), LONGEST_OPEN_MS);
}

export function breakerPhase({ openings, openUntil = 0 }: BreakerState, now: number): BreakerPhase {
  if (openings === 0) return "closed";
  // An end further away than an opening lasts was written by a clock that has stepped back since.
  return now < openUntil && openUntil <= now + openMs(openings) ? "open" : "half_open";
}

/**
 * A subscription's circuit breaker: after five failures in a row, of at least three deliveries, nothing is started for
 * a while; then one delivery is tried, and its outcome closes the breaker or opens it for twice as long. What was in
 * flight when it opened may end: its failures say nothing new, a success closes it.
 *
 * All times unix ms.
 */
export class Breaker {
  #state: BreakerState;
  #failures = 0;
  /** Of the failures in a row, the first three different ones. */
  #failed: number[] = [];
  /** Started while it was not closed, and not ended. */
  #probe: number | undefined;

  constructor(state: BreakerState) {
    this.#state = state;
  }

  get state(): BreakerState {
    return this.#state;
  }

  get isClosed(): boolean {
    return this.#state.openings === 0;
  }

  /** Whether a delivery may be started now. */
  mayStart(now: number): boolean {
    return this.isClosed || (this.#probe === undefined && breakerPhase(this.#state, now) === "half_open");
  }

  /** Until when nothing may be started, whatever ends meanwhile; 0: it is not open. */
  openUntil(now: number): number {
    return breakerPhase(this.#state, now) === "open" ? this.#state.openUntil! : 0;
  }

  started(deliveryRowId: number): void {
    if (!this.isClosed) this.#probe = deliveryRowId;
  }

  /** @returns the new state when this changed it. `not_sent`: nothing was tried after all. */
  ended(deliveryRowId: number, outcome: "success" | "failure" | "not_sent", at: number): BreakerState | undefined {
    const isProbe = this.#probe === deliveryRowId;
    if (isProbe) this.#probe = undefined;
    if (outcome === "not_sent") return undefined;
    if (outcome === "success") {
      this.#failures = 0;
      if (this.#failed.length !== 0) this.#failed = [];
      if (this.isClosed) return undefined;
      this.#state = CLOSED;
      return CLOSED;
    }
    if (!this.isClosed) return isProbe ? this.#open(at) : undefined;
    this.#failures += 1;
    if (this.#failed.length < DELIVERIES_TO_OPEN && !this.#failed.includes(deliveryRowId)) {
      this.#failed.push(deliveryRowId);
    }
    const isEnough = FAILURES_TO_OPEN <= this.#failures && DELIVERIES_TO_OPEN <= this.#failed.length;
    return isEnough ? this.#open(at) : undefined;
  }

  #open(at: number): BreakerState {
    const openings = this.#state.openings + 1;
    this.#state = { openings, openUntil: at + openMs(openings) };
    this.#failures = 0;
    this.#failed = [];
    return this.#state;
  }
}
