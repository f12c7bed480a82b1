// Durations are counted in buckets whose width grows with the duration: a count of any number of attempts takes a few
// dozen numbers, two of them are added bucket by bucket, and any percentile is known to about 3 %. Up to 31 ms each
// millisecond has its own; from there on each doubling has sixteen.

/** Of half a minute and of five the same share is wrong; nothing takes longer than this, ms. */
const LONGEST_MS = 2 ** 19 - 1;
const STEPS_BITS = 4;

/** 0–255. `ms`: a whole number; what is negative counts as 0, what is longer than eight minutes as that. */
export function bucketOf(ms: number): number {
  const duration = ms < 0 ? 0 : LONGEST_MS < ms ? LONGEST_MS : ms;
  if (duration < 2 << STEPS_BITS) return duration | 0;
  const shift = 31 - Math.clz32(duration) - STEPS_BITS;
  return (shift << STEPS_BITS) + (duration >>> shift);
}

/** The duration in the middle of a bucket, whole ms. */
export function durationOf(bucket: number): number {
  if (bucket < 2 << STEPS_BITS) return bucket;
  const shift = (bucket >>> STEPS_BITS) - 1;
  const first = ((bucket & 15) | 16) << shift;
  return first + ((1 << shift) >>> 1);
}

/**
 * The durations below or at which these shares (0–1) of the attempts lie; undefined when there are none.
 * @param counts bucket → attempts
 */
export function percentiles(counts: ReadonlyMap<number, number>, shares: readonly number[]): number[] | undefined {
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  return shares.map((share) => {
    const rank = Math.max(1, Math.ceil(share * total));
    let seen = 0;
    for (const [bucket, count] of sorted) {
      seen += count;
      if (rank <= seen) return durationOf(bucket);
    }
    return durationOf(sorted.at(-1)![0]);
  });
}
