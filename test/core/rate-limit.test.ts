import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatRateLimit, parseRateLimit, TokenBucket } from "../../src/core/rate-limit.ts";

describe("parseRateLimit", () => {
  it.each([
    ["10/s", { count: 10, perMs: 1_000 }],
    ["100/m", { count: 100, perMs: 60_000 }],
    ["1/h", { count: 1, perMs: 3_600_000 }],
    ["100000/s", { count: 100_000, perMs: 1_000 }],
  ])("reads %s and writes it back", (text, limit) => {
    expect(parseRateLimit(text, "rate_limit")).toEqual(limit);
    expect(formatRateLimit(limit)).toBe(text);
  });

  it.each([
    "",
    "10",
    "/s",
    "0/s",
    "-1/s",
    "1.5/s",
    "10/d",
    "10/ s",
    "10 /s",
    "10/S",
    "10/sec",
    "100001/s",
    "9999999/m",
    "1e3/s",
    null,
    5,
  ])("refuses %j", (text) => {
    expect(() => parseRateLimit(text as string, "rate_limit")).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        field: "rate_limit",
        message: expect.stringContaining(`got ${JSON.stringify(text)}`),
      }),
    );
  });
});

describe("TokenBucket", () => {
  it("gives a burst, then waits until the first token is back", () => {
    const bucket = new TokenBucket({ count: 2, perMs: 1_000 });
    expect([bucket.take(0), bucket.take(400), bucket.take(500)]).toEqual([true, true, false]);
    expect(bucket.nextAt(500)).toBe(1_000);
    expect([bucket.take(999), bucket.take(1_000), bucket.take(1_001)]).toEqual([false, true, false]);
    expect(bucket.nextAt(1_001)).toBe(1_400);
    expect(bucket.available(10_000)).toBe(2);
    expect(bucket.nextAt(10_000)).toBe(10_000);
  });

  it("says when to look again: when a token comes back, or after its span when none is out", () => {
    const bucket = new TokenBucket({ count: 2, perMs: 1_000 });
    expect(bucket.lookAgainAt(500)).toBe(1_500);
    bucket.take(500);
    bucket.take(700);
    expect(bucket.lookAgainAt(800)).toBe(1_500);
    expect(bucket.lookAgainAt(1_600)).toBe(1_700);
    expect(bucket.lookAgainAt(9_000)).toBe(10_000);
  });

  it("does not wait for hours when the clock steps back", () => {
    const bucket = new TokenBucket({ count: 1, perMs: 1_000 });
    expect(bucket.take(7_200_000)).toBe(true);
    expect(bucket.take(0)).toBe(true);
    expect(bucket.take(0)).toBe(false);
  });

  it("never lets more than its count through any span of its length", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 3_000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 10, max: 1_000 }), steps, (count, perMs, gaps) => {
        const bucket = new TokenBucket({ count, perMs });
        const taken: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const free = bucket.available(now);
          expect(bucket.take(now)).toBe(free > 0);
          if (free > 0) taken.push(now);
        }
        for (let i = count; i < taken.length; i++) expect(taken[i]! - taken[i - count]!).toBeGreaterThanOrEqual(perMs);
      }),
      { numRuns: 50 },
    );
  });
});
