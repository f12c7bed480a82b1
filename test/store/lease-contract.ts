import { describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import {
  failure,
  LEASE,
  NOON,
  newDelivery,
  newEvent,
  newSubscription,
  OTHER_WORKER,
  SCOPE,
  success,
  WORKER,
} from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

export function leaseContract(under: StoreUnderTest): void {
  describe("leases", () => {
    it("claims what is due with everything that sending needs", async () => {
      const { store, lane } = await openWithLane(under);
      const event = newEvent([lane], { metadata: Buffer.from('{"k":"v"}'), version: "1" });
      const plain = newEvent([lane]);
      await store.appendEvents([event, plain]);
      const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 10 }], NOON, LEASE);
      expect(claimed).toMatchObject({ subscriptionRowId: lane, nextFreshAt: undefined, nextRetryAt: undefined });
      expect(claimed!.deliveries).toMatchObject([
        {
          id: event.deliveries[0]!.id,
          subscriptionRowId: lane,
          scope: SCOPE,
          event: { id: event.id, type: "order.created", timestamp: NOON - 5, version: "1" },
          attemptCount: 0,
          roundAttempts: 0,
          createdAt: event.createdAt,
          trigger: "auto",
        },
        { id: plain.deliveries[0]!.id, event: { id: plain.id, metadata: undefined, version: undefined } },
      ]);
      const [first] = claimed!.deliveries;
      expect(Buffer.from(first!.event.data)).toEqual(event.data);
      expect(Buffer.from(first!.event.metadata!).toString()).toBe('{"k":"v"}');
      expect(await store.findDelivery(SCOPE, event.deliveries[0]!.id)).toMatchObject({
        rowId: first!.rowId,
        state: "sending",
        claimableAt: LEASE.endsAt,
      });
    });

    it("leases each delivery once", async () => {
      const { store, lane } = await openWithLane(under);
      await store.appendEvents(Array.from({ length: 100 }, () => newEvent([lane])));
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          store.claimDue([{ subscriptionRowId: lane, limit: 10 }], NOON, { worker: `boot-${n}`, endsAt: NOON + 1 }),
        ),
      );
      const rowIds = claims.flat().flatMap(({ deliveries }) => deliveries.map(({ rowId }) => rowId));
      expect(rowIds).toHaveLength(100);
      expect(new Set(rowIds).size).toBe(100);
    });

    it("takes the longest overdue first and says when the next is due", async () => {
      const { store, lane } = await openWithLane(under);
      const [late, later] = [newEvent([lane], { createdAt: NOON + 500 }), newEvent([lane], { createdAt: NOON + 900 })];
      const [old, older] = [newEvent([lane], { createdAt: NOON - 1 }), newEvent([lane], { createdAt: NOON - 2 })];
      await store.appendEvents([late, later, old, older]);
      const claim = async (limit: number, now: number) => {
        const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit }], now, LEASE);
        return { ids: claimed!.deliveries.map(({ event }) => event.id), nextFreshAt: claimed!.nextFreshAt };
      };
      expect(await claim(1, NOON)).toEqual({ ids: [older.id], nextFreshAt: NOON - 1 });
      expect(await claim(10, NOON)).toEqual({ ids: [old.id], nextFreshAt: NOON + 500 });
      expect(await claim(10, NOON + 499)).toEqual({ ids: [], nextFreshAt: NOON + 500 });
      expect(await claim(0, NOON + 500)).toEqual({ ids: [], nextFreshAt: NOON + 500 });
      expect(await claim(10, NOON + 900)).toEqual({ ids: [late.id, later.id], nextFreshAt: undefined });
    });

    it("claims so many retries before what was never tried, and more where nothing fresh is due", async () => {
      const { store, lane } = await openWithLane(under);
      const events = Array.from({ length: 6 }, (_, n) => newEvent([lane], { createdAt: NOON + n }));
      await store.appendEvents(events);
      const claim = async (limit: number, retries?: number) => {
        const lanes = [{ subscriptionRowId: lane, limit, ...(retries === undefined ? {} : { retries }) }];
        const [claimed] = await store.claimDue(lanes, NOON + 10, LEASE);
        return claimed!;
      };
      const { deliveries } = await claim(3);
      const failed = deliveries.map((delivery) => failure(delivery, { kind: "retry", at: NOON + 7 }));
      await store.recordAttempts(WORKER, failed);
      const fresh = await claim(1);
      expect(fresh.deliveries.map(({ event }) => event.id)).toEqual([events[3]!.id]);
      expect([fresh.nextFreshAt, fresh.nextRetryAt]).toEqual([NOON + 4, NOON + 7]);
      const mixed = await claim(2, 1);
      expect(mixed.deliveries.map(({ event }) => event.id)).toEqual([events[0]!.id, events[4]!.id]);
      const rest = await claim(10);
      expect(rest.deliveries.map(({ event }) => event.id)).toEqual([5, 1, 2].map((n) => events[n]!.id));
      expect([rest.nextFreshAt, rest.nextRetryAt]).toEqual([undefined, undefined]);
    });

    it("claims no more retries than it is asked for, whatever else is due", async () => {
      const { store, lane } = await openWithLane(under);
      const events = Array.from({ length: 5 }, (_, n) => newEvent([lane], { createdAt: NOON + n }));
      await store.appendEvents(events);
      const claim = async (limit: number, retries: number, maxRetries: number) => {
        const lanes = [{ subscriptionRowId: lane, limit, retries, maxRetries }];
        const [claimed] = await store.claimDue(lanes, NOON + 10, LEASE);
        return claimed!;
      };
      const { deliveries } = await claim(4, 4, 4);
      await store.recordAttempts(
        WORKER,
        deliveries.map((delivery) => failure(delivery, { kind: "retry", at: NOON + 7 })),
      );
      const none = await claim(10, 0, 0);
      expect(none.deliveries.map(({ event }) => event.id)).toEqual([events[4]!.id]);
      expect([none.nextFreshAt, none.nextRetryAt]).toEqual([undefined, NOON + 7]);
      expect((await claim(10, 0, 1)).deliveries).toHaveLength(1);
      expect((await claim(10, 1, 2)).deliveries).toHaveLength(2);
      const rest = await claim(10, 0, 10);
      expect(rest.deliveries).toHaveLength(1);
      expect([rest.nextFreshAt, rest.nextRetryAt]).toEqual([undefined, undefined]);
    });

    it("keeps waits as long as they were when the clock is set, and leaves nothing fresh in the future", async () => {
      const { store, lane } = await openWithLane(under);
      const events = Array.from({ length: 4 }, () => newEvent([lane]));
      const ids = events.map((event) => event.deliveries[0]!.id);
      await store.appendEvents(events);
      const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 3 }], NOON, LEASE);
      const [overdue, soon, late] = claimed!.deliveries;
      await store.recordAttempts(WORKER, [
        failure(overdue!, { kind: "retry", at: NOON + 1_000 }),
        failure(soon!, { kind: "retry", at: NOON + 60_000 }),
        failure(late!, { kind: "retry", at: NOON + 3_600_000 }),
      ]);
      const due = async () => {
        const rows = ids.map((id) => store.findDelivery(SCOPE, id));
        return (await Promise.all(rows)).map((row) => row!.claimableAt! - NOON);
      };
      const HOUR = 3_600_000;
      expect(await due()).toEqual([1_000, 60_000, HOUR, 0]);
      // At NOON + 2 s the clock goes two hours forward: what is overdue stays so.
      expect(await store.shiftDueTimes(2 * HOUR, NOON + 2_000 + 2 * HOUR)).toBe(2);
      expect(await due()).toEqual([1_000, 60_000 + 2 * HOUR, 3 * HOUR, 0]);
      // … and back, and three hours further.
      expect(await store.shiftDueTimes(-5 * HOUR, NOON + 2_000 - 3 * HOUR)).toBe(4);
      expect(await due()).toEqual([1_000 - 5 * HOUR, 60_000 - 3 * HOUR, -2 * HOUR, 2_000 - 3 * HOUR]);
      expect(await store.shiftDueTimes(0, NOON + 2_000 - 3 * HOUR)).toBe(0);
    });

    it("claims several lanes at once, each to its own limit", async () => {
      const { store, lane } = await openWithLane(under);
      const second = await store.insertSubscription(newSubscription());
      const third = await store.insertSubscription(newSubscription());
      await store.appendEvents(Array.from({ length: 5 }, () => newEvent([lane, second, third])));
      const claimed = await store.claimDue(
        [
          { subscriptionRowId: lane, limit: 2 },
          { subscriptionRowId: second, limit: 9 },
        ],
        NOON,
        LEASE,
      );
      expect(claimed.map(({ deliveries }) => deliveries.length)).toEqual([2, 5]);
      expect(await store.nextDueTimes([lane, second, third, 9_999])).toEqual(
        new Map([
          [lane, NOON],
          [third, NOON],
        ]),
      );
    });

    it("stops at so many bytes, and leaves the rest due", async () => {
      const { store, lane } = await openWithLane(under);
      const data = Buffer.alloc(1024 * 1024, "1");
      for (let n = 0; n < 40; n++) await store.appendEvents([newEvent([lane], { data })]);
      const [first] = await store.claimDue([{ subscriptionRowId: lane, limit: 64 }], NOON, LEASE);
      expect(first!.deliveries.length).toBeGreaterThan(0);
      expect(first!.deliveries.length).toBeLessThan(40);
      expect(first!.nextFreshAt).toBe(NOON);
      expect(Buffer.from(first!.deliveries.at(-1)!.event.data).equals(data)).toBe(true);
      const [second] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
      expect(first!.deliveries.map(({ rowId }) => rowId)).not.toContain(second!.deliveries[0]!.rowId);
    });

    it("stores a fresh delivery already leased", async () => {
      const { store, lane } = await openWithLane(under);
      const event = newEvent([], { deliveries: [newDelivery(lane, { lease: LEASE })] });
      const [stored] = await store.appendEvents([event]);
      const found = await store.findDelivery(SCOPE, event.deliveries[0]!.id);
      expect(found).toMatchObject({ state: "sending", claimableAt: LEASE.endsAt });
      expect(stored).toEqual({ kind: "stored", deliveryRowIds: [found!.rowId] });
      const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 10 }], NOON, LEASE);
      expect(claimed).toEqual({
        subscriptionRowId: lane,
        deliveries: [],
        nextFreshAt: undefined,
        nextRetryAt: undefined,
      });
      await store.recordAttempts(WORKER, [success({ rowId: found!.rowId, subscriptionRowId: lane })]);
      expect(await store.findDelivery(SCOPE, found!.id)).toMatchObject({ state: "succeeded", attemptCount: 1 });
    });

    it("gives leases back: only its own, due at once and before what came later", async () => {
      const { store, lane } = await openWithLane(under);
      await store.appendEvents([newEvent([lane]), newEvent([lane])]);
      const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
      const other = { worker: OTHER_WORKER, endsAt: LEASE.endsAt };
      const [foreign] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, other);
      const rowIds = [claimed!.deliveries[0]!.rowId, foreign!.deliveries[0]!.rowId];
      await store.releaseLeases(WORKER, rowIds, NOON + 50);
      expect(await store.findDelivery(SCOPE, claimed!.deliveries[0]!.id)).toMatchObject({
        state: "pending",
        claimableAt: NOON,
        attemptCount: 0,
      });
      await store.appendEvents([newEvent([lane], { createdAt: NOON + 10 })]);
      const [next] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON + 50, LEASE);
      expect(next!.deliveries[0]!.rowId).toBe(claimed!.deliveries[0]!.rowId);
      expect(await store.findDelivery(SCOPE, foreign!.deliveries[0]!.id)).toMatchObject({ state: "sending" });
    });

    it("takes back a foreign lease at its end, and never its own", async () => {
      const { store, lane } = await openWithLane(under);
      await store.appendEvents([newEvent([lane])]);
      await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
      const claim = async (worker: string, now: number) => {
        const lease = { worker, endsAt: now + 25_000 };
        return (await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], now, lease))[0]!.deliveries.length;
      };
      expect(await claim(OTHER_WORKER, LEASE.endsAt - 1)).toBe(0);
      expect(await claim(WORKER, LEASE.endsAt)).toBe(0);
      expect(await claim(OTHER_WORKER, LEASE.endsAt)).toBe(1);
    });

    it("reclaims at once what a dead worker held, without using an attempt", async () => {
      const { store, lane } = await openWithLane(under);
      await store.appendEvents([newEvent([lane]), newEvent([lane])]);
      const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 2 }], NOON, LEASE);
      const [first, second] = claimed!.deliveries;
      await store.recordAttempts(WORKER, [failure(first!, { kind: "retry", at: NOON })]);
      await store.claimDue([{ subscriptionRowId: lane, limit: 2 }], NOON, LEASE);

      expect(await store.reclaimLeases(WORKER, NOON)).toBe(0);
      expect(await store.reclaimLeases(OTHER_WORKER, NOON + 1)).toBe(2);
      expect(await store.findDelivery(SCOPE, first!.id)).toMatchObject({
        state: "retrying",
        claimableAt: NOON,
        attemptCount: 1,
      });
      expect(await store.findDelivery(SCOPE, second!.id)).toMatchObject({
        state: "pending",
        claimableAt: NOON,
        attemptCount: 0,
      });
    });

    it("counts the fifth reclaim in a row as a failed attempt", async () => {
      const { store, lane } = await openWithLane(under);
      await store.appendEvents([newEvent([lane])]);
      let id = "";
      for (let crash = 1; crash <= 5; crash++) {
        const lease = { worker: `boot-${crash}`, endsAt: NOON + 25_000 };
        const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, lease);
        id = claimed!.deliveries[0]!.id;
        expect(claimed!.deliveries[0]!.attemptCount).toBe(0);
        expect(await store.reclaimLeases(`boot-${crash + 1}`, NOON)).toBe(1);
      }
      const delivery = await store.findDelivery(SCOPE, id);
      expect(delivery).toMatchObject({ state: "retrying", attemptCount: 1, lastError: "reset: interrupted 5 times" });
      expect(delivery!.claimableAt).toBeGreaterThan(NOON);
      expect(await store.listAttempts(delivery!.rowId)).toMatchObject([{ number: 1, outcome: "failure" }]);
    });

    it("counts reclaims anew after a result", async () => {
      const { store, lane } = await openWithLane(under);
      await store.appendEvents([newEvent([lane])]);
      let id = "";
      for (let crash = 1; crash <= 6; crash++) {
        const lease = { worker: `boot-${crash}`, endsAt: NOON + 25_000 };
        const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, lease);
        const delivery = claimed!.deliveries[0]!;
        id = delivery.id;
        if (crash === 3) {
          await store.recordAttempts(lease.worker, [failure(delivery, { kind: "retry", at: NOON })]);
        } else await store.reclaimLeases(`boot-${crash + 1}`, NOON);
      }
      expect(await store.findDelivery(SCOPE, id)).toMatchObject({
        state: "retrying",
        attemptCount: 1,
        claimableAt: NOON,
      });
    });
  });
}

async function openWithLane(under: StoreUnderTest): Promise<{ store: Store; lane: number }> {
  const store = await under.open();
  return { store, lane: await store.insertSubscription(newSubscription()) };
}
