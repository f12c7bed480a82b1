import { invalid } from "./errors.ts";
import type { RateLimit } from "./subscription.ts";

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
const PATTERN = /^(\d{1,6})\/([smh])$/;
const MAX_COUNT = 100_000;

/**
 * `10/s`, `100/m`, `5000/h`.
 * @throws HooksError `invalid_request` naming `field`.
 */
export function parseRateLimit(input: string, field: string): RateLimit {
  const match = typeof input === "string" ? PATTERN.exec(input) : null;
  const count = Number(match?.[1]);
  if (match === null || count < 1 || MAX_COUNT < count) {
    const form = `${field} must be a number from 1 to ${MAX_COUNT} per s, m or h, such as "10/s" or "100/m"`;
    throw invalid(field, `${form}, got ${String(JSON.stringify(input)).slice(0, 60)}`);
  }
  return { count, perMs: UNIT_MS[match[2] as keyof typeof UNIT_MS] };
}

export function formatRateLimit(limit: RateLimit): string {
  const unit = Object.entries(UNIT_MS).find(([, ms]) => ms === limit.perMs)?.[0];
  return unit === undefined ? `${limit.count}/${limit.perMs}ms` : `${limit.count}/${unit}`;
}

/**
 * A bucket of `count` tokens; each comes back `perMs` after it was taken. So no span of `perMs` ever sees more than
 * `count`, where a bucket that is refilled evenly would let through nearly twice as many after a rest.
 *
 * All times unix ms. A clock that steps back empties the memory: better one burst than a lane that waits for hours.
 */
export class TokenBucket {
  readonly limit: RateLimit;
  /** When the tokens that are out were taken, oldest first, from `#first` on. */
  #taken: number[] = [];
  #first = 0;

  constructor(limit: RateLimit) {
    this.limit = limit;
  }

  /** How many may be taken at `now`. */
  available(now: number): number {
    if (now < (this.#taken.at(-1) ?? now)) this.#forget();
    while (this.#first < this.#taken.length && this.#taken[this.#first]! + this.limit.perMs <= now) this.#first++;
    if (this.#first === this.#taken.length) this.#forget();
    else if (1024 < this.#first && this.#taken.length < 2 * this.#first) {
      this.#taken = this.#taken.slice(this.#first);
      this.#first = 0;
    }
    return this.limit.count - (this.#taken.length - this.#first);
  }

  /** False, and nothing taken, when none is left. */
  take(now: number): boolean {
    if (this.available(now) < 1) return false;
    this.#taken.push(now);
    return true;
  }

  /** When the next token is there: `now` itself when one is left. */
  nextAt(now: number): number {
    return 0 < this.available(now) ? now : this.#taken[this.#first]! + this.limit.perMs;
  }

  /**
   * When to look again for whoever found none free: when the next one that is out comes back. Where none is out, all
   * were promised, and who has the promise may not keep it: then after the bucket's span.
   */
  lookAgainAt(now: number): number {
    const isOut = this.available(now) < this.limit.count;
    return (isOut ? this.#taken[this.#first]! : now) + this.limit.perMs;
  }

  #forget(): void {
    this.#taken = [];
    this.#first = 0;
  }
}
