import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_TIMING, redialDelayMs } from "../../src/stream/redial.ts";

describe("redialDelayMs", () => {
  it("doubles from 0.25 s to 15 s", () => {
    const almostOne = 1 - Number.EPSILON;
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((failures) =>
      redialDelayMs(failures, almostOne, DEFAULT_TIMING),
    );
    expect(delays).toEqual([249, 499, 999, 1_999, 3_999, 7_999, 14_999, 14_999, 14_999]);
  });

  it("is anything from 0 to that", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, random) => {
          const delay = redialDelayMs(failures, random, DEFAULT_TIMING);
          expect(Number.isInteger(delay) && 0 <= delay && delay < 15_000).toBe(true);
        },
      ),
    );
    expect(redialDelayMs(5, 0, DEFAULT_TIMING)).toBe(0);
  });
});
