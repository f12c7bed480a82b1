import { HooksError } from "../core/errors.ts";
import type { Principal } from "../core/key.ts";
import { formatRateLimit, TokenBucket } from "../core/rate-limit.ts";
import type { RateLimit } from "../core/subscription.ts";
import type { Authenticate } from "./admission.ts";

/** Above, those that are full again are forgotten: a key that was not used for its span has nothing to remember. */
const MANY_BUCKETS = 1_000;

/**
 * How many requests may be made with each key: the limit of the key itself, else the server's for all keys. Every
 * request with a key counts, whatever becomes of it; the owner of the store's files has no key and no limit.
 */
export class KeyRates {
  readonly #otherwise: RateLimit | undefined;
  /** Monotonic, in ms. */
  readonly #now: () => number;
  /** By id of the key. */
  readonly #buckets = new Map<string, TokenBucket>();

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
    const bucket = this.#bucketOf(keyId, limit, now);
    if (bucket.take(now)) return;
    const whose = rateLimit === undefined ? "this server takes of a key" : `the key ${name} may make`;
    throw new HooksError("rate_limited", `${whose} ${formatRateLimit(limit)} requests, and these were made`, {
      field: "authorization",
      hint: "wait for Retry-After; POST /v1/events/batch takes many events in one request",
      retryAfterMs: bucket.nextAt(now) - now,
    });
  }

  #bucketOf(keyId: string, limit: RateLimit, now: number): TokenBucket {
    const known = this.#buckets.get(keyId);
    if (known !== undefined && known.limit.count === limit.count && known.limit.perMs === limit.perMs) return known;
    if (MANY_BUCKETS <= this.#buckets.size) {
      for (const [id, bucket] of this.#buckets) {
        if (bucket.available(now) === bucket.limit.count) this.#buckets.delete(id);
      }
    }
    const bucket = new TokenBucket(limit);
    this.#buckets.set(keyId, bucket);
    return bucket;
  }
}
