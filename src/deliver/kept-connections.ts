const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** Receivers remembered; beyond it the memory starts afresh. */
const MAX_RECEIVERS = 10_000;

/**
 * Which receivers close connections that they had kept open just as the next request is sent on them. Whether they read
 * that request nobody knows, so it is not sent again behind anyone's back: the attempt fails, and from then on, for a
 * while that doubles each time, a connection to them serves one request only.
 */
export class KeptConnections {
  readonly #now: () => number;
  readonly #distrusted = new Map<string, { until: number; forMs: number }>();

  /** `now`: ms, of a clock that nobody sets. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** One was closed under a request. */
  failed(key: string): void {
    const now = this.#now();
    const known = this.#distrusted.get(key);
    // Requests that were under way then fail for the same reason.
    if (known !== undefined && now < known.until) return;
    const isAgain = known !== undefined && now < known.until + LONGEST_MS;
    const forMs = isAgain ? Math.min(2 * known.forMs, LONGEST_MS) : FIRST_MS;
    if (MAX_RECEIVERS <= this.#distrusted.size) this.#distrusted.clear();
    this.#distrusted.set(key, { until: now + forMs, forMs });
  }

  /** Whether a connection may be kept for the next request. */
  mayKeep(key: string): boolean {
    if (this.#distrusted.size === 0) return true;
    const known = this.#distrusted.get(key);
    return known === undefined || known.until <= this.#now();
  }
}
