/** Longest rest of a whole subscription that one answer asks for; the delivery itself waits as long as it was asked. */
export const LONGEST_REST_MS = 600_000;

/**
 * Slows down for a receiver that says it has too much to do. 429, 502, 503 and 504 halve how many requests are in
 * flight at once; with `Retry-After` on a 429 or 503 nothing is started until then (at most 10 minutes: one answer must
 * not stop a subscription for a day), and then one request at a time. Each success allows one more.
 *
 * Source: Standard Webhooks 1.0.0, "Throttling"; RFC 9110, 10.2.3. All times unix ms.
 */
export class Throttle {
  /** Requests in flight at once; Infinity: it has no say. */
  #limit = Number.POSITIVE_INFINITY;
  #restsUntil = 0;
  /** What was started before is answered by the same shortage: it does not count again. */
  #slowedAt = 0;

  get limit(): number {
    return this.#limit;
  }

  /** Until when nothing may be started; 0: now. */
  restsUntil(now: number): number {
    // An end further away than any rest lasts was set by a clock that has stepped back since.
    return now < this.#restsUntil && this.#restsUntil <= now + LONGEST_REST_MS ? this.#restsUntil : 0;
  }

  /** @param concurrency of the subscription: where `limit` reaches it, it has no say any more. */
  succeeded(concurrency: number): void {
    if (this.#limit === Number.POSITIVE_INFINITY) return;
    this.#limit += 1;
    if (concurrency <= this.#limit) this.#limit = Number.POSITIVE_INFINITY;
  }

  /** @param retryAfterMs undefined: the answer asked for nothing. @param inFlight when it came, its own included. */
  failed(
    status: number,
    retryAfterMs: number | undefined,
    { startedAt, endedAt, inFlight }: { startedAt: number; endedAt: number; inFlight: number },
  ): void {
    if (!asksForLess(status)) return;
    const restMs = status === 429 || status === 503 ? Math.min(retryAfterMs ?? 0, LONGEST_REST_MS) : 0;
    if (0 < restMs) {
      this.#restsUntil = Math.max(this.restsUntil(endedAt), endedAt + restMs);
      this.#limit = 1;
      this.#slowedAt = endedAt;
    } else if (this.#slowedAt <= startedAt || endedAt < this.#slowedAt) {
      this.#limit = Math.max(1, Math.floor(Math.min(inFlight, this.#limit) / 2));
      this.#slowedAt = endedAt;
    }
  }
}

export function asksForLess(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}
