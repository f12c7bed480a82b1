import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_TIMING, redialDelayMs, watchClock } from "../../src/stream/redial.ts";

describe("redialDelayMs", () => {
  it("doubles from 0.25 s to 15 s", () => {
    const almostOne = 1 - Number.EPSILON;
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((failures) =>
      redialDelayMs(failures, false, almostOne, DEFAULT_TIMING),
    );
    expect(delays).toEqual([249, 499, 999, 1_999, 3_999, 7_999, 14_999, 14_999, 14_999]);
  });

  it("is at most 5 s after a connection that was open, however often that is lost", () => {
    const almostOne = 1 - Number.EPSILON;
    const delays = [1, 5, 6, 100].map((failures) => redialDelayMs(failures, true, almostOne, DEFAULT_TIMING));
    expect(delays).toEqual([249, 3_999, 4_999, 4_999]);
  });

  it("is anything from 0 to that", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.boolean(),
        (failures, random, wasReady) => {
          const delay = redialDelayMs(failures, wasReady, random, DEFAULT_TIMING);
          expect(Number.isInteger(delay) && 0 <= delay && delay < 15_000).toBe(true);
        },
      ),
    );
    expect(redialDelayMs(5, false, 0, DEFAULT_TIMING)).toBe(0);
  });
});

describe("watchClock", () => {
  const timing = { ...DEFAULT_TIMING, clockCheckMs: 5, clockJumpMs: 10_000 };

  function jumps(wall: () => number): { seen: number[]; stop(): void } {
    const seen: number[] = [];
    return { seen, stop: watchClock(timing, wall, (byMs) => seen.push(byMs)) };
  }

  it("tells of a wall clock that jumped, either way", async () => {
    let off = 0;
    const { seen, stop } = jumps(() => performance.now() + off);
    for (const by of [3_600_000, -3_600_000]) {
      off += by;
      await expect.poll(() => seen.at(-1) ?? 0, { timeout: 30_000 }).toBeCloseTo(by, -3);
    }
    stop();
    expect(seen).toHaveLength(2);
  });

  it("tells of a process that stood still while both clocks went on", async () => {
    const real = performance.now;
    const { seen, stop } = jumps(() => performance.now());
    let aheadMs = 0;
    performance.now = () => real.call(performance) + aheadMs;
    try {
      aheadMs = 60_000;
      await expect.poll(() => seen.length, { timeout: 30_000 }).toBe(1);
    } finally {
      stop();
      performance.now = real;
    }
    expect(seen[0]).toBeGreaterThanOrEqual(59_000);
  });
});
