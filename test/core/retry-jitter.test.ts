import { describe, expect, it } from "vitest";
import { baseDelayMs, nextDelayMs, STANDARD_RETRY } from "../../src/core/retry-policy.ts";
import type { RetryPolicy } from "../../src/core/subscription.ts";

const SAMPLES = 20_000;

/** Uniform in [0, 1), the same sequence each time (xorshift32, Marsaglia 2003). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** The largest distance between the distribution of the samples and the uniform one between `low` and `high`. */
function distanceFromUniform(samples: readonly number[], low: number, high: number): number {
  const sorted = samples.toSorted((one, other) => one - other);
  return sorted.reduce((most, value, index) => {
    const expected = (value - low) / (high - low);
    return Math.max(most, Math.abs(expected - index / sorted.length), Math.abs((index + 1) / sorted.length - expected));
  }, 0);
}

/** Kolmogorov and Smirnov: a larger distance happens by chance once in a hundred times. */
const CRITICAL = 1.628 / Math.sqrt(SAMPLES);

describe("the waits of many deliveries that failed together", () => {
  it.each([1, 2, 3, 5, 9])("are spread evenly over the whole jitter after failure %i", (failure) => {
    const random = seeded(failure);
    const base = baseDelayMs(STANDARD_RETRY, failure)!;
    const waits = Array.from({ length: SAMPLES }, () => nextDelayMs(STANDARD_RETRY, failure, random())!);
    expect(distanceFromUniform(waits, 0.9 * base, 1.1 * base)).toBeLessThan(CRITICAL);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(Math.floor(0.9 * base));
    expect(Math.max(...waits)).toBeLessThanOrEqual(Math.ceil(1.1 * base));
  });

  it("are all the same without jitter, and fit no other width", () => {
    const exact: RetryPolicy = {
      strategy: "exponential",
      firstDelayMs: 5_000,
      longestDelayMs: 60_000,
      maxAttempts: 5,
      jitter: 0,
    };
    const random = seeded(7);
    const waits = Array.from({ length: 100 }, () => nextDelayMs(exact, 1, random())!);
    expect(new Set(waits)).toEqual(new Set([5_000]));
    const wide = Array.from({ length: SAMPLES }, () => nextDelayMs({ ...exact, jitter: 0.2 }, 1, random())!);
    expect(distanceFromUniform(wide, 4_500, 5_500)).toBeGreaterThan(CRITICAL);
  });
});
