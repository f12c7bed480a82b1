import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isScarce, retryMayStart, slotShare } from "../../src/core/slot-share.ts";

describe("a share of the slots", () => {
  it("is all of them while plenty are left, and for one alone", () => {
    expect(slotShare(256, 65, 100)).toBe(256);
    expect(slotShare(256, 1, 1)).toBe(256);
  });

  it("shrinks with what is left, down to one", () => {
    expect([64, 32, 16, 8, 1].map((free) => slotShare(256, free, 4))).toEqual([64, 32, 16, 8, 1]);
    expect(slotShare(256, 64, 100)).toBe(2);
    expect(slotShare(256, 64, 10_000)).toBe(1);
  });

  it("leaves free slots when as many as want hold on to theirs for ever, up to a quarter of the slots", () => {
    const wants = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(64, 256, 1_000), wants, fc.nat(), (slots, limits, seed) => {
        const held = limits.map(() => 0);
        // Whoever may, starts one more, in some order, and none ever ends.
        for (let turn = seed, idle = 0; idle < limits.length; turn++) {
          const n = turn % limits.length;
          const free = slots - held.reduce((sum, one) => sum + one);
          const may = 0 < free && held[n]! < limits[n]! && held[n]! < slotShare(slots, free, limits.length);
          if (may) held[n]! += 1;
          idle = may ? 0 : idle + 1;
        }
        const free = slots - held.reduce((sum, one) => sum + one);
        if (limits.length <= slots / 4) expect(free).toBeGreaterThan(0);
        for (const [n, one] of held.entries()) expect(one).toBeGreaterThanOrEqual(Math.min(1, limits[n]!));
      }),
    );
  });
});

describe("retries", () => {
  it("leave the last quarter to what was never tried, and have a quarter of their own", () => {
    expect(isScarce(256, 65)).toBe(false);
    expect(isScarce(256, 64)).toBe(true);
    expect(retryMayStart(256, 65, 191)).toBe(true);
    expect(retryMayStart(256, 64, 192)).toBe(false);
    expect(retryMayStart(256, 10, 63)).toBe(true);
    expect(retryMayStart(256, 10, 64)).toBe(false);
  });

  it("are never shut out, however few slots there are", () => {
    for (let slots = 1; slots < 20; slots++) expect(retryMayStart(slots, 1, 0)).toBe(true);
  });
});
