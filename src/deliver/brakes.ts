import { Breaker, CLOSED } from "../core/breaker.ts";
import type { ClaimedDelivery, RecordedAttempt } from "../core/delivery.ts";
import { TokenBucket } from "../core/rate-limit.ts";
import { retryAfterOf } from "../core/retry-after.ts";
import type { Subscription } from "../core/subscription.ts";
import { asksForLess, Throttle } from "../core/throttle.ts";

/**
 * What holds one subscription back besides its concurrency: its rate limit, its circuit breaker, and a receiver that
 * says it has too much to do. A listener's tunnel has only the first: its listener says itself how much it takes.
 */
export class Brakes {
  #bucket: TokenBucket | undefined;
  #breaker: Breaker | undefined;
  /** What the store keeps of the breaker is out of date. */
  #mustKeepBreaker = false;
  #throttle: Throttle | undefined;

  constructor(subscription: Subscription) {
    this.#updateBucket(subscription);
    if (hasBreaker(subscription)) this.#breaker = new Breaker(subscription.breaker);
  }

  /**
   * Takes over a change. The breaker begins anew, closed, for another receiver and for whoever was enabled again; else
   * what this process saw counts, whatever the store says.
   */
  update(before: Subscription, subscription: Subscription): void {
    const { enabled, url } = subscription;
    this.#updateBucket(subscription);
    if (!hasBreaker(subscription)) this.#breaker = undefined;
    else if (this.#breaker === undefined || url !== before.url || (enabled && !before.enabled)) {
      this.#breaker = new Breaker(CLOSED);
      this.#mustKeepBreaker = true;
    }
    if (url !== before.url) this.#throttle = undefined;
  }

  /** Nothing holds it back that does not hold back everybody. */
  get isOff(): boolean {
    return (
      this.#bucket === undefined &&
      (this.#throttle === undefined || this.#throttle.limit === Number.POSITIVE_INFINITY) &&
      !this.isProbing
    );
  }

  /** Whether it only finds out whether its receiver is back. */
  get isProbing(): boolean {
    return this.#breaker?.isClosed === false;
  }

  /** Whether nothing is started for a while, because its receiver is down or has too much to do. */
  rests(now: number): boolean {
    return this.isProbing || (this.#throttle !== undefined && this.#throttle.restsUntil(now) !== 0);
  }

  /** How many may be started now, with so many in flight; Infinity: it has no say. */
  slots(inFlight: number, now: number): number {
    let slots = Number.POSITIVE_INFINITY;
    if (this.#throttle !== undefined) {
      if (this.#throttle.restsUntil(now) !== 0) return 0;
      slots = this.#throttle.limit - inFlight;
    }
    if (this.#breaker?.isClosed === false) slots = Math.min(slots, this.#breaker.mayStart(now) ? 1 : 0);
    return this.#bucket === undefined ? slots : Math.min(slots, this.#bucket.available(now));
  }

  started(delivery: ClaimedDelivery, now: number): void {
    this.#bucket?.take(now);
    this.#breaker?.started(delivery.rowId);
  }

  notSent(delivery: ClaimedDelivery): void {
    this.#breaker?.ended(delivery.rowId, "not_sent", 0);
  }

  /**
   * What becomes of the breaker is put into `recorded`.
   *
   * @param inFlight before it ended.
   */
  ended(delivery: ClaimedDelivery, recorded: RecordedAttempt, subscription: Subscription, inFlight: number): void {
    const { attempt, endedAt } = recorded;
    if (this.#breaker !== undefined) {
      const changed = this.#breaker.ended(delivery.rowId, attempt.outcome, endedAt);
      if (changed !== undefined || this.#mustKeepBreaker) recorded.breaker = this.#breaker.state;
      this.#mustKeepBreaker = false;
    }
    if (attempt.outcome === "success") this.#throttle?.succeeded(subscription.concurrency);
    else if (asksForLess(attempt.status ?? 0) && subscription.transport === "http") {
      this.#throttle ??= new Throttle();
      const retryAfterMs = retryAfterOf(attempt.responseHeaders, endedAt);
      const startedAt = endedAt - attempt.durationMs;
      this.#throttle.failed(attempt.status!, retryAfterMs, { startedAt, endedAt, inFlight });
    }
  }

  /** For people who ask why nothing is started. */
  facts(now: number) {
    const orNone = (until: number | undefined): number | undefined =>
      until !== undefined && now < until ? until : undefined;
    const limit = this.#throttle?.limit ?? Number.POSITIVE_INFINITY;
    return {
      breakerOpenUntil: orNone(this.#breaker?.openUntil(now)),
      isProbing: this.isProbing,
      restsUntil: orNone(this.#throttle?.restsUntil(now)),
      slowedTo: limit === Number.POSITIVE_INFINITY ? undefined : limit,
      rateLimitedUntil: orNone(this.#bucket?.nextAt(now)),
    };
  }

  /** Until when nothing can be started, whatever ends meanwhile, unix ms; at most `now`: it can. */
  blockedUntil(now: number): number {
    return Math.max(
      this.#bucket?.nextAt(now) ?? 0,
      this.#breaker?.openUntil(now) ?? 0,
      this.#throttle?.restsUntil(now) ?? 0,
    );
  }

  #updateBucket({ rateLimit }: Subscription): void {
    if (rateLimit === undefined) this.#bucket = undefined;
    else if (rateLimit.count !== this.#bucket?.limit.count || rateLimit.perMs !== this.#bucket.limit.perMs) {
      this.#bucket = new TokenBucket(rateLimit);
    }
  }
}

function hasBreaker({ hasBreaker: isWanted, transport }: Subscription): boolean {
  return isWanted && transport === "http";
}
