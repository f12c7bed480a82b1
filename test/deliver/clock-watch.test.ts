import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { ClaimedDelivery } from "../../src/core/delivery.ts";
import { HooksError } from "../../src/core/errors.ts";
import { ClockWatch } from "../../src/deliver/clock-watch.ts";
import { ShiftedStore } from "../../src/deliver/shifted-store.ts";
import { type ClockNews, SteadyClock } from "../../src/deliver/steady-clock.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { failure, NOON, newEvent, newSubscription, success, WORKER } from "../store/fixtures.ts";
import { tempFolder } from "../store/temp-folder.ts";

const HOUR = 3_600_000;
const WAIT = 300_000;

async function watched() {
  const store = await openSqliteStore({ path: join(tempFolder(), "hooks.db") });
  onTestFinished(() => store.close());
  const lane = await store.insertSubscription(newSubscription());
  const at = { wall: NOON, running: 1_000, sinceBoot: 50_000 };
  const clock = new SteadyClock({ wall: () => at.wall, running: () => at.running, sinceBoot: () => at.sinceBoot });
  const dispatched = new ShiftedStore(store, () => clock.offsetMs);
  const news: ClockNews[] = [];
  const watch = new ClockWatch({
    clock,
    wallNow: () => at.wall,
    worker: WORKER,
    store,
    dispatched,
    onNews: (one) => news.push(one),
    onFatal: (error) => {
      throw error;
    },
  });
  return {
    store,
    lane,
    clock,
    dispatched,
    watch,
    news,
    set: (ms: number) => {
      at.wall += ms;
    },
    pass: (ms: number) => {
      for (const name of ["wall", "running", "sinceBoot"] as const) at[name] += ms;
    },
    sleep: (ms: number) => {
      at.wall += ms;
      at.sinceBoot += ms;
    },
    publish: () => store.appendEvents([newEvent([lane], { createdAt: at.wall })]),
    claim: async () => {
      const lease = { worker: WORKER, endsAt: clock.now() + 60_000 };
      const [claimed] = await dispatched.claimDue([{ subscriptionRowId: lane, limit: 10 }], clock.now(), lease);
      return claimed!;
    },
  };
}

it.each([2 * HOUR, -2 * HOUR])("keeps a retry's wait as it is when the clock is set by %d ms", async (step) => {
  const { publish, claim, dispatched, clock, set, pass, watch, news } = await watched();
  await publish();
  const [delivery] = (await claim()).deliveries;
  await dispatched.recordAttempts(WORKER, [failure(delivery!, { kind: "retry", at: clock.now() + WAIT }, clock.now())]);
  set(step);
  pass(1_000);
  await watch.look();
  expect(news).toEqual([{ stepMs: step, sleptMs: 0 }]);
  const before = await claim();
  expect(before.deliveries).toEqual([]);
  expect(before.nextRetryAt).toBe(NOON + WAIT);
  pass(WAIT - 1_000);
  await watch.look();
  expect((await claim()).deliveries).toHaveLength(1);
  expect(news).toHaveLength(1);
});

it.each([HOUR, -HOUR])("disables after an hour of failures, also when the clock is set by %d ms", async (step) => {
  const { publish, claim, dispatched, clock, set, pass, watch } = await watched();
  for (let n = 0; n < 21; n++) await publish();
  const deliveries: ClaimedDelivery[] = [];
  for (let n = 0; n < 3; n++) deliveries.push(...(await claim()).deliveries);
  const fails = (from: number, to: number) => {
    const verdict = { kind: "retry", at: clock.now() + 24 * HOUR } as const;
    const attempts = deliveries.slice(from, to).map((delivery) => failure(delivery, verdict, clock.now()));
    return dispatched.recordAttempts(WORKER, attempts);
  };
  await fails(0, 19);
  set(step);
  pass(10_000);
  await watch.look();
  expect(await fails(19, 20)).toMatchObject({ disabled: [] });
  pass(HOUR - 10_000);
  expect(await fails(20, 21)).toMatchObject({ disabled: [{ reason: "failing" }] });
});

it("would send it at once without", async () => {
  const { publish, claim, store, clock, lane } = await watched();
  await publish();
  const [delivery] = (await claim()).deliveries;
  await store.recordAttempts(WORKER, [failure(delivery!, { kind: "retry", at: clock.now() + WAIT })]);
  const lease = { worker: WORKER, endsAt: NOON + 3 * HOUR };
  const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 10 }], NOON + 2 * HOUR, lease);
  expect(claimed!.deliveries).toHaveLength(1);
});

it("notices that the clock was set while the disk is full, and ends when the disk fails", async () => {
  const { publish, claim, store, clock, set, watch, news } = await watched();
  const release = store.releaseLeases.bind(store);
  store.releaseLeases = () => Promise.reject(new HooksError("store_full", "no space left on the disk"));
  set(2 * HOUR);
  await watch.look();
  expect(news).toEqual([{ stepMs: 2 * HOUR, sleptMs: 0 }]);
  expect(clock.offsetMs).toBe(2 * HOUR);
  await publish();
  expect((await claim()).deliveries).toHaveLength(1);

  store.releaseLeases = () => Promise.reject(new HooksError("store_unusable", "the disk failed"));
  set(2 * HOUR);
  await expect(watch.look()).rejects.toThrow("the disk failed");
  store.releaseLeases = release;
});

it("takes what is published at once, before and after the clock was set back", async () => {
  const { publish, claim, dispatched, clock, set, watch, store } = await watched();
  await publish();
  set(-2 * HOUR);
  await publish();
  await watch.look();
  await publish();
  const { deliveries } = await claim();
  expect(deliveries).toHaveLength(3);
  await dispatched.recordAttempts(WORKER, [success(deliveries[0]!, clock.now())]);
  const attempt = (await store.listAttempts(deliveries[0]!.rowId))[0]!;
  expect(attempt.outcome).toBe("success");
});

it("sends after a sleep what became due in it", async () => {
  const { publish, claim, dispatched, clock, sleep, watch, news } = await watched();
  await publish();
  const [delivery] = (await claim()).deliveries;
  await dispatched.recordAttempts(WORKER, [failure(delivery!, { kind: "retry", at: clock.now() + WAIT }, clock.now())]);
  sleep(8 * HOUR);
  await watch.look();
  expect(news).toEqual([{ stepMs: 0, sleptMs: 8 * HOUR }]);
  expect((await claim()).deliveries).toHaveLength(1);
});

it("makes due at its start what was published while the clock was ahead", async () => {
  const { publish, claim, set, watch } = await watched();
  set(24 * HOUR);
  await publish();
  set(-24 * HOUR);
  expect((await claim()).deliveries).toEqual([]);
  await watch.start();
  onTestFinished(() => watch.stop());
  expect((await claim()).deliveries).toHaveLength(1);
});
