import { describe, expect, it } from "vitest";
import type { ClaimedDelivery, RecordedAttempt } from "../../src/core/delivery.ts";
import { ANY } from "../../src/core/key.ts";
import { Tally } from "../../src/core/statistics/tally.ts";
import type { Store } from "../../src/store/store.ts";
import { failure, LEASE, NOON, newEvent, newSubscription, OTHER_TENANT, SCOPE, success, WORKER } from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const EXHAUSTED = { kind: "failed", reason: "exhausted" } as const;

export function statisticsContract(under: StoreUnderTest): void {
  describe("statistics", () => {
    it("counts attempts by outcome, duration, type and subscription, and the deliveries that they ended", async () => {
      const { store, claim } = await openLanes(under);
      const [a, b, c] = await claim("shop", 3, "order.created");
      const [d] = await claim("billing", 1, "invoice.paid");
      await store.recordAttempts(WORKER, [
        took(success(a!), 12),
        took(failure(b!), 700),
        failure(c!, EXHAUSTED),
        { ...took(success(d!), 30), eventType: "invoice.paid" },
      ]);
      await store.recordAttempts(WORKER, []);
      const { total, groups, leftOut } = await store.statistics.read(SCOPE, { since: NOON, by: "type", limit: 10 });
      expect(sum(total)).toMatchObject({ attempts: 4, succeeded: 2, delivered: 2, failed: 1, durationMs: 749 });
      expect([...sum(total).byOutcome()].map(([outcome, { attempts }]) => [outcome, attempts])).toEqual([
        [204, 2],
        [500, 2],
      ]);
      expect(groups.map(({ key, total: { attempts } }) => [key, attempts])).toEqual([
        ["order.created", 3],
        ["invoice.paid", 1],
      ]);
      expect(leftOut).toBe(0);
      const by = await store.statistics.read(SCOPE, { since: NOON, by: "subscription", limit: 1 });
      expect(by.groups).toMatchObject([{ name: "shop" }]);
      expect(by.leftOut).toBe(1);
      expect(by.groups[0]!.total).toMatchObject({ attempts: 3, succeeded: 1, delivered: 1, failed: 1 });
      expect([...by.groups[0]!.series.values()]).toEqual([{ attempts: 3, failed: 2 }]);
      const one = await store.statistics.read(SCOPE, {
        since: NOON,
        by: undefined,
        subscriptionRowId: d!.subscriptionRowId,
        limit: 1,
      });
      expect(sum(one.total).attempts).toBe(1);
      expect(one.groups).toEqual([]);
    });

    it("counts nothing of another tenant, of before, or of what was not recorded", async () => {
      const { store, claim } = await openLanes(under);
      const [one, other] = await claim("shop", 2, "order.created");
      await store.recordAttempts(WORKER, [success(one!, NOON - 1), success(other!, NOON + 1)]);
      expect(sum((await store.statistics.read(OTHER_TENANT, { since: 0, by: "type", limit: 9 })).total).attempts).toBe(
        0,
      );
      expect(sum((await store.statistics.read(SCOPE, { since: NOON, by: undefined, limit: 9 })).total).attempts).toBe(
        1,
      );
      // A batch that fails counts nothing, and the one that shared its transaction counts once.
      const [third] = await claim("shop", 1, "order.created");
      const bad = { ...success(third!, NOON + 1), subscriptionRowId: 999 };
      const outcomes = await Promise.allSettled([
        store.recordAttempts(WORKER, [bad]),
        store.recordAttempts(WORKER, [success(third!, NOON + 1)]),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
      expect(sum((await store.statistics.read(SCOPE, { since: NOON, by: undefined, limit: 9 })).total).attempts).toBe(
        2,
      );
    });

    it("counts each attempt of a delivery, also when it is no longer the sender's to end", async () => {
      const { store, claim } = await openLanes(under);
      const [one] = await claim("shop", 1, "order.created");
      await store.recordAttempts(WORKER, [failure(one!, { kind: "retry", at: NOON })]);
      await store.recordAttempts(WORKER, [success(one!)]);
      const { total } = await store.statistics.read(SCOPE, { since: NOON, by: undefined, limit: 9 });
      expect(sum(total)).toMatchObject({ attempts: 2, delivered: 0 });
    });

    it("stays exact while it is added up into minutes, hours and days, and forgets after a month", async () => {
      const { store, claim, openAgain } = await openLanes(under);
      const all: ClaimedDelivery[] = await claim("shop", 400, "order.created");
      // One commit each, over 40 days: the log is added up on the way.
      const AGES = [0, 1, 90, 30 * 60, 3 * 24 * 60, 10 * 24 * 60, 29 * 24 * 60, 40 * 24 * 60];
      for (const [n, delivery] of all.entries()) {
        const endedAt = NOON - AGES[n % AGES.length]! * MINUTE;
        await store.recordAttempts(WORKER, [took(success(delivery, endedAt), n)]);
      }
      const read = async (from: Store, since: number) =>
        sum((await from.statistics.read(SCOPE, { since, by: undefined, limit: 9 })).total);
      const before = await Promise.all(
        [0, NOON - 31 * 24 * HOUR, NOON - 7 * 24 * HOUR, NOON - 24 * HOUR, NOON - HOUR].map((since) =>
          read(store, since),
        ),
      );
      expect(before.map(({ attempts }) => attempts)).toEqual([400, 350, 250, 150, 100]);
      expect(await store.statistics.age(NOON)).toBeGreaterThan(0);
      const other = await openAgain();
      for (const from of [store, other]) {
        expect((await read(from, NOON - HOUR)).attempts).toBe(100);
        expect((await read(from, NOON - 24 * HOUR)).attempts).toBe(150);
        expect((await read(from, NOON - 7 * 24 * HOUR)).attempts).toBe(250);
        const month = await read(from, NOON - 31 * 24 * HOUR);
        expect(new Map(month.cells)).toEqual(new Map(before[1]!.cells));
        expect(month).toMatchObject({ delivered: 350, durationMs: before[1]!.durationMs });
      }
      // What is in the log still is added up later, and moved then.
      expect(await store.statistics.age(NOON)).toBe(0);
      expect((await read(store, 0)).attempts).toBeLessThan(400);
      const spans = [...(await store.statistics.read(SCOPE, { since: 0, by: undefined, limit: 9 })).total.keys()];
      expect(spans.length).toBeLessThan(AGES.length + 5);
    });

    it("reads every tenant and environment in reach, the busiest first", async () => {
      const { store, claim } = await openLanes(under);
      const mine = await claim("shop", 2, "order.created");
      const rowId = await store.insertSubscription(newSubscription({ scope: OTHER_TENANT }));
      await store.appendEvents([newEvent([rowId], { scope: OTHER_TENANT })]);
      const [theirs] = await store.claimDue([{ subscriptionRowId: rowId, limit: 5 }], NOON, LEASE);
      await store.recordAttempts(WORKER, [...mine.map((one) => success(one)), failure(theirs!.deliveries[0]!)]);
      const all = await store.statistics.readScopes({ tenant: ANY, environment: ANY }, NOON, 10);
      expect(all.scopes.map(({ tenant, tally }) => [tenant, tally.attempts])).toEqual([
        ["default", 2],
        ["other", 1],
      ]);
      expect(all.total.attempts).toBe(3);
      const one = await store.statistics.readScopes({ tenant: "other", environment: ANY }, NOON, 10);
      expect(one.scopes.map(({ tenant }) => tenant)).toEqual(["other"]);
      const first = await store.statistics.readScopes({ tenant: ANY, environment: ANY }, NOON, 1);
      expect(first).toMatchObject({ leftOut: 1 });
      expect(first.total.attempts).toBe(3);
    });

    it("counts what waits, by subscription, up to a limit", async () => {
      const { store, lanes } = await openLanes(under);
      await store.appendEvents(Array.from({ length: 5 }, () => newEvent([lanes.shop, lanes.billing])));
      expect(await store.statistics.readWaiting(SCOPE, 100)).toMatchObject({
        subscriptions: [
          { name: "shop", waiting: 5, firstDueAt: NOON },
          { name: "billing", waiting: 5 },
        ],
        isWhole: true,
      });
      expect(await store.statistics.readWaiting(SCOPE, 7)).toMatchObject({
        subscriptions: [{ waiting: 5 }, { waiting: 2 }],
        isWhole: false,
      });
      expect(await store.statistics.readWaiting(OTHER_TENANT, 7)).toEqual({ subscriptions: [], isWhole: true });
    });
  });
}

function sum(series: ReadonlyMap<number, Tally>): Tally {
  const all = new Tally();
  for (const tally of series.values()) all.merge(tally);
  return all;
}

function took(recorded: RecordedAttempt, durationMs: number): RecordedAttempt {
  return { ...recorded, attempt: { ...recorded.attempt, durationMs } };
}

async function openLanes(under: StoreUnderTest) {
  const store = await under.open();
  const lanes = {
    shop: await store.insertSubscription(newSubscription({ name: "shop" })),
    billing: await store.insertSubscription(newSubscription({ name: "billing" })),
  };
  const claim = async (lane: keyof typeof lanes, count: number, type: string): Promise<ClaimedDelivery[]> => {
    await store.appendEvents(Array.from({ length: count }, () => newEvent([lanes[lane]], { type })));
    const [claimed] = await store.claimDue([{ subscriptionRowId: lanes[lane], limit: count }], NOON, LEASE);
    return claimed!.deliveries;
  };
  return { store, lanes, claim, openAgain: () => under.openAgain() };
}
