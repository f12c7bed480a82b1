import { describe, expect, it } from "vitest";
import { CLOSED } from "../../src/core/breaker.ts";
import type { ClaimedDelivery } from "../../src/core/delivery.ts";
import { NEW_HEALTH } from "../../src/core/health.ts";
import type { NewSubscription, Store } from "../../src/store/store.ts";
import {
  attempted,
  failure,
  LEASE,
  NOON,
  newAttempt,
  newEvent,
  newSubscription,
  OTHER_WORKER,
  SCOPE,
  success,
  WORKER,
} from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

export function recordContract(under: StoreUnderTest): void {
  describe("recorded attempts", () => {
    it("keeps the breaker that changed with an attempt, and leaves it alone otherwise", async () => {
      const { store, lane, claimed } = await openClaimed(under, 2);
      const [one, other] = claimed;
      const breakerNow = async () => (await store.loadSubscriptions())[0]!.breaker;
      await store.recordAttempts(WORKER, [{ ...failure(one!), breaker: { openings: 2, openUntil: NOON + 60_000 } }]);
      expect(await breakerNow()).toEqual({ openings: 2, openUntil: NOON + 60_000 });
      await store.recordAttempts(WORKER, [success(other!)]);
      expect(await breakerNow()).toEqual({ openings: 2, openUntil: NOON + 60_000 });
      // The clock is set: it stays open as long as it was to be.
      await store.shiftDueTimes(-3_600_000, NOON - 3_600_000);
      expect(await breakerNow()).toEqual({ openings: 2, openUntil: NOON + 60_000 - 3_600_000 });
      await store.shiftDueTimes(3_600_000, NOON);
      const [again] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON + 60_000, LEASE);
      await store.recordAttempts(WORKER, [{ ...success(again!.deliveries[0]!), breaker: CLOSED }]);
      expect(await breakerNow()).toEqual(CLOSED);
    });

    it("keeps every field of an attempt", async () => {
      const { store, claimed } = await openClaimed(under, 1);
      const attempt = newAttempt({
        outcome: "failure",
        status: undefined,
        errorCode: "tls_error",
        errorMessage: "certificate expired",
        phase: "tls",
        remoteAddress: undefined,
        bytesSent: 0,
        requestHeaders: [["x-é", 'quote " and \\']],
        responseHeaders: [
          ["Set-Cookie", "a"],
          ["Set-Cookie", "b"],
        ],
        responseExcerpt: "half a b\u0000ody",
        truncated: true,
      });
      await store.recordAttempts(WORKER, [attempted(claimed[0]!, { kind: "retry", at: NOON + 5 }, { attempt })]);
      expect(await store.listAttempts(claimed[0]!.rowId)).toEqual([attempt]);
      expect(await store.findDelivery(SCOPE, claimed[0]!.id)).toMatchObject({
        state: "retrying",
        reason: undefined,
        claimableAt: NOON + 5,
        attemptCount: 1,
        lastAttemptAt: attempt.startedAt,
        lastStatus: undefined,
        lastError: "tls_error: certificate expired",
        lastExcerpt: "half a b\u0000ody",
        completedAt: undefined,
      });
    });

    it("does what each verdict says", async () => {
      const { store, claimed } = await openClaimed(under, 3);
      await store.recordAttempts(WORKER, [
        success(claimed[0]!, NOON + 1),
        failure(claimed[1]!, { kind: "retry", at: NOON + 9 }, NOON + 2),
        failure(claimed[2]!, { kind: "failed", reason: "exhausted" }, NOON + 3),
      ]);
      const states = await Promise.all(claimed.map(({ id }) => store.findDelivery(SCOPE, id)));
      expect(states).toMatchObject([
        { state: "succeeded", reason: undefined, claimableAt: undefined, completedAt: NOON + 1, lastStatus: 204 },
        { state: "retrying", reason: undefined, claimableAt: NOON + 9, completedAt: undefined, lastStatus: 500 },
        { state: "failed", reason: "exhausted", claimableAt: undefined, completedAt: NOON + 3 },
      ]);
    });

    it("hands the counts of attempts to the next claim", async () => {
      const { store, claimed, lane } = await openClaimed(under, 1);
      await store.recordAttempts(WORKER, [failure(claimed[0]!, { kind: "retry", at: NOON })]);
      const [again] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
      expect(again!.deliveries).toMatchObject([{ attemptCount: 1, roundAttempts: 1, trigger: "auto" }]);
      await store.recordAttempts(WORKER, [success(again!.deliveries[0]!)]);
      const attempts = await store.listAttempts(claimed[0]!.rowId);
      expect(attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
        [1, "failure"],
        [2, "success"],
      ]);
    });

    it("counts the attempts of a delivery itself, whatever their sender says", async () => {
      const { store, claimed } = await openClaimed(under, 2);
      const [right, wrong] = claimed;
      await store.recordAttempts(WORKER, [
        attempted(right!, { kind: "retry", at: NOON }, { attempt: newAttempt({ number: 1 }) }),
        attempted(wrong!, { kind: "retry", at: NOON }, { attempt: newAttempt({ number: 7 }) }),
      ]);
      for (const { id, rowId } of claimed) {
        expect((await store.listAttempts(rowId)).map(({ number }) => number)).toEqual([1]);
        expect(await store.findDelivery(SCOPE, id)).toMatchObject({ state: "retrying", attemptCount: 1 });
      }
    });

    it("keeps health and counts", async () => {
      const { store, claimed, subscription } = await openClaimed(under, 4);
      expect(await subscription()).toMatchObject({ health: NEW_HEALTH, counts: { succeeded: 0, failed: 0 } });
      await store.recordAttempts(WORKER, [success(claimed[0]!, NOON + 1), success(claimed[1]!, NOON + 2)]);
      await store.recordAttempts(WORKER, [
        failure(claimed[2]!, { kind: "failed", reason: "exhausted" }, NOON + 3),
        failure(claimed[3]!, { kind: "retry", at: NOON + 9 }, NOON + 4),
      ]);
      expect(await subscription()).toMatchObject({
        health: {
          recent: 0b1100,
          recentCount: 4,
          consecutiveFailures: 2,
          failingSince: NOON + 3,
          lastAttemptAt: NOON + 4,
          lastSuccessAt: NOON + 2,
        },
        counts: { succeeded: 2, failed: 1 },
      });
    });

    it("records an attempt of a cancelled delivery and leaves its state", async () => {
      const { store, claimed, lane, subscription } = await openClaimed(under, 1);
      const [delivery] = claimed;
      await store.releaseLeases(WORKER, [delivery!.rowId], NOON);
      expect(await store.cancelDelivery(delivery!.rowId, "cancelled", NOON + 1)).toBe(true);
      expect(await store.recordAttempts(WORKER, [success(delivery!, NOON + 2)])).toEqual({
        disabled: [],
        released: [],
      });
      expect(await store.findDelivery(SCOPE, delivery!.id)).toMatchObject({
        state: "cancelled",
        reason: "cancelled",
        completedAt: NOON + 1,
        attemptCount: 1,
      });
      expect(await store.listAttempts(delivery!.rowId)).toHaveLength(1);
      expect((await subscription())!.counts).toEqual({ succeeded: 0, failed: 0 });
      expect(await store.nextDueTimes([lane])).toEqual(new Map());
    });

    it("records an attempt of a lost lease and leaves the new owner's", async () => {
      const { store, claimed, lane } = await openClaimed(under, 1);
      await store.reclaimLeases(OTHER_WORKER, NOON);
      const other = { worker: OTHER_WORKER, endsAt: NOON + 90_000 };
      await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, other);
      await store.recordAttempts(WORKER, [failure(claimed[0]!, { kind: "failed", reason: "exhausted" })]);
      expect(await store.findDelivery(SCOPE, claimed[0]!.id)).toMatchObject({
        state: "sending",
        claimableAt: NOON + 90_000,
      });
      await store.recordAttempts(OTHER_WORKER, [success(claimed[0]!)]);
      const attempts = await store.listAttempts(claimed[0]!.rowId);
      expect(attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
        [1, "failure"],
        [2, "success"],
      ]);
    });

    it("disables a subscription that is gone, and fails what waits", async () => {
      const { store, claimed, lane, subscription } = await openClaimed(under, 2);
      const waiting = newEvent([lane]);
      const bystander = await store.insertSubscription(newSubscription());
      const others = newEvent([bystander]);
      await store.appendEvents([waiting, others]);
      const gone = { kind: "failed", reason: "gone", disableSubscription: "gone" } as const;
      expect(await store.recordAttempts(WORKER, [failure(claimed[0]!, gone, NOON + 1)])).toEqual({
        disabled: [{ subscriptionRowId: lane, reason: "gone" }],
        released: [],
      });
      expect(await subscription()).toMatchObject({
        enabled: false,
        disabledReason: "gone",
        updatedAt: NOON + 1,
        counts: { succeeded: 0, failed: 2 },
      });
      expect(await store.findDelivery(SCOPE, waiting.deliveries[0]!.id)).toMatchObject({
        state: "failed",
        reason: "gone",
        completedAt: NOON + 1,
      });
      expect(await store.findDelivery(SCOPE, others.deliveries[0]!.id)).toMatchObject({ state: "pending" });
      // What was in flight may still succeed; a retry would wait for ever.
      expect(await store.recordAttempts(WORKER, [failure(claimed[1]!)])).toEqual({ disabled: [], released: [] });
      expect(await store.findDelivery(SCOPE, claimed[1]!.id)).toMatchObject({ state: "failed", reason: "gone" });
    });

    it("fails what waits for one that is gone however much it is, but what a person asked for", async () => {
      const { store, claimed, lane, subscription } = await openClaimed(under, 3);
      const waiting = 10_500;
      await store.appendEvents(Array.from({ length: waiting }, () => newEvent([lane])));
      const gone = { kind: "failed", reason: "gone", disableSubscription: "gone" } as const;
      await store.recordAttempts(WORKER, [failure(claimed[0]!, gone)]);
      expect((await subscription())!.counts).toEqual({ succeeded: 0, failed: waiting + 1 });
      expect(await store.nextDueTimes([lane])).toEqual(new Map());

      await store.reopenDeliveries([claimed[0]!.rowId], NOON, "manual");
      await store.releaseLeases(WORKER, [claimed[1]!.rowId], NOON + 1);
      await store.reclaimLeases(OTHER_WORKER, NOON + 2);
      expect(await store.findDelivery(SCOPE, claimed[0]!.id)).toMatchObject({ state: "pending" });
      for (const { id } of claimed.slice(1)) {
        expect(await store.findDelivery(SCOPE, id)).toMatchObject({ state: "failed", reason: "gone" });
      }
    });

    it("disables after so many failures in a row over so long, not before", async () => {
      const rule = { autoDisableFailures: 3, autoDisableSpanMs: 1_000 };
      const { store, claimed, lane, subscription } = await openClaimed(under, 8, rule);
      const record = (index: number, at: number) =>
        store.recordAttempts(WORKER, [failure(claimed[index]!, { kind: "retry", at: NOON + 60_000 }, at)]);
      for (let n = 0; n < 3; n++) expect(await record(n, NOON + n)).toEqual({ disabled: [], released: [] });
      await store.recordAttempts(WORKER, [success(claimed[3]!, NOON + 500)]);
      await record(4, NOON + 501);
      await record(5, NOON + 1_400);
      expect((await subscription())!.enabled).toBe(true);
      expect(await record(6, NOON + 1_501)).toMatchObject({
        disabled: [{ subscriptionRowId: lane, reason: "failing" }],
      });
      expect(await subscription()).toMatchObject({ enabled: false, disabledReason: "failing" });
      expect(await store.findDelivery(SCOPE, claimed[0]!.id)).toMatchObject({
        state: "failed",
        reason: "subscription_disabled",
      });
      expect(await store.findDelivery(SCOPE, claimed[6]!.id)).toMatchObject({ state: "failed" });
      expect((await subscription())!.counts).toEqual({ succeeded: 1, failed: 6 });
    });

    it("keeps unsent what waits for a subscription that was disabled by hand", async () => {
      const { store, claimed, lane } = await openClaimed(under, 2);
      await store.updateSubscription(lane, { enabled: false, disabledReason: "by_hand", updatedAt: NOON });
      await store.recordAttempts(WORKER, [failure(claimed[0]!)]);
      await store.releaseLeases(WORKER, [claimed[1]!.rowId], NOON);
      expect(await store.findDelivery(SCOPE, claimed[0]!.id)).toMatchObject({ state: "retrying" });
      expect(await store.findDelivery(SCOPE, claimed[1]!.id)).toMatchObject({ state: "pending" });
    });

    it("cancels instead of retrying once the subscription is deleted", async () => {
      const { store, claimed, lane } = await openClaimed(under, 4);
      await store.deleteSubscription(lane, NOON + 1);
      await store.recordAttempts(WORKER, [failure(claimed[0]!, undefined, NOON + 2), success(claimed[1]!, NOON + 2)]);
      await store.releaseLeases(WORKER, [claimed[2]!.rowId], NOON + 3);
      await store.reclaimLeases(OTHER_WORKER, NOON + 4);
      for (const { id } of claimed.slice(2)) {
        expect(await store.findDelivery(SCOPE, id)).toMatchObject({ state: "cancelled" });
      }
      expect(await store.findDelivery(SCOPE, claimed[0]!.id)).toMatchObject({
        state: "cancelled",
        reason: "subscription_deleted",
      });
      expect(await store.findDelivery(SCOPE, claimed[1]!.id)).toMatchObject({ state: "succeeded" });
    });

    it("commits claims, records and appends that come together as one", async () => {
      const { store, claimed, lane } = await openClaimed(under, 1);
      const before = store.commits;
      await Promise.all([
        store.recordAttempts(WORKER, [success(claimed[0]!)]),
        store.appendEvents([newEvent([lane])]),
        store.claimDue([{ subscriptionRowId: lane, limit: 5 }], NOON, LEASE),
      ]);
      expect(store.commits - before).toBe(1);
    });
  });
}

/** A store with `count` deliveries of one subscription, all leased to WORKER. */
async function openClaimed(
  under: StoreUnderTest,
  count: number,
  fields: Partial<NewSubscription> = {},
): Promise<{
  store: Store & { readonly commits: number };
  lane: number;
  claimed: ClaimedDelivery[];
  subscription: () => ReturnType<Store["findSubscription"]>;
}> {
  const store = await under.open();
  const subscription = newSubscription(fields);
  const lane = await store.insertSubscription(subscription);
  await store.appendEvents(Array.from({ length: count }, () => newEvent([lane])));
  const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: count }], NOON, LEASE);
  return {
    store,
    lane,
    claimed: claimed!.deliveries,
    subscription: () => store.findSubscription(SCOPE, subscription.id),
  };
}
