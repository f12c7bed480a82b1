import { describe, expect, it } from "vitest";
import type { DeliveryFilter } from "../../src/store/store.ts";
import {
  failure,
  LEASE,
  NOON,
  newDelivery,
  newEvent,
  newSubscription,
  OTHER_ENVIRONMENT,
  OTHER_TENANT,
  SCOPE,
  success,
  WORKER,
} from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

export function deliveryContract(under: StoreUnderTest): void {
  describe("deliveries", () => {
    it("counts what waits in every scope, up to a limit: neither what is sent nor what is done", async () => {
      const store = await under.open();
      const lane = await store.insertSubscription(newSubscription());
      const theirs = await store.insertSubscription(newSubscription({ scope: OTHER_TENANT }));
      expect(await store.countWaiting(10)).toBe(0);
      await store.appendEvents([newEvent([lane]), newEvent([lane]), newEvent([theirs], { scope: OTHER_TENANT })]);
      expect(await store.countWaiting(10)).toBe(3);
      expect(await store.countWaiting(2)).toBe(2);
      const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 2 }], NOON, LEASE);
      expect(await store.countWaiting(10)).toBe(1);
      const [first, second] = claimed!.deliveries;
      await store.recordAttempts(WORKER, [success(first!), failure(second!)]);
      expect(await store.countWaiting(10)).toBe(2);
    });

    it("finds and lists them in their scope only", async () => {
      const store = await under.open();
      const subscription = newSubscription();
      const lane = await store.insertSubscription(subscription);
      const event = newEvent([lane]);
      await store.appendEvents([event]);
      const { id } = event.deliveries[0]!;
      expect(await store.findDelivery(SCOPE, id)).toMatchObject({
        id,
        eventId: event.id,
        eventRowId: (await store.findEvent(SCOPE, event.id))!.rowId,
        eventType: "order.created",
        subscriptionRowId: lane,
        subscriptionId: subscription.id,
        scope: SCOPE,
        state: "pending",
        attemptCount: 0,
        claimableAt: NOON,
        createdAt: NOON,
        lastAttemptAt: undefined,
        lastError: undefined,
      });
      expect(await store.findDeliveryIds(SCOPE, id.slice(0, -1), 10)).toEqual([id]);
      expect(await store.findDeliveryIds(SCOPE, "dlv_", 10)).toEqual([id]);
      expect(await store.findDeliveryIds(SCOPE, "evt_", 10)).toEqual([]);
      expect(await store.findDelivery(SCOPE, "dlv_nonsense")).toBeUndefined();
      for (const scope of [OTHER_TENANT, OTHER_ENVIRONMENT]) {
        expect(await store.findDelivery(scope, id)).toBeUndefined();
        expect(await store.findDeliveryIds(scope, "dlv_", 10)).toEqual([]);
        expect(await store.listDeliveries(scope, {}, 10, undefined)).toEqual([]);
        expect(await store.countDeliveries(scope, {})).toBe(0);
      }
    });

    it("lists newest first, filtered by everything", async () => {
      const store = await under.open();
      const [a, b] = [
        await store.insertSubscription(newSubscription()),
        await store.insertSubscription(newSubscription()),
      ];
      const paid = newEvent([a!, b!], { type: "invoice.paid" });
      const sent = newEvent([a!], { type: "invoice.sent", createdAt: NOON + 1 });
      const order = newEvent([b!], { type: "order.created", createdAt: NOON + 2 });
      await store.appendEvents([paid, sent, order]);
      const [claimed] = await store.claimDue([{ subscriptionRowId: a!, limit: 2 }], NOON + 9, LEASE);
      await store.recordAttempts(WORKER, [
        success(claimed!.deliveries[0]!),
        failure(claimed!.deliveries[1]!, { kind: "failed", reason: "exhausted" }),
      ]);
      const names = new Map([
        [paid.deliveries[0]!.id, "paid→a"],
        [paid.deliveries[1]!.id, "paid→b"],
        [sent.deliveries[0]!.id, "sent→a"],
        [order.deliveries[0]!.id, "order→b"],
      ]);
      const list = async (filter: Partial<DeliveryFilter>) => {
        const found = await store.listDeliveries(SCOPE, filter, 10, undefined);
        expect(await store.countDeliveries(SCOPE, filter)).toBe(found.length);
        return found.map(({ id }) => names.get(id));
      };
      const eventRowId = (await store.findEvent(SCOPE, paid.id))!.rowId;
      expect(await list({})).toEqual(["order→b", "sent→a", "paid→b", "paid→a"]);
      expect(await list({ subscriptionRowId: a })).toEqual(["sent→a", "paid→a"]);
      expect(await list({ eventRowId })).toEqual(["paid→b", "paid→a"]);
      expect(await list({ eventRowId, subscriptionRowId: b })).toEqual(["paid→b"]);
      expect(await list({ state: "failed" })).toEqual(["sent→a"]);
      expect(await list({ state: "failed", subscriptionRowId: b })).toEqual([]);
      expect(await list({ state: "pending" })).toEqual(["order→b", "paid→b"]);
      expect(await list({ state: "succeeded", eventRowId })).toEqual(["paid→a"]);
      expect(await list({ type: "invoice.paid" })).toEqual(["paid→b", "paid→a"]);
      expect(await list({ typePrefix: "invoice.", state: "failed" })).toEqual(["sent→a"]);
      expect(await list({ since: NOON + 1, until: NOON + 2 })).toEqual(["sent→a"]);
    });

    it("pages without gaps or repeats while rows arrive", async () => {
      const store = await under.open();
      const lane = await store.insertSubscription(newSubscription());
      const events = Array.from({ length: 25 }, () => newEvent([lane]));
      await store.appendEvents(events);
      const seen: string[] = [];
      let before: number | undefined;
      for (;;) {
        const page = await store.listDeliveries(SCOPE, { subscriptionRowId: lane }, 10, before);
        if (page.length === 0) break;
        seen.push(...page.map(({ eventId }) => eventId));
        before = page.at(-1)!.rowId;
        await store.appendEvents([newEvent([lane])]);
      }
      expect(seen).toEqual(events.map(({ id }) => id).toReversed());
    });

    it("opens an ended delivery again in a new round, its history kept", async () => {
      const store = await under.open();
      const lane = await store.insertSubscription(newSubscription());
      await store.appendEvents([newEvent([lane])]);
      const claim = async () => {
        const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
        return claimed!.deliveries[0]!;
      };
      const first = await claim();
      expect(await store.reopenDeliveries([first.rowId], NOON, "manual")).toEqual([]);
      await store.recordAttempts(WORKER, [failure(first, { kind: "failed", reason: "exhausted" })]);
      expect(await store.reopenDeliveries([first.rowId], NOON, "manual")).toEqual([first.rowId]);
      expect(await store.findDelivery(SCOPE, first.id)).toMatchObject({
        state: "pending",
        reason: undefined,
        claimableAt: NOON,
        completedAt: undefined,
        attemptCount: 1,
        lastStatus: 500,
      });
      const second = await claim();
      expect(second).toMatchObject({ id: first.id, attemptCount: 1, roundAttempts: 0, trigger: "manual" });
      await store.recordAttempts(WORKER, [success(second)]);
      await store.reopenDeliveries([first.rowId], NOON, "replay");
      expect(await claim()).toMatchObject({ attemptCount: 2, roundAttempts: 0, trigger: "replay" });
      expect((await store.listAttempts(first.rowId)).map(({ number }) => number)).toEqual([1, 2]);
    });

    it("sends a waiting delivery at once, in the same round", async () => {
      const store = await under.open();
      const lane = await store.insertSubscription(newSubscription());
      await store.appendEvents([newEvent([lane])]);
      const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
      await store.recordAttempts(WORKER, [failure(claimed!.deliveries[0]!)]);
      await store.reopenDeliveries([claimed!.deliveries[0]!.rowId], NOON + 1, "manual");
      const [again] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON + 1, LEASE);
      expect(again!.deliveries).toMatchObject([{ attemptCount: 1, roundAttempts: 1, trigger: "manual" }]);
      await store.recordAttempts(WORKER, [failure(again!.deliveries[0]!, { kind: "retry", at: NOON + 2 })]);
      const [third] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON + 2, LEASE);
      expect(third!.deliveries).toMatchObject([{ trigger: "auto" }]);
    });

    it("adds deliveries to a stored event, existing pairs left out", async () => {
      const store = await under.open();
      const [a, b] = [
        await store.insertSubscription(newSubscription()),
        await store.insertSubscription(newSubscription()),
      ];
      const event = newEvent([a!]);
      await store.appendEvents([event]);
      const { rowId } = (await store.findEvent(SCOPE, event.id))!;
      const deliveries = [newDelivery(a!), newDelivery(b!)];
      const replay = { eventRowId: rowId, deliveryRowIds: [], deliveries };
      const { reopened, added } = await store.replays.replayEvent(replay, NOON + 7);
      expect(reopened).toEqual([]);
      expect(added).toHaveLength(1);
      const [claimed] = await store.claimDue([{ subscriptionRowId: b!, limit: 5 }], NOON + 7, LEASE);
      expect(claimed!.deliveries).toMatchObject([{ rowId: added[0], event: { id: event.id }, trigger: "replay" }]);
      expect((await store.findEvent(SCOPE, event.id))!.deliveryCount).toBe(2);
    });

    it("cancels what waits, not what is being sent or has ended", async () => {
      const store = await under.open();
      const lane = await store.insertSubscription(newSubscription());
      const event = newEvent([lane]);
      await store.appendEvents([event]);
      const { rowId } = (await store.findDelivery(SCOPE, event.deliveries[0]!.id))!;
      const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
      expect(await store.cancelDelivery(rowId, "cancelled", NOON)).toBe(false);
      await store.recordAttempts(WORKER, [failure(claimed!.deliveries[0]!)]);
      expect(await store.cancelDelivery(rowId, "cancelled", NOON + 3)).toBe(true);
      expect(await store.cancelDelivery(rowId, "cancelled", NOON + 4)).toBe(false);
      expect(await store.findDelivery(SCOPE, event.deliveries[0]!.id)).toMatchObject({
        state: "cancelled",
        reason: "cancelled",
        completedAt: NOON + 3,
      });
    });

    it("expires what waits too long, of this subscription only", async () => {
      const store = await under.open();
      const [a, b] = [
        await store.insertSubscription(newSubscription()),
        await store.insertSubscription(newSubscription()),
      ];
      await store.appendEvents(Array.from({ length: 1_200 }, () => newEvent([a!, b!])));
      const young = newEvent([a!], { createdAt: NOON + 10 });
      await store.appendEvents([young]);
      expect(await store.expireDeliveries(a!, NOON + 10, NOON + 20)).toBe(1_200);
      expect(await store.expireDeliveries(a!, NOON + 10, NOON + 20)).toBe(0);
      expect(await store.countDeliveries(SCOPE, { state: "cancelled", subscriptionRowId: a })).toBe(1_200);
      expect(await store.countDeliveries(SCOPE, { state: "pending", subscriptionRowId: b })).toBe(1_200);
      const [expired] = await store.listDeliveries(SCOPE, { state: "cancelled" }, 1, undefined);
      expect(expired).toMatchObject({ reason: "expired", completedAt: NOON + 20 });
      expect(await store.findDelivery(SCOPE, young.deliveries[0]!.id)).toMatchObject({ state: "pending" });
    });
  });
}
