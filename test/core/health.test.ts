import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  afterAttempt,
  type Health,
  healthState,
  isBeyondHope,
  NEW_HEALTH,
  successRate,
} from "../../src/core/health.ts";

function after(outcomes: readonly boolean[], stepMs = 1_000): Health {
  return outcomes.reduce((health, success, index) => afterAttempt(health, success, index * stepMs), NEW_HEALTH);
}

describe("health", () => {
  it("is that of the last twenty attempts", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (outcomes) => {
        const last = outcomes.slice(-20);
        const expected = last.length === 0 ? 1 : last.filter(Boolean).length / last.length;
        expect(successRate(after(outcomes))).toBeCloseTo(expected, 10);
        const inARow = outcomes.length - 1 - outcomes.lastIndexOf(true);
        expect(after(outcomes).consecutiveFailures).toBe(inARow);
      }),
    );
  });

  it.each([
    [[], "healthy"],
    [[...Array(19).fill(true), false], "healthy"],
    [[...Array(18).fill(true), false, false], "degraded"],
    [[true, false, true, false], "degraded"],
    [[true, false, false], "unhealthy"],
    [[...Array(20).fill(true), ...Array(5).fill(false)], "unhealthy"],
    [[...Array(20).fill(true), ...Array(4).fill(false)], "degraded"],
  ])("%j is %s", (outcomes, state) => {
    expect(healthState(after(outcomes), true)).toBe(state);
    expect(healthState(after(outcomes), false)).toBe("disabled");
  });

  it("changes where it is told to", () => {
    const one = after([...Array(9).fill(true), false]);
    expect(healthState(one, true)).toBe("degraded");
    expect(healthState(one, true, { degraded: 0.9, unhealthy: 0.5, failures: 5 })).toBe("healthy");
    expect(healthState(one, true, { degraded: 0.95, unhealthy: 0.92, failures: 5 })).toBe("unhealthy");
    expect(healthState(one, true, { degraded: 0.9, unhealthy: 0.5, failures: 1 })).toBe("unhealthy");
  });

  it("ends a subscription only after enough failures in a row over long enough", () => {
    const rule = { failures: 20, minSpanMs: 3_600_000 };
    const slow = after(Array(20).fill(false), 200_000);
    expect(isBeyondHope(slow, rule, 19 * 200_000)).toBe(true);
    expect(isBeyondHope(slow, { ...rule, failures: 21 }, 19 * 200_000)).toBe(false);
    expect(isBeyondHope(after(Array(20).fill(false), 1_000), rule, 19_000)).toBe(false);
    expect(isBeyondHope(slow, { failures: 0, minSpanMs: 0 }, 19 * 200_000)).toBe(false);
    const recovered = afterAttempt(slow, true, 4_000_000);
    expect(isBeyondHope(recovered, rule, 4_000_000)).toBe(false);
  });
});
