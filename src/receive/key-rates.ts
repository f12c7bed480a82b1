import { HooksError } from "../core/errors.ts";
import type { Principal } from "../core/key.ts";
import { formatRateLimit } from "../core/rate-limit.ts";
import type { RateLimit } from "../core/subscription.ts";
import { TokenBuckets } from "../core/token-buckets.ts";
import type { Authenticate } from "./admission.ts";

/**
 * How many requests may be made with each key: the limit of the key itself, else the server's for all keys. Every
 * request with a key counts, whatever becomes of it; the owner of the store's files has no key and no limit.
 */
export class KeyRates {
  readonly #otherwise: RateLimit | undefined;
  /** Monotonic, in ms. */
  readonly #now: () => number;
  /** By id of the key. */
  readonly #buckets = new TokenBuckets();

  /** @param otherwise of keys that have no limit of their own; undefined: none */
  constructor(otherwise: RateLimit | undefined, now: () => number) {
    this.#otherwise = otherwise;
    this.#now = now;
  }

  /** The same, that throws HooksError `rate_limited` when a key is used too often. */
  limiting(authenticate: Authenticate): Authenticate {
    return (token) => {
      const principal = authenticate(token);
      const limit = principal?.keyId === undefined ? undefined : (principal.rateLimit ?? this.#otherwise);
      if (limit !== undefined) this.#take(principal!, limit);
      return principal;
    };
  }

  #take({ keyId = "", name, rateLimit }: Principal, limit: RateLimit): void {
    const now = this.#now();
    const bucket = this.#buckets.of(keyId, limit, now);
    if (bucket.take(now)) return;
    const whose = rateLimit === undefined ? "this server takes of a key" : `the key ${name} may make`;
    throw new HooksError("rate_limited", `${whose} ${formatRateLimit(limit)} requests, and these were made`, {
      field: "authorization",
      hint: "wait for Retry-After; POST /v1/events/batch takes many events in one request",
      retryAfterMs: bucket.nextAt(now) - now,
    });
  }
}
