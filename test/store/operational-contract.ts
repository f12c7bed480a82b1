import { describe, expect, it } from "vitest";
import { CLOSED } from "../../src/core/breaker.ts";
import type { ClaimedDelivery } from "../../src/core/delivery.ts";
import type { Scope } from "../../src/core/scope.ts";
import type { NewSubscription, Store } from "../../src/store/store.ts";
import {
  failure,
  LEASE,
  NOON,
  newEvent,
  newSubscription,
  OTHER_ENVIRONMENT,
  OTHER_TENANT,
  OTHER_WORKER,
  SCOPE,
  success,
  WORKER,
} from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

const EXHAUSTED = { kind: "failed", reason: "exhausted" } as const;

export function operationalContract(under: StoreUnderTest): void {
  describe("operational events", () => {
    it("tell of a delivery that ended without success, once, and of no other end", async () => {
      const { store, lane, claimed, watcher } = await openWatched(under, 4);
      const receipt = await store.recordAttempts(WORKER, [
        failure(claimed[0]!, EXHAUSTED, NOON + 1),
        failure(claimed[1]!, { kind: "failed", reason: "final_status" }, NOON + 2),
        failure(claimed[2]!, { kind: "retry", at: NOON + 60_000 }, NOON + 3),
        success(claimed[3]!, NOON + 4),
      ]);
      expect(receipt.released).toEqual([watcher]);
      const told = await allTold(store);
      expect(
        told.map(({ type, timestamp, data }) => [type, timestamp, (data["delivery"] as { reason: string }).reason]),
      ).toEqual([
        ["hooks.delivery.exhausted", NOON + 1, "exhausted"],
        ["hooks.delivery.exhausted", NOON + 2, "final_status"],
      ]);
      expect(told[0]!.data).toEqual({
        subscription: { id: (await subscriptionAt(store, lane)).id, name: "orders", host: "example.com" },
        delivery: {
          id: claimed[0]!.id,
          event_id: claimed[0]!.event.id,
          event_type: "order.created",
          attempts: 1,
          reason: "exhausted",
        },
        last_attempt: { status: 500, error: null },
        at: "2026-01-01T12:00:00.001Z",
      });
      const [taken] = await store.claimDue([{ subscriptionRowId: watcher, limit: 10 }], NOON + 5, LEASE);
      expect(taken!.deliveries.map(({ event }) => event.type)).toEqual(Array(2).fill("hooks.delivery.exhausted"));
    });

    it("are never told of each other", async () => {
      const { store, watcher, claimed } = await openWatched(under, 1);
      await store.recordAttempts(WORKER, [failure(claimed[0]!, EXHAUSTED)]);
      const [taken] = await store.claimDue([{ subscriptionRowId: watcher, limit: 10 }], NOON, LEASE);
      await store.recordAttempts(WORKER, [failure(taken!.deliveries[0]!, EXHAUSTED)]);
      expect(await allTold(store)).toHaveLength(1);
    });

    it("tell that a subscription is unhealthy once, until it has been healthy again", async () => {
      const { store, claimed } = await openWatched(under, 60);
      let next = 0;
      const record = async (successes: number, failures: number) => {
        for (let n = 0; n < successes + failures; n++) {
          const delivery = claimed[next++]!;
          const at = NOON + next;
          await store.recordAttempts(WORKER, [
            n < successes ? success(delivery, at) : failure(delivery, undefined, at),
          ]);
        }
        return (await allTold(store)).length;
      };
      expect(await record(0, 4)).toBe(0);
      expect(await record(0, 1)).toBe(1);
      expect(await record(1, 8)).toBe(1); // not healthy in between
      expect(await record(20, 4)).toBe(1);
      expect(await record(0, 1)).toBe(2);
      const told = await allTold(store);
      expect(told[0]).toMatchObject({ type: "hooks.subscription.unhealthy", timestamp: NOON + 5 });
      expect(told[0]!.data).toMatchObject({ success_rate: 0, consecutive_failures: 5 });
    });

    it("tell that its failures or a 410 disabled it, and not of what that ends", async () => {
      for (const [verdict, reason] of [
        [{ kind: "retry", at: NOON + 60_000 }, "failing"],
        [{ kind: "failed", reason: "gone", disableSubscription: "gone" }, "gone"],
      ] as const) {
        const rule = { autoDisableFailures: 1, autoDisableSpanMs: 0 };
        const { store, lane, claimed, watcher } = await openWatched(under, 2, rule);
        await store.appendEvents([newEvent([lane])]);
        const receipt = await store.recordAttempts(WORKER, [failure(claimed[0]!, verdict, NOON + 7)]);
        expect(receipt).toEqual({ disabled: [{ subscriptionRowId: lane, reason }], released: [watcher] });
        await store.recordAttempts(WORKER, [failure(claimed[1]!, undefined, NOON + 8)]);
        const told = await allTold(store);
        expect(told.map(({ type, data }) => [type, data["reason"]])).toEqual([["hooks.subscription.disabled", reason]]);
        expect(told[0]!.data).toMatchObject({ consecutive_failures: 1, failing_since: "2026-01-01T12:00:00.007Z" });
        expect(await subscriptionAt(store, lane)).toMatchObject({ disabledAt: NOON + 7 });
      }
    });

    it("tell that it was disabled and enabled by hand, each once; and what it did before counts no more", async () => {
      const rule = { autoDisableFailures: 3, autoDisableSpanMs: 0 };
      const { store, lane, claimed } = await openWatched(under, 4, rule);
      const fail = (n: number, at: number) =>
        store.recordAttempts(WORKER, [
          { ...failure(claimed[n]!, undefined, at), breaker: { openings: 1, openUntil: NOON + 99 } },
        ]);
      await fail(0, NOON + 1);
      await fail(1, NOON + 2);
      const byHand = { enabled: false, disabledReason: "by_hand" } as const;
      const enabled = { enabled: true, disabledReason: undefined };
      await store.updateSubscription(lane, { ...byHand, updatedAt: NOON + 10 });
      await store.updateSubscription(lane, { ...byHand, updatedAt: NOON + 11 });
      expect(await subscriptionAt(store, lane)).toMatchObject({ disabledAt: NOON + 10, breaker: { openings: 1 } });
      await store.updateSubscription(lane, { ...enabled, updatedAt: NOON + 20 });
      await store.updateSubscription(lane, { ...enabled, name: "other", updatedAt: NOON + 21 });
      const told = await allTold(store);
      expect(told.map(({ type, timestamp, data }) => [type, timestamp, data["reason"]])).toEqual([
        ["hooks.subscription.disabled", NOON + 10, "by_hand"],
        ["hooks.subscription.enabled", NOON + 20, "by_hand"],
      ]);
      expect(await subscriptionAt(store, lane)).toMatchObject({
        disabledAt: undefined,
        breaker: CLOSED,
        health: { consecutiveFailures: 0, failingSince: undefined, recentCount: 2 },
      });
      expect(await fail(2, NOON + 30)).toMatchObject({ disabled: [] });
    });

    it("tell that a probe enabled it, where its failures had disabled it, and nothing else is so enabled", async () => {
      const rule = { autoDisableFailures: 1, autoDisableSpanMs: 0 };
      const { store, lane, claimed } = await openWatched(under, 1, rule);
      expect(await store.enableFailing(lane, NOON)).toBe(false);
      await store.recordAttempts(WORKER, [failure(claimed[0]!, undefined, NOON + 1)]);
      expect(await store.enableFailing(lane, NOON + 2)).toBe(true);
      expect(await subscriptionAt(store, lane)).toMatchObject({ enabled: true, disabledReason: undefined });
      expect(await store.enableFailing(lane, NOON + 3)).toBe(false);
      await store.updateSubscription(lane, { enabled: false, disabledReason: "by_hand", updatedAt: NOON + 4 });
      expect(await store.enableFailing(lane, NOON + 5)).toBe(false);
      const told = await allTold(store);
      expect(told.map(({ type, data }) => [type, data["reason"]])).toEqual([
        ["hooks.subscription.disabled", "failing"],
        ["hooks.subscription.enabled", "probe"],
        ["hooks.subscription.disabled", "by_hand"],
      ]);
    });

    it("go to whoever takes them by name, in the same scope only", async () => {
      const { store, lane } = await openWatched(under, 0);
      const takers: [Partial<NewSubscription>, boolean][] = [
        [{ events: ["hooks.subscription.disabled"] }, true],
        [{ events: ["hooks.subscription.*"] }, true],
        [{ events: ["order.created", "hooks.*"], paused: true }, true],
        [{ events: ["*"] }, false],
        [{ events: ["hooks.delivery.*"] }, false],
        [{ events: ["hooks.*"], enabled: false, disabledReason: "by_hand" }, false],
        [{ events: ["hooks.*"], scope: OTHER_TENANT }, false],
        [{ events: ["hooks.*"], scope: OTHER_ENVIRONMENT }, false],
      ];
      const rowIds: number[] = [];
      for (const [fields] of takers) rowIds.push(await store.insertSubscription(newSubscription(fields)));
      await store.updateSubscription(lane, { enabled: false, disabledReason: "by_hand", updatedAt: NOON });
      const due = await store.nextDueTimes(rowIds);
      expect(takers.map(([, isTold], n) => [due.has(rowIds[n]!), isTold])).toEqual(
        takers.map(([, isTold]) => [isTold, isTold]),
      );
      expect(await allTold(store, OTHER_TENANT)).toEqual([]);
    });

    it("are there also when nobody takes them, and are none of a listener's", async () => {
      const store = await under.open();
      const lane = await store.insertSubscription(newSubscription());
      const listener = newSubscription({ transport: "tunnel", url: undefined, session: "laptop" });
      const tunnel = await store.insertSubscription(listener);
      for (const rowId of [lane, tunnel]) {
        await store.updateSubscription(rowId, { enabled: false, disabledReason: "by_hand", updatedAt: NOON });
      }
      expect((await allTold(store)).map(({ data }) => data["subscription"])).toMatchObject([{ host: "example.com" }]);
    });

    it("wait for each other where their subscription has an order", async () => {
      const { store, lane } = await openWatched(under, 0);
      const ordered = await store.insertSubscription(
        newSubscription({ events: ["hooks.*"], settings: '{"orderBy":"/subscription/id"}' }),
      );
      await store.updateSubscription(lane, { enabled: false, disabledReason: "by_hand", updatedAt: NOON });
      await store.updateSubscription(lane, { enabled: true, disabledReason: undefined, updatedAt: NOON + 1 });
      const claim = async () => (await store.claimDue([{ subscriptionRowId: ordered, limit: 5 }], NOON + 9, LEASE))[0]!;
      const first = await claim();
      expect(first.deliveries.map(({ event }) => event.type)).toEqual(["hooks.subscription.disabled"]);
      await store.recordAttempts(WORKER, [success(first.deliveries[0]!)]);
      expect((await claim()).deliveries.map(({ event }) => event.type)).toEqual(["hooks.subscription.enabled"]);
    });

    it("tell of a delivery whose last attempt was interrupted by one crash too many", async () => {
      const { store, lane } = await openWatched(under, 1);
      for (let attempt = 0; attempt < 20; attempt++) {
        const now = NOON + 600_000 * (attempt + 1);
        for (let crash = 0; crash < 5; crash++) {
          await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], now, { worker: WORKER, endsAt: now + 1 });
          await store.reclaimLeases(OTHER_WORKER, now);
        }
      }
      const told = (await allTold(store)).filter(({ type }) => type === "hooks.delivery.exhausted");
      expect(told.map(({ data }) => data["last_attempt"])).toEqual([{ status: null, error: "reset" }]);
    });
  });
}

interface Told {
  type: string;
  timestamp: number;
  data: Record<string, unknown>;
}

/** In the order in which they were told. */
async function allTold(store: Store, scope: Scope = SCOPE): Promise<Told[]> {
  const filter = { type: undefined, typePrefix: "hooks.", since: undefined, until: undefined };
  const found = (await store.listEvents(scope, filter, 100, undefined)).reverse();
  return Promise.all(
    found.map(async ({ id, type, timestamp }) => {
      const { data } = (await store.findEvent(scope, id))!;
      return { type, timestamp, data: JSON.parse(Buffer.from(data).toString()) as Record<string, unknown> };
    }),
  );
}

async function subscriptionAt(store: Store, rowId: number) {
  return (await store.loadSubscriptions()).find((one) => one.rowId === rowId)!;
}

/** A subscription with `count` deliveries leased to WORKER, and another that takes what is told of it. */
async function openWatched(
  under: StoreUnderTest,
  count: number,
  fields: Partial<NewSubscription> = {},
): Promise<{ store: Store; lane: number; watcher: number; claimed: ClaimedDelivery[] }> {
  const store = await under.open();
  const lane = await store.insertSubscription(newSubscription(fields));
  const watcher = await store.insertSubscription(newSubscription({ events: ["hooks.*"], name: "watcher" }));
  await store.appendEvents(Array.from({ length: Math.max(1, count) }, () => newEvent([lane])));
  const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: count }], NOON, LEASE);
  return { store, lane, watcher, claimed: claimed?.deliveries ?? [] };
}
