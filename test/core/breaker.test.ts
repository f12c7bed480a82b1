import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Breaker, breakerPhase, CLOSED, openMs } from "../../src/core/breaker.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

/** Failed attempts of these deliveries, one a second. */
function failing(breaker: Breaker, deliveries: readonly number[], from = NOON): Breaker {
  for (const [n, delivery] of deliveries.entries()) {
    breaker.started(delivery);
    breaker.ended(delivery, "failure", from + 1_000 * n);
  }
  return breaker;
}

function opened(): Breaker {
  return failing(new Breaker(CLOSED), [1, 2, 3, 4, 5]);
}

describe("a breaker opens", () => {
  it("after five failures in a row of at least three deliveries", () => {
    const breaker = failing(new Breaker(CLOSED), [1, 2, 1, 3]);
    expect(breaker.isClosed).toBe(true);
    expect(breaker.ended(1, "failure", NOON + 4_000)).toEqual({ openings: 1, openUntil: NOON + 34_000 });
    expect(breaker.mayStart(NOON + 4_000)).toBe(false);
  });

  it("not for fewer deliveries, however often they fail", () => {
    const breaker = failing(
      new Breaker(CLOSED),
      Array.from({ length: 100 }, (_, n) => n % 2),
    );
    expect(breaker.state).toEqual(CLOSED);
    expect(breaker.mayStart(NOON)).toBe(true);
  });

  it("not when a success came between, and not for what was not sent", () => {
    const breaker = failing(new Breaker(CLOSED), [1, 2, 3, 4]);
    breaker.ended(9, "success", NOON);
    failing(breaker, [5, 6, 7, 8]);
    for (let n = 0; n < 10; n++) expect(breaker.ended(9, "not_sent", NOON)).toBeUndefined();
    expect(breaker.state).toEqual(CLOSED);
    expect(breaker.ended(9, "failure", NOON)?.openings).toBe(1);
  });

  it("for 30 s, doubling to 10 min", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 2_000].map((openings) => openMs(openings) / 1_000)).toEqual([
      30, 60, 120, 240, 480, 600, 600, 600,
    ]);
  });
});

describe("an open breaker", () => {
  it("ignores the failures of what was in flight, and closes for a success of it", () => {
    const breaker = opened();
    const { state } = breaker;
    for (const delivery of [6, 7, 8, 9, 10, 11]) {
      expect(breaker.ended(delivery, "failure", NOON + 5_000)).toBeUndefined();
    }
    expect(breaker.state).toBe(state);
    expect(breaker.ended(12, "success", NOON + 6_000)).toEqual(CLOSED);
    expect(breaker.mayStart(NOON + 6_000)).toBe(true);
  });

  it("lets exactly one try when its time is over, and opens for twice as long when that fails", () => {
    const breaker = opened();
    const { openUntil = 0 } = breaker.state;
    expect(breaker.mayStart(openUntil - 1)).toBe(false);
    expect(breaker.openUntil(openUntil - 1)).toBe(openUntil);
    expect(breaker.mayStart(openUntil)).toBe(true);
    expect(breaker.openUntil(openUntil)).toBe(0);
    breaker.started(7);
    expect(breaker.mayStart(openUntil)).toBe(false);
    expect(breaker.ended(7, "failure", openUntil + 10)).toEqual({ openings: 2, openUntil: openUntil + 60_010 });
    expect(breaker.mayStart(openUntil + 60_009)).toBe(false);
    expect(breaker.mayStart(openUntil + 60_010)).toBe(true);
  });

  it("closes when that succeeds, and then opens for 30 s again", () => {
    const breaker = opened();
    breaker.started(7);
    breaker.ended(7, "failure", NOON + 60_000);
    breaker.started(8);
    expect(breaker.ended(8, "success", NOON + 200_000)).toEqual(CLOSED);
    expect(failing(breaker, [1, 2, 3, 4, 5], NOON + 300_000).state).toEqual({
      openings: 1,
      openUntil: NOON + 334_000,
    });
  });

  it("lets another try when the one was not sent", () => {
    const breaker = opened();
    breaker.started(7);
    breaker.ended(7, "not_sent", NOON + 60_000);
    expect(breaker.mayStart(NOON + 60_000)).toBe(true);
  });

  it("goes on as it was kept, and never lasts longer than it should by a clock that stepped back", () => {
    const kept = { openings: 3, openUntil: NOON };
    expect(breakerPhase(kept, NOON - 1)).toBe("open");
    expect(breakerPhase(kept, NOON)).toBe("half_open");
    expect(breakerPhase(kept, NOON - 7_200_000)).toBe("half_open");
    expect(breakerPhase(CLOSED, NOON)).toBe("closed");
    const breaker = new Breaker(kept);
    expect(breaker.mayStart(NOON - 1)).toBe(false);
    expect(breaker.mayStart(NOON)).toBe(true);
  });
});

describe("whatever happens", () => {
  const step = fc.record({
    kind: fc.constantFrom("start" as const, "success" as const, "failure" as const, "not_sent" as const),
    delivery: fc.integer({ min: 1, max: 6 }),
    waitMs: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 700_000 })),
  });

  it("at most one delivery is out while it is not closed, beside those that were before", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const breaker = new Breaker(CLOSED);
        const inFlight = new Set<number>();
        /** Started since it was last closed. */
        const probes = new Set<number>();
        let now = NOON;
        let failures = 0;
        const different = new Set<number>();
        for (const { kind, delivery, waitMs } of steps) {
          now += waitMs;
          if (kind === "start") {
            if (inFlight.has(delivery) || !breaker.mayStart(now)) continue;
            expect(now >= (breaker.state.openUntil ?? 0)).toBe(true);
            breaker.started(delivery);
            inFlight.add(delivery);
            if (!breaker.isClosed) probes.add(delivery);
            expect(probes.size).toBeLessThanOrEqual(1);
            continue;
          }
          if (!inFlight.delete(delivery)) continue;
          const before = breaker.state;
          const wasProbe = probes.delete(delivery);
          const changed = breaker.ended(delivery, kind, now);
          if (kind === "failure") {
            failures += 1;
            different.add(delivery);
          } else if (kind === "success") {
            failures = 0;
            different.clear();
          }
          if (kind === "success") expect(breaker.state).toEqual(CLOSED);
          else if (kind === "not_sent") expect(breaker.state).toBe(before);
          else if (before.openings > 0) expect(breaker.state.openings).toBe(before.openings + (wasProbe ? 1 : 0));
          else if (breaker.state.openings === 1) expect(5 <= failures && 3 <= different.size).toBe(true);
          expect(changed ?? before).toEqual(breaker.state);
          if (breaker.isClosed) probes.clear();
          else if (before.openings === 0) {
            failures = 0;
            different.clear();
          }
        }
      }),
    );
  });
});
