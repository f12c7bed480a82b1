import { expect, it } from "vitest";
import { DEFAULT_RETENTION } from "../../src/core/retention.ts";
import type { RetryInput } from "../../src/core/subscription.ts";
import { checkEnd } from "./final-checks.ts";
import { Operators } from "./operators.ts";
import { HOUR } from "./plan.ts";
import { Publishers } from "./publishers.ts";
import { makeTemplate } from "./store-history.ts";
import { World } from "./world.ts";

const DAY = 24 * HOUR;
const WAIT = 40 * DAY;
/** A look each minute of 41 days, several times over; a timer that overflows comes here within a minute of its day. */
const MOST_STEPS = 500_000;

it("R22: a retry that is due in 40 days is made then, not before, and not forgotten by a restart", {
  timeout: 300_000,
}, async () => {
  const world = new World(1, await makeTemplate(), {
    concurrency: 4,
    rates: { process: undefined, tenant: undefined, hostRetries: undefined },
    retention: DEFAULT_RETENTION,
    longestAskMs: HOUR,
    isTraced: false,
  });
  const { time } = world;
  const at = (moment: number, happen: () => void): void => void time.schedule(time.world, moment, happen);
  const operators = new Operators(world, "safety", 1);
  const publishers = new Publishers(world);
  const url = "http://h1.test/far";
  world.network.setModes(url, [
    { from: 0, mode: "failing" },
    { from: DAY, mode: "healthy" },
  ]);
  const restore = time.install();
  try {
    at(0, () => world.supervise());
    const retry: RetryInput = { strategy: "list", delays: [WAIT], jitter: 0 };
    at(100, () => operators.createFrom({ url, events: ["*"], retry, breaker: false }));
    at(HOUR, () => publishers.burst(1));
    at(20 * DAY, () => world.crash(world.daemon!, "kill -9", 10 * 60_000));
    await time.run(41 * DAY + 2 * HOUR, () => world.violation !== undefined || MOST_STEPS < time.steps);
    checkEnd(world, "safety");
  } finally {
    restore();
    world.database.close();
  }
  expect(world.violation).toBeUndefined();
  expect(time.steps).toBeLessThan(MOST_STEPS);
  const { requests, events } = world.ledger;
  expect(events).toMatchObject([{ isAccepted: true }]);
  expect(requests.map(({ answer }) => Math.floor((answer?.status ?? 0) / 100))).toEqual([expect.any(Number), 2]);
  expect(requests[0]!.answer?.status).not.toBe(200);
  const waited = requests[1]!.startedAt - requests[0]!.endedAt!;
  expect(waited).toBeGreaterThanOrEqual(WAIT);
  expect(waited).toBeLessThan(WAIT + 10_000);
  expect(requests[1]!.daemon).not.toBe(requests[0]!.daemon);
});
