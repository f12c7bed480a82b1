import { describe, expect, it } from "vitest";
import type { ClaimedDelivery } from "../../src/core/delivery.ts";
import type { NewEvent, NewSubscription, Store } from "../../src/store/store.ts";
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

const EXHAUSTED = { kind: "failed", reason: "exhausted" } as const;

export function orderContract(under: StoreUnderTest): void {
  describe("deliveries of one order key", () => {
    it("are due one at a time, and the next is at once when one succeeds", async () => {
      const { store, lane, append, claim } = await openOrdered(under);
      const [a1, b1, a2, free] = await append(1, 2, 1, undefined);
      expect(new Set(await claim(10))).toEqual(new Set([a1, b1, free]));
      expect(await store.nextDueTimes([lane])).toEqual(new Map());
      expect(await store.findDelivery(SCOPE, a2!)).toMatchObject({ state: "pending", claimableAt: undefined });
      const receipt = await store.recordAttempts(WORKER, [success(await leased(store, a1!), NOON + 7)]);
      expect(receipt.released).toEqual([lane]);
      expect(await store.nextDueTimes([lane])).toEqual(new Map([[lane, NOON + 7]]));
      expect(await claim(10, NOON + 7)).toEqual([a2]);
    });

    it("wait while an earlier one is tried again, and go on when it is given up", async () => {
      const { store, append, claim } = await openOrdered(under);
      const [first, second] = await append(1, 1);
      expect(await claim(10)).toEqual([first]);
      const again = await store.recordAttempts(WORKER, [failure(await leased(store, first!))]);
      expect(again.released).toEqual([]);
      expect(await claim(10, NOON + 59_999)).toEqual([]);
      expect(await claim(10, NOON + 60_000)).toEqual([first]);
      await store.recordAttempts(WORKER, [failure(await leased(store, first!), EXHAUSTED, NOON + 60_001)]);
      expect(await claim(10, NOON + 60_001)).toEqual([second]);
    });

    it("of different subscriptions have nothing to do with each other, nor have those without a key", async () => {
      const { store, lane, claim } = await openOrdered(under);
      const other = await store.insertSubscription(newSubscription());
      const event = newEvent([], {
        deliveries: [newDelivery(lane, { orderKey: 1 }), newDelivery(other, { orderKey: 1 })],
      });
      const free = [newEvent([lane]), newEvent([lane])];
      await store.appendEvents([event, ...free]);
      expect(new Set(await claim(10))).toEqual(new Set([event, ...free].map((one) => one.deliveries[0]!.id)));
      expect(await claim(10, NOON, other)).toEqual([event.deliveries[1]!.id]);
    });

    it("keep their turn when a lease is given back or a crashed process held it", async () => {
      const { store, append, claim } = await openOrdered(under);
      const [first, second] = await append(1, 1);
      await claim(10);
      await store.releaseLeases(WORKER, [(await leased(store, first!)).rowId], NOON + 5);
      expect(await claim(10, NOON + 5)).toEqual([first]);
      expect(await store.reclaimLeases(OTHER_WORKER, NOON + 6)).toBe(1);
      expect(await claim(10, NOON + 6)).toEqual([first]);
      await store.recordAttempts(WORKER, [success(await leased(store, first!), NOON + 7)]);
      expect(await claim(10, NOON + 7)).toEqual([second]);
    });

    it("go on when the fifth crash in a row ends the last attempt of one", async () => {
      const { store, append, claim } = await openOrdered(under);
      const [first, second] = await append(1, 1);
      // 20 attempts are the most that a round has; each five crashes are one.
      for (let crash = 1, now = NOON; crash <= 100; crash++, now += 300_000) {
        expect(await claim(10, now)).toEqual([first]);
        expect(await store.reclaimLeases(OTHER_WORKER, now)).toBe(1);
      }
      expect(await store.findDelivery(SCOPE, first!)).toMatchObject({ state: "failed", reason: "exhausted" });
      expect(await claim(10, NOON + 100 * 300_000)).toEqual([second]);
    });

    it("go on when one is cancelled, whoever is next", async () => {
      const { store, append, claim } = await openOrdered(under);
      const [first, second, third] = await append(1, 1, 1);
      const rowIdOf = async (id: string) => (await store.findDelivery(SCOPE, id))!.rowId;
      expect(await store.cancelDelivery(await rowIdOf(second!), "cancelled", NOON)).toBe(true);
      expect(await store.nextDueTimes([(await store.findDelivery(SCOPE, first!))!.subscriptionRowId])).toEqual(
        new Map([[(await store.findDelivery(SCOPE, first!))!.subscriptionRowId, NOON]]),
      );
      expect(await store.cancelDelivery(await rowIdOf(first!), "cancelled", NOON)).toBe(true);
      expect(await claim(10)).toEqual([third]);
    });

    it("go on when what came before has expired", async () => {
      const { store, lane, append, claim } = await openOrdered(under);
      const [old] = await append(1);
      const [young] = await append.at(NOON + 50, 1);
      expect(await store.expireDeliveries(lane, NOON + 50, NOON + 60)).toBe(1);
      expect(await store.findDelivery(SCOPE, old!)).toMatchObject({ state: "cancelled", reason: "expired" });
      expect(await claim(10, NOON + 60)).toEqual([young]);
    });

    it("leave none behind that a person asked for when their subscription is disabled and enabled again", async () => {
      const { store, lane, append, claim } = await openOrdered(under);
      const [first, second, other] = await append(1, 1, 2);
      expect(new Set(await claim(10))).toEqual(new Set([first, other]));
      const gone = { kind: "failed", reason: "gone", disableSubscription: "gone" } as const;
      await store.recordAttempts(WORKER, [failure(await leased(store, other!), gone)]);
      expect(await store.findDelivery(SCOPE, second!)).toMatchObject({ state: "failed", reason: "gone" });
      await store.recordAttempts(WORKER, [failure(await leased(store, first!), EXHAUSTED)]);
      await reopen(store, [first!, second!], NOON + 1);
      expect(await claim(10, NOON + 1)).toEqual([first]);
      await store.updateSubscription(lane, { enabled: true, disabledReason: undefined, updatedAt: NOON + 2 });
      await store.recordAttempts(WORKER, [success(await leased(store, first!), NOON + 3)]);
      expect(await claim(10, NOON + 3)).toEqual([second]);
    });

    it("that are sent again go before later ones that wait, behind one that is being sent or tried again", async () => {
      const { store, append, claim } = await openOrdered(under);
      const [first, second, third] = await append(1, 1, 1);
      await claim(10);
      await store.recordAttempts(WORKER, [failure(await leased(store, first!), EXHAUSTED)]);
      // The second is due, and was never tried: it lets the first go before it.
      expect(await reopen(store, [first!], NOON + 1)).toHaveLength(1);
      expect(await store.findDelivery(SCOPE, second!)).toMatchObject({ state: "pending", claimableAt: undefined });
      expect(await claim(10, NOON + 1)).toEqual([first]);
      await store.recordAttempts(WORKER, [failure(await leased(store, first!), EXHAUSTED, NOON + 2)]);
      expect(await claim(10, NOON + 2)).toEqual([second]);
      // It is being sent: the first waits until that has ended, its retries included, and the third behind it.
      await reopen(store, [first!], NOON + 3);
      expect(await claim(10, NOON + 3)).toEqual([]);
      await store.recordAttempts(WORKER, [failure(await leased(store, second!), { kind: "retry", at: NOON + 50 })]);
      await store.cancelDelivery((await store.findDelivery(SCOPE, first!))!.rowId, "cancelled", NOON + 4);
      await reopen(store, [first!], NOON + 5);
      expect(await claim(10, NOON + 49)).toEqual([]);
      expect(await claim(10, NOON + 50)).toEqual([second]);
      await store.recordAttempts(WORKER, [success(await leased(store, second!), NOON + 51)]);
      expect(await claim(10, NOON + 51)).toEqual([first]);
      await store.recordAttempts(WORKER, [success(await leased(store, first!), NOON + 52)]);
      expect(await claim(10, NOON + 52)).toEqual([third]);
    });

    it("are tried at once by hand only in their turn", async () => {
      const { store, append, claim } = await openOrdered(under);
      const [first, second] = await append(1, 1);
      await claim(10);
      await store.recordAttempts(WORKER, [failure(await leased(store, first!))]);
      expect(await reopen(store, [second!], NOON + 1)).toHaveLength(1);
      expect(await claim(10, NOON + 1)).toEqual([]);
      expect(await reopen(store, [first!], NOON + 2)).toHaveLength(1);
      expect(await claim(10, NOON + 2)).toEqual([first]);
      await store.recordAttempts(WORKER, [success(await leased(store, first!), NOON + 3)]);
      const claimed = await claimAll(
        store,
        (await store.findDelivery(SCOPE, second!))!.subscriptionRowId,
        10,
        NOON + 3,
      );
      expect(claimed).toMatchObject([{ id: second, trigger: "manual" }]);
    });

    it("that are added to an old event wait, too", async () => {
      const { store, lane, append, claim } = await openOrdered(under);
      const event = newEvent([]);
      await store.appendEvents([event]);
      const [first] = await append(1);
      const late = newDelivery(lane, { orderKey: 1 });
      const eventRowId = (await store.findEvent(SCOPE, event.id))!.rowId;
      const replay = { eventRowId, deliveryRowIds: [], deliveries: [late] };
      expect((await store.replays.replayEvent(replay, NOON + 1)).added).toHaveLength(1);
      expect(await claim(10, NOON + 1)).toEqual([first]);
      await store.recordAttempts(WORKER, [success(await leased(store, first!), NOON + 2)]);
      expect(await claim(10, NOON + 2)).toEqual([late.id]);
    });

    it("are never stored with a lease", async () => {
      const { store, lane } = await openOrdered(under);
      const event = newEvent([], { deliveries: [newDelivery(lane, { orderKey: 1, lease: LEASE })] });
      await expect(store.appendEvents([event])).rejects.toThrow("has an order key and a lease");
    });
  });
}

async function openOrdered(under: StoreUnderTest, fields: Partial<NewSubscription> = {}) {
  const store = await under.open();
  const lane = await store.insertSubscription(newSubscription(fields));
  const appendAt = async (createdAt: number, ...keys: (number | undefined)[]): Promise<string[]> => {
    const events = keys.map(
      (orderKey): NewEvent => newEvent([], { createdAt, deliveries: [newDelivery(lane, { orderKey })] }),
    );
    await store.appendEvents(events);
    return events.map((event) => event.deliveries[0]!.id);
  };
  const append = Object.assign((...keys: (number | undefined)[]) => appendAt(NOON, ...keys), { at: appendAt });
  const claim = async (limit: number, now = NOON, of = lane) =>
    (await claimAll(store, of, limit, now)).map((delivery) => delivery.id);
  return { store, lane, append, claim };
}

/** Retries as well as what was never tried. */
async function claimAll(store: Store, lane: number, limit: number, now: number): Promise<ClaimedDelivery[]> {
  const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit }], now, LEASE);
  return claimed!.deliveries;
}

/** As it was claimed, so far as recording needs it. */
async function leased(store: Store, id: string) {
  const delivery = (await store.findDelivery(SCOPE, id))!;
  expect(delivery.state).toBe("sending");
  return delivery;
}

async function reopen(store: Store, ids: readonly string[], now: number): Promise<number[]> {
  const rows = await Promise.all(ids.map((id) => store.findDelivery(SCOPE, id)));
  return store.reopenDeliveries(
    rows.map((row) => row!.rowId),
    now,
    "manual",
  );
}
