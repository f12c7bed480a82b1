import { HooksError } from "../core/errors.ts";
import { formatRateLimit } from "../core/rate-limit.ts";
import type { RateLimit } from "../core/subscription.ts";
import { TokenBuckets } from "../core/token-buckets.ts";
import type { ServiceParts } from "./service-parts.ts";

/** What a daemon sends of tests to one subscription: somebody who tries things out stays below it. */
export const TEST_RATE: RateLimit = { count: 10, perMs: 60_000 };

/**
 * How often each subscription may be tested. A test is sent at once, past the subscription's own rate limit and its
 * breaker: whoever may create subscriptions could else have a daemon hammer a stranger.
 */
export class TestLimit {
  readonly #rate: RateLimit;
  readonly #buckets = new TokenBuckets();

  constructor(rate: RateLimit) {
    this.#rate = rate;
  }

  /** @throws HooksError `rate_limited` when it was tested too often before `now`, unix ms */
  take(subscriptionId: string, now: number): void {
    const bucket = this.#buckets.of(subscriptionId, this.#rate, now);
    if (bucket.take(now)) return;
    throw new HooksError("rate_limited", `this server sends a subscription ${formatRateLimit(this.#rate)} tests`, {
      field: "id",
      hint: "wait for Retry-After; hooks trigger publishes as many events as you like",
      retryAfterMs: bucket.nextAt(now) - now,
    });
  }
}

/** What sends the tests of one subscription: what is refused before it would be sent does not count. */
export function limitedSend(
  { send, now, testLimit }: Pick<ServiceParts, "send" | "now" | "testLimit">,
  subscriptionId: string,
): ServiceParts["send"] {
  return async (request) => {
    testLimit?.take(subscriptionId, now());
    return send(request);
  };
}
