import { expect, it } from "vitest";
import { DEFAULT_RETENTION } from "../../src/core/retention.ts";
import { HOUR } from "./plan.ts";
import { makeTemplate } from "./store-history.ts";
import { World } from "./world.ts";

const MINUTE = 60_000;

it("a while of the machine's running reaches back over its sleep, and no further", async () => {
  const world = new World(1, await makeTemplate(), {
    concurrency: 4,
    rates: { process: undefined, tenant: undefined, hostRetries: undefined },
    retention: DEFAULT_RETENTION,
    longestAskMs: HOUR,
    isTraced: false,
  });
  const { clock, time } = world;
  const runTo = (moment: number): Promise<void> => {
    time.schedule(time.world, moment - time.now, () => {});
    return time.run(moment, () => false);
  };
  try {
    await runTo(HOUR);
    clock.step(-2 * HOUR);
    await runTo(HOUR + 10 * MINUTE);
    clock.sleep(HOUR);
    await runTo(HOUR + 15 * MINUTE);
    clock.sleep(8 * HOUR);
    await runTo(HOUR + 20 * MINUTE);
    const { elapsed } = time;
    expect(elapsed).toBe(10 * HOUR + 20 * MINUTE);
    expect(clock.before(elapsed, 5 * MINUTE)).toBe(elapsed - 5 * MINUTE);
    expect(clock.before(elapsed, 6 * MINUTE)).toBe(elapsed - 8 * HOUR - 6 * MINUTE);
    expect(clock.before(elapsed, 11 * MINUTE)).toBe(elapsed - 9 * HOUR - 11 * MINUTE);
    expect(clock.before(HOUR + 5 * MINUTE, 7 * MINUTE)).toBe(HOUR - 2 * MINUTE);
    expect(clock.before(Number.POSITIVE_INFINITY, MINUTE)).toBe(Number.POSITIVE_INFINITY);
    expect(clock.wasSet(clock.before(elapsed, 21 * MINUTE))).toBe(true);
    expect(clock.wasSet(clock.before(elapsed, 19 * MINUTE))).toBe(false);
  } finally {
    world.database.close();
  }
});
