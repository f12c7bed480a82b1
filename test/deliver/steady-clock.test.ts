import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SteadyClock } from "../../src/deliver/steady-clock.ts";

const HOUR = 3_600_000;

function machine() {
  const at = { wall: Date.UTC(2026, 0, 1), running: 5_000, sinceBoot: 90_000 };
  const clock = new SteadyClock({ wall: () => at.wall, running: () => at.running, sinceBoot: () => at.sinceBoot });
  return {
    clock,
    wall: () => at.wall,
    pass(ms: number) {
      at.wall += ms;
      at.running += ms;
      at.sinceBoot += ms;
    },
    set(ms: number) {
      at.wall += ms;
    },
    sleep(ms: number) {
      at.wall += ms;
      at.sinceBoot += ms;
    },
  };
}

describe("the delivering side's clock", () => {
  it("shows the wall clock's time as long as nobody sets it", () => {
    const { clock, pass, wall } = machine();
    for (let n = 0; n < 100; n++) {
      pass(1_000);
      expect(clock.look()).toEqual({ stepMs: 0, sleptMs: 0 });
      expect(clock.now()).toBe(wall());
    }
    expect(clock.offsetMs).toBe(0);
  });

  it.each([2 * HOUR, -2 * HOUR])("does not move when the wall clock is set by %d ms, and says so once", (step) => {
    const { clock, pass, set, wall } = machine();
    const before = clock.now();
    set(step);
    expect(clock.now()).toBe(before);
    pass(1_000);
    expect(clock.look()).toEqual({ stepMs: step, sleptMs: 0 });
    expect(clock.offsetMs).toBe(0);
    clock.accept(step);
    expect(clock.now()).toBe(before + 1_000);
    expect(clock.now() + clock.offsetMs).toBe(wall());
    pass(1_000);
    expect(clock.look()).toEqual({ stepMs: 0, sleptMs: 0 });
  });

  it("moves on by what the machine slept", () => {
    const { clock, pass, sleep, wall } = machine();
    sleep(8 * HOUR);
    pass(1_000);
    expect(clock.look()).toEqual({ stepMs: 0, sleptMs: 8 * HOUR });
    expect(clock.now()).toBe(wall());
    expect(clock.offsetMs).toBe(0);
  });

  it("bears a second more and a second less for ever, and counts what creeps", () => {
    const { clock, pass, set } = machine();
    for (let n = 0; n < 50; n++) {
      set(n % 2 === 0 ? 1_000 : -1_000);
      pass(1_000);
      expect(clock.look().stepMs).toBe(0);
    }
    let told = 0;
    for (let n = 0; n < 10; n++) {
      set(500);
      pass(1_000);
      told += clock.look().stepMs;
    }
    expect(told).toBeGreaterThanOrEqual(3_500);
  });

  it("never goes back, and is never further from the wall clock than it says, whatever happens", () => {
    const happening = fc.oneof(
      fc.record({ kind: fc.constant("pass"), ms: fc.integer({ min: 0, max: 60_000 }) }),
      fc.record({ kind: fc.constant("set"), ms: fc.integer({ min: -HOUR, max: HOUR }) }),
      fc.record({ kind: fc.constant("sleep"), ms: fc.integer({ min: 0, max: HOUR }) }),
    );
    fc.assert(
      fc.property(fc.array(happening), (happenings) => {
        const under = machine();
        let last = under.clock.now();
        for (const { kind, ms } of happenings) {
          under[kind as "pass" | "set" | "sleep"](ms);
          under.clock.accept(under.clock.look().stepMs);
          expect(under.clock.now()).toBeGreaterThanOrEqual(last);
          last = under.clock.now();
          expect(Math.abs(under.wall() - last - under.clock.offsetMs)).toBeLessThan(4_001);
        }
      }),
    );
  });
});
