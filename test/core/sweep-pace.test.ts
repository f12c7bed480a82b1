import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SweepPace } from "../../src/core/sweep-pace.ts";

const HOUR = 3_600_000;

describe("the pace of a sweep", () => {
  it("takes more at a time while steps are short, and less when one was long", () => {
    const pace = new SweepPace();
    const first = pace.limit;
    for (let n = 0; n < 30; n++) pace.rest(1, HOUR);
    expect(pace.limit).toBe(250);
    for (let n = 0; n < 30; n++) pace.rest(2, HOUR);
    expect(pace.limit).toBe(250);
    for (let n = 0; n < 30; n++) pace.rest(20, HOUR);
    expect(pace.limit).toBe(20);
    expect(first).toBe(50);
  });

  it("rests for long as long as what it deletes took longer to come", () => {
    const pace = new SweepPace();
    for (let n = 0; n < 1_000; n++) expect(pace.rest(2, 40)).toBe(16);
    expect(new SweepPace().rest(2, undefined)).toBe(16);
  });

  it("rests less once it falls behind what came, and more again when it has caught up", () => {
    const pace = new SweepPace();
    const rests = Array.from({ length: 10_000 }, () => pace.rest(2, 10));
    expect(rests[0]).toBe(16);
    // Half of the 10 ms, of which the step took 2.
    expect(rests.at(-1)).toBe(4);
    for (let n = 0; n < 100; n++) pace.rest(2, HOUR);
    expect(pace.rest(2, HOUR)).toBe(16);
  });

  it("gains on whatever comes as fast as the steps allow it, and leaves the writer to others for most of the time", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.double({ min: 0.01, max: 50, noNaN: true }), fc.double({ min: 0, max: 1e6, noNaN: true })),
          {
            minLength: 1,
            maxLength: 300,
          },
        ),
        (steps) => {
          const pace = new SweepPace();
          let [spent, came, least] = [0, 0, 0];
          for (const [took, cameIn] of steps) {
            const rest = pace.rest(took, cameIn);
            expect(rest).toBeGreaterThanOrEqual(2 * took);
            expect(rest).toBeLessThanOrEqual(8 * took);
            expect(pace.limit).toBeGreaterThanOrEqual(20);
            spent += took + rest;
            came += cameIn;
            least += 3 * took;
          }
          expect(spent).toBeLessThanOrEqual(60_000 + Math.max(came / 2 + least, least) + 1e-6);
        },
      ),
    );
  });
});
