import { BUCKETS, isSuccessCell, type Tally } from "./tally.ts";

/** Attempts that ended in a span of time, and those of them that failed. */
export interface SpanFigures {
  attempts: number;
  failed: number;
}

/**
 * What attempts came to, without what each outcome's share of it was. Adding to it costs a tenth of adding to a tally:
 * a page of groups adds up hundreds of thousands of cells.
 */
export class Figures {
  attempts = 0;
  succeeded = 0;
  /** Deliveries that these attempts ended. */
  delivered = 0;
  failed = 0;
  /** Of all attempts, ms. */
  durationMs = 0;
  readonly #durations = new Float64Array(BUCKETS);

  /** `cellOf` */
  add(cell: number, count: number): void {
    this.attempts += count;
    if (isSuccessCell(cell)) this.succeeded += count;
    this.#durations[cell % BUCKETS]! += count;
  }

  merge({ cells, delivered, failed, durationMs }: Tally): void {
    for (const [cell, count] of cells) this.add(cell, count);
    this.delivered += delivered;
    this.failed += failed;
    this.durationMs += durationMs;
  }

  /** Bucket of duration → attempts, of all outcomes together. */
  durations(): Map<number, number> {
    const durations = new Map<number, number>();
    this.#durations.forEach((count, bucket) => {
      if (count !== 0) durations.set(bucket, count);
    });
    return durations;
  }
}
