import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { doubtfulShare, isScarce, laneShare, tenantShare } from "../../src/core/slot-share.ts";

describe("a subscription's share of the slots", () => {
  it("is all of them while plenty are left, and for one alone", () => {
    expect(laneShare(256, 65, 100)).toBe(256);
    expect(laneShare(256, 1, 1)).toBe(256);
  });

  it("shrinks with what is left, down to one", () => {
    expect([64, 32, 16, 8, 1].map((free) => laneShare(256, free, 4))).toEqual([64, 32, 16, 8, 1]);
    expect(laneShare(256, 64, 100)).toBe(2);
    expect(laneShare(256, 64, 10_000)).toBe(1);
  });

  it("leaves free slots when all hold on to theirs for ever, if they are at most a quarter as many as slots", () => {
    const wants = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(64, 256, 1_000), wants, fc.nat(), (slots, limits, seed) => {
        const held = limits.map(() => 0);
        // Whoever may, starts one more, in some order, and none ever ends.
        for (let turn = seed, idle = 0; idle < limits.length; turn++) {
          const n = turn % limits.length;
          const free = slots - held.reduce((sum, one) => sum + one);
          const may = 0 < free && held[n]! < limits[n]! && held[n]! < laneShare(slots, free, limits.length);
          if (may) held[n]! += 1;
          idle = may ? 0 : idle + 1;
        }
        const free = slots - held.reduce((sum, one) => sum + one);
        if (limits.length <= slots / 4) expect(free).toBeGreaterThan(0);
        if (0 < free) for (const one of held) expect(one).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

describe("a tenant's share of the slots", () => {
  it("is all of them until few are left, and then an equal part", () => {
    expect(tenantShare(256, 33, 2)).toBe(256);
    expect(tenantShare(256, 32, 2)).toBe(128);
    expect(tenantShare(256, 32, 1)).toBe(256);
    expect(tenantShare(4, 0, 10)).toBe(1);
  });
});

describe("the share of doubtful attempts", () => {
  it("is all slots until a quarter is left, and then a quarter, at least one", () => {
    expect(isScarce(256, 65)).toBe(false);
    expect(isScarce(256, 64)).toBe(true);
    expect(doubtfulShare(256, 65)).toBe(256);
    expect(doubtfulShare(256, 64)).toBe(64);
    for (let slots = 1; slots < 20; slots++) expect(doubtfulShare(slots, 1)).toBeGreaterThanOrEqual(1);
  });
});
