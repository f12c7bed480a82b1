import type { SendErrorCode } from "../attempt.ts";
import { bucketOf, durationOf } from "./duration-buckets.ts";

/** They stand in stores: a new one gets the next number, and none ever another. */
const ERROR_NUMBERS: Readonly<Record<SendErrorCode, number>> = {
  dns_failed: 1_000,
  refused: 1_001,
  unreachable: 1_002,
  tls_error: 1_003,
  timeout: 1_004,
  reset: 1_005,
  protocol_error: 1_006,
  headers_too_large: 1_007,
  egress_blocked: 1_008,
  local_error: 1_009,
  refused_by_user: 1_010,
};
const NUMBERS = new Map<string, number>(Object.entries(ERROR_NUMBERS));
const TEXTS = new Map(Array.from(NUMBERS, ([code, number]) => [number, code]));
/** An error of a later version, or none. */
const OTHER = 999;
export const BUCKETS = 256;

/** What an attempt came to, as a number: its status, or 1000 and more for an error. */
export function outcomeOf(status: number | null, errorCode: string | null): number {
  if (status !== null) return status;
  return NUMBERS.get(errorCode ?? "") ?? OTHER;
}

/** `200`, `timeout`. */
export function outcomeText(outcome: number): string {
  return outcome < OTHER ? String(outcome) : (TEXTS.get(outcome) ?? "other");
}

/** The cells of outcomes 200 to 299. */
export function isSuccessCell(cell: number): boolean {
  return 200 * BUCKETS <= cell && cell < 300 * BUCKETS;
}

/** Outcome and duration of an attempt, in one number. */
export function cellOf(outcome: number, durationMs: number): number {
  return outcome * BUCKETS + bucketOf(durationMs);
}

/** What so many attempts came to, how long they took, and what they ended. Two of them can be added. */
export class Tally {
  /** `cellOf` → attempts. */
  readonly cells = new Map<number, number>();
  /** Deliveries that these attempts ended. */
  delivered = 0;
  failed = 0;
  /** Of all attempts, ms. */
  durationMs = 0;

  add(cell: number, count = 1): void {
    this.cells.set(cell, (this.cells.get(cell) ?? 0) + count);
  }

  merge(other: Tally): void {
    for (const [cell, count] of other.cells) this.add(cell, count);
    this.delivered += other.delivered;
    this.failed += other.failed;
    this.durationMs += other.durationMs;
  }

  get attempts(): number {
    let sum = 0;
    for (const count of this.cells.values()) sum += count;
    return sum;
  }

  get succeeded(): number {
    let sum = 0;
    for (const [cell, count] of this.cells) if (isSuccessCell(cell)) sum += count;
    return sum;
  }

  /** Bucket of duration → attempts, of all outcomes together. */
  durations(): Map<number, number> {
    const durations = new Map<number, number>();
    for (const [cell, count] of this.cells) {
      const bucket = cell % BUCKETS;
      durations.set(bucket, (durations.get(bucket) ?? 0) + count);
    }
    return durations;
  }

  /** One for each outcome. Which deliveries each ended is not kept, and its durations are those of its buckets. */
  byOutcome(): Map<number, Tally> {
    const tallies = new Map<number, Tally>();
    for (const [cell, count] of this.cells) {
      const outcome = Math.floor(cell / BUCKETS);
      let tally = tallies.get(outcome);
      if (tally === undefined) {
        tally = new Tally();
        tallies.set(outcome, tally);
      }
      tally.add(cell, count);
      tally.durationMs += count * durationOf(cell % BUCKETS);
    }
    return tallies;
  }
}
