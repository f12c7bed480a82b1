import { TokenBucket } from "./rate-limit.ts";
import type { RateLimit } from "./subscription.ts";

/** Above, those that are full again are forgotten: who took nothing within the span has nothing to remember. */
const MANY_BUCKETS = 1_000;

/** A bucket for each of many, by id. */
export class TokenBuckets {
  readonly #buckets = new Map<string, TokenBucket>();

  /** The one of this id; a new one, full, when its limit is another one now. */
  of(id: string, limit: RateLimit, now: number): TokenBucket {
    const known = this.#buckets.get(id);
    if (known !== undefined && known.limit.count === limit.count && known.limit.perMs === limit.perMs) return known;
    if (MANY_BUCKETS <= this.#buckets.size) {
      for (const [each, bucket] of this.#buckets) {
        if (bucket.available(now) === bucket.limit.count) this.#buckets.delete(each);
      }
    }
    const bucket = new TokenBucket(limit);
    this.#buckets.set(id, bucket);
    return bucket;
  }
}
