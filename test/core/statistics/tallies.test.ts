import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketOf, durationOf, percentiles } from "../../../src/core/statistics/duration-buckets.ts";
import { PERIODS, SPANS, startOf, windowOf } from "../../../src/core/statistics/spans.ts";
import { cellOf, outcomeOf, outcomeText, Tally } from "../../../src/core/statistics/tally.ts";

const DURATION = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 524_287 }));

describe("buckets of durations", () => {
  it("are in order, fit into a byte, and tell a duration to 3.2 %", () => {
    fc.assert(
      fc.property(DURATION, DURATION, (one, other) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        expect(bucketOf(less)).toBeLessThanOrEqual(bucketOf(more));
        expect(bucketOf(more)).toBeLessThan(256);
        expect(Math.abs(durationOf(bucketOf(more)) - more)).toBeLessThanOrEqual(more / 31);
        if (more < 32) expect(durationOf(bucketOf(more))).toBe(more);
      }),
      { numRuns: 2_000 },
    );
  });

  it("take what is longer or negative, too", () => {
    expect(bucketOf(-5)).toBe(0);
    expect(bucketOf(10 ** 9)).toBe(255);
    expect(bucketOf(Number.POSITIVE_INFINITY)).toBe(255);
  });

  it("give the percentiles of a sorted list, to their width", () => {
    fc.assert(
      fc.property(
        fc.array(DURATION, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.01, 0.5, 0.95, 0.99, 1),
        (durations, share) => {
          const counts = new Map<number, number>();
          for (const one of durations) counts.set(bucketOf(one), (counts.get(bucketOf(one)) ?? 0) + 1);
          const sorted = durations.toSorted((a, b) => a - b);
          const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
          expect(percentiles(counts, [share])).toEqual([durationOf(bucketOf(exact))]);
        },
      ),
    );
  });

  it("know nothing of no attempts", () => {
    expect(percentiles(new Map(), [0.5])).toBeUndefined();
  });
});

describe("tallies", () => {
  const CELL = fc.tuple(fc.constantFrom(200, 204, 301, 404, 500, 1_004), DURATION);

  it("add up to what was added, however it is divided", () => {
    fc.assert(
      fc.property(fc.array(CELL), fc.array(CELL), (some, others) => {
        const [one, other, both] = [new Tally(), new Tally(), new Tally()];
        for (const [outcome, ms] of some) one.add(cellOf(outcome, ms));
        for (const [outcome, ms] of others) other.add(cellOf(outcome, ms));
        for (const [outcome, ms] of [...some, ...others]) both.add(cellOf(outcome, ms));
        one.merge(other);
        expect(new Map(one.cells)).toEqual(new Map(both.cells));
        expect(one.attempts).toBe(some.length + others.length);
        expect(one.succeeded).toBe([...some, ...others].filter(([outcome]) => outcome < 300).length);
        const outcomes = one.byOutcome();
        expect([...outcomes.values()].reduce((sum, tally) => sum + tally.attempts, 0)).toBe(one.attempts);
      }),
    );
  });

  it("name statuses and errors", () => {
    expect(outcomeText(outcomeOf(204, null))).toBe("204");
    expect(outcomeText(outcomeOf(null, "timeout"))).toBe("timeout");
    expect(outcomeText(outcomeOf(null, "refused_by_user"))).toBe("refused_by_user");
    expect(outcomeText(outcomeOf(null, "of_a_later_version"))).toBe("other");
  });
});

describe("spans of time", () => {
  it("are whole numbers of one another, so that the longer holds the shorter", () => {
    for (const [index, { lengthMs }] of SPANS.entries()) {
      if (0 < index) expect(lengthMs % SPANS[index - 1]!.lengthMs).toBe(0);
    }
  });

  it.each(PERIODS)("keep a period of %s in steps at least as fine as its chart's", (period) => {
    fc.assert(
      fc.property(fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }), (now) => {
        const { since, stepMs, steps } = windowOf(period, now);
        expect(since % stepMs).toBe(0);
        expect(since + steps * stepMs).toBeGreaterThan(now);
        expect(since + (steps - 1) * stepMs).toBeLessThanOrEqual(now);
        // Whatever lies in the window and was added to a longer span is in one that is no longer than a step.
        for (const [index, { keptMs }] of SPANS.entries()) {
          const longer = SPANS[index + 1];
          if (longer === undefined || longer.lengthMs <= stepMs) continue;
          expect(startOf(now - keptMs, longer.lengthMs)).toBeLessThanOrEqual(since);
        }
      }),
    );
  });
});
