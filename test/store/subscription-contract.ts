import { describe, expect, it } from "vitest";
import { CLOSED } from "../../src/core/breaker.ts";
import { NEW_HEALTH } from "../../src/core/health.ts";
import type { NewSubscription } from "../../src/store/store.ts";
import {
  failure,
  LEASE,
  NOON,
  newEvent,
  newRotation,
  newSecret,
  newSubscription,
  OTHER_ENVIRONMENT,
  OTHER_TENANT,
  SCOPE,
} from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

export function subscriptionContract(under: StoreUnderTest): void {
  describe("subscriptions", () => {
    it("keeps every field", async () => {
      const store = await under.open();
      const full = newSubscription({
        paused: true,
        enabled: false,
        disabledReason: "by_hand",
        events: ["a.b", "c.*"],
        headers: { keyId: "key-1", bytes: Buffer.from([0, 255, 1]) },
        headerNames: ["x-one", "x-two"],
        url: "https://example.com/hooks?***",
        urlSealed: { keyId: "key-1", bytes: Buffer.from([9, 0]) },
        settings: '{"a":1}',
      });
      const rowId = await store.insertSubscription(full);
      const found = await store.findSubscription(SCOPE, full.id);
      expect(plain(found)).toEqual(
        plain({
          ...full,
          rowId,
          disabledAt: full.createdAt,
          health: NEW_HEALTH,
          breaker: CLOSED,
          counts: { succeeded: 0, failed: 0 },
        }),
      );
      expect(plain(await store.loadSubscriptions())).toEqual([plain(found)]);
    });

    it("shows a scope only its own, and all in order when none is named", async () => {
      const store = await under.open();
      const all = [SCOPE, OTHER_TENANT, OTHER_ENVIRONMENT, SCOPE].map((scope) => newSubscription({ scope }));
      const rowIds: number[] = [];
      for (const subscription of all) rowIds.push(await store.insertSubscription(subscription));
      expect((await store.loadSubscriptions()).map(({ rowId }) => rowId)).toEqual(rowIds);
      expect((await store.loadSubscriptions(SCOPE)).map(({ id }) => id)).toEqual([all[0]!.id, all[3]!.id]);
      expect((await store.loadSubscriptions(OTHER_TENANT)).map(({ id }) => id)).toEqual([all[1]!.id]);
      expect(await store.findSubscription(SCOPE, all[1]!.id)).toBeUndefined();
      expect(await store.findSubscription(OTHER_TENANT, all[1]!.id)).toBeDefined();
    });

    it("changes what is named and nothing else", async () => {
      const store = await under.open();
      const before = newSubscription({ headers: { keyId: "key-1", bytes: Buffer.from("h") } });
      const rowId = await store.insertSubscription(before);
      const change = { name: "new name", events: ["*"], enabled: false, disabledReason: "by_hand" as const };
      expect(await store.updateSubscription(rowId, { ...change, updatedAt: NOON + 1 })).toBe("changed");
      const found = await store.findSubscription(SCOPE, before.id);
      expect(plain(found)).toMatchObject(plain({ ...before, ...change, updatedAt: NOON + 1 }) as object);
      const back = { enabled: true, disabledReason: undefined, headers: undefined, updatedAt: NOON + 2 };
      expect(await store.updateSubscription(rowId, back)).toBe("changed");
      expect(await store.findSubscription(SCOPE, before.id)).toMatchObject({ name: "new name", ...back });
      expect(await store.updateSubscription(rowId + 1, { name: "x", updatedAt: NOON })).toBe("missing");
    });

    it("changes nothing for who read it before another change", async () => {
      const store = await under.open();
      const before = newSubscription();
      const rowId = await store.insertSubscription(before);
      const read = async () => (await store.findSubscription(SCOPE, before.id))!;
      const first = await read();
      expect(await store.updateSubscription(rowId, { name: "a", updatedAt: NOON }, undefined, first.updatedAt)).toBe(
        "changed",
      );
      // Within one millisecond, and by a clock that was set back: they differ all the same.
      const second = await read();
      expect(second.updatedAt).toBe(first.updatedAt + 1);
      expect(await store.updateSubscription(rowId, { name: "b", updatedAt: NOON }, undefined, first.updatedAt)).toBe(
        "overtaken",
      );
      expect(await read()).toMatchObject({ name: "a", updatedAt: second.updatedAt });
      await store.rotateSecrets([newRotation(rowId)], NOON - 1_000);
      expect((await read()).updatedAt).toBe(second.updatedAt + 1);
      expect(await store.updateSubscription(rowId, { name: "c", updatedAt: NOON - 1 })).toBe("changed");
      expect(await read()).toMatchObject({ name: "c", updatedAt: second.updatedAt + 2 });
    });

    it("deletes: not there any more, what waits is cancelled, history stays", async () => {
      const store = await under.open();
      const subscription = newSubscription();
      const lane = await store.insertSubscription(subscription);
      const bystander = await store.insertSubscription(newSubscription());
      await store.appendEvents(Array.from({ length: 1_100 }, () => newEvent([lane, bystander])));
      expect(await store.deleteSubscription(lane, NOON + 1)).toBe(true);
      expect(await store.deleteSubscription(lane, NOON + 2)).toBe(false);
      expect(await store.updateSubscription(lane, { name: "x", updatedAt: NOON })).toBe("missing");
      expect(await store.findSubscription(SCOPE, subscription.id)).toBeUndefined();
      expect(await store.loadSubscriptions()).toHaveLength(1);
      expect(await store.countDeliveries(SCOPE, { state: "cancelled" })).toBe(1_100);
      expect(await store.countDeliveries(SCOPE, { state: "pending" })).toBe(1_100);
      const [cancelled] = await store.listDeliveries(SCOPE, { subscriptionRowId: lane }, 1, undefined);
      expect(cancelled).toMatchObject({
        subscriptionId: subscription.id,
        reason: "subscription_deleted",
        completedAt: NOON + 1,
      });
      expect(await store.reopenDeliveries([cancelled!.rowId], NOON, "manual")).toEqual([]);
    });

    it("cancels at once what is appended for a subscription that was just deleted", async () => {
      const store = await under.open();
      const lane = await store.insertSubscription(newSubscription());
      await store.deleteSubscription(lane, NOON);
      const event = newEvent([lane]);
      await store.appendEvents([event]);
      expect(await store.findDelivery(SCOPE, event.deliveries[0]!.id)).toMatchObject({ state: "cancelled" });
      const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
      expect(claimed!.deliveries).toEqual([]);
    });

    it("lets a scope have so many, tunnel sessions and deleted ones apart, and writes nothing beyond", async () => {
      const store = await under.open();
      const create = (fields: Partial<NewSubscription> = {}) =>
        store.insertSubscription(newSubscription(fields), undefined, 2);
      await create({ scope: OTHER_TENANT });
      await create({ transport: "tunnel", url: undefined, session: "host/app" });
      await create();
      const second = await create();
      await expect(create()).rejects.toMatchObject({
        code: "conflict",
        message: "default/development has 2 subscriptions, and may have 2 (max_subscriptions)",
      });
      expect(await store.loadSubscriptions(SCOPE)).toHaveLength(3);
      await create({ scope: OTHER_TENANT });
      await create({ scope: OTHER_ENVIRONMENT });
      await store.insertSubscription(newSubscription());
      await store.deleteSubscription(second, NOON);
      await expect(create()).rejects.toMatchObject({ code: "conflict" });
      await store.deleteSubscription((await store.loadSubscriptions(SCOPE)).at(-1)!.rowId, NOON);
      await create();
      expect(await store.loadSubscriptions(SCOPE)).toHaveLength(3);
    });

    it("lets no more in when two processes create them at once", async () => {
      const stores = [await under.open(), await under.openAgain()];
      const answers = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => stores[n % 2]!.insertSubscription(newSubscription(), undefined, 7)),
      );
      expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(7);
      expect(await stores[0]!.loadSubscriptions(SCOPE)).toHaveLength(7);
    });

    it("lets a tunnel session exist once in its scope", async () => {
      const store = await under.open();
      const tunnel = (fields: Partial<NewSubscription> = {}) =>
        newSubscription({ transport: "tunnel", url: undefined, session: "host/app", ...fields });
      const rowId = await store.insertSubscription(tunnel());
      await expect(store.insertSubscription(tunnel())).rejects.toMatchObject({ code: "conflict", field: "session" });
      await store.insertSubscription(tunnel({ scope: OTHER_TENANT }));
      await store.insertSubscription(tunnel({ session: "host/other" }));
      await store.deleteSubscription(rowId, NOON);
      await store.insertSubscription(tunnel());
      expect(await store.loadSubscriptions(SCOPE)).toHaveLength(2);
    });

    it("lets one of two concurrent sessions of a name in", async () => {
      const store = await under.open();
      const tunnel = () => newSubscription({ transport: "tunnel", url: undefined, session: "same" });
      const answers = await Promise.allSettled([
        store.insertSubscription(tunnel()),
        store.insertSubscription(tunnel()),
      ]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    });

    it("rotates: every old secret gets an end, the ended ones go, the newest is first", async () => {
      const store = await under.open();
      const [old, ended] = [newSecret(), newSecret({ expiresAt: NOON - 1 })];
      const subscription = newSubscription({ secrets: [ended, old] });
      const rowId = await store.insertSubscription(subscription);
      const fresh = newSecret({ createdAt: NOON + 1, hint: "whsec_…new" });
      expect(await store.rotateSecrets([newRotation(rowId, fresh, NOON + 86_400_000)], NOON)).toEqual([rowId]);
      const newest = newSecret();
      await store.rotateSecrets([newRotation(rowId, newest, NOON + 1)], NOON);
      const found = await store.findSubscription(SCOPE, subscription.id);
      expect(plain(found!.secrets)).toEqual(
        // The older one, too, although it was promised longer: who rotates without grace revokes all that went before.
        plain([newest, { ...fresh, expiresAt: NOON + 1 }, { ...old, expiresAt: NOON + 1 }]),
      );
      await store.deleteSubscription(rowId, NOON);
      await expect(store.rotateSecrets([newRotation(rowId)], NOON)).rejects.toMatchObject({ code: "not_found" });
    });

    it("rotates several in one commit, or none", async () => {
      const store = await under.open();
      const rowIds = [
        await store.insertSubscription(newSubscription()),
        await store.insertSubscription(newSubscription()),
      ];
      expect(
        await store.rotateSecrets(
          rowIds.map((rowId) => newRotation(rowId)),
          NOON,
        ),
      ).toEqual(rowIds);
      await expect(
        store.rotateSecrets([newRotation(rowIds[0]!), newRotation(rowIds[1]! + 1)], NOON),
      ).rejects.toMatchObject({
        code: "not_found",
      });
      expect((await store.loadSubscriptions()).map(({ secrets }) => secrets.length)).toEqual([2, 2]);
    });

    it("rotates by age only what nobody has rotated since", async () => {
      const store = await under.open();
      const old = newSecret();
      const rowId = await store.insertSubscription(newSubscription({ secrets: [old] }));
      const byAge = () => ({ ...newRotation(rowId), reason: "age" as const, onlyIfNewest: old.id });
      const answers = await Promise.all([store.rotateSecrets([byAge()], NOON), store.rotateSecrets([byAge()], NOON)]);
      expect(answers).toEqual([[rowId], []]);
      expect((await store.loadSubscriptions())[0]!.secrets).toHaveLength(2);
      await store.deleteSubscription(rowId, NOON);
      expect(await store.rotateSecrets([byAge()], NOON)).toEqual([]);
    });

    it("forgets the sealed URL and headers of one that is deleted", async () => {
      const store = await under.open();
      const sealed = { keyId: "key-1", bytes: Buffer.from("canary") };
      const rowId = await store.insertSubscription(
        newSubscription({ secrets: [], headers: sealed, url: "https://a.example/?***", urlSealed: sealed }),
      );
      expect(await store.listSealedByOthers("key-2", 9)).toHaveLength(2);
      await store.deleteSubscription(rowId, NOON);
      expect(await store.listSealedByOthers("key-2", 9)).toEqual([]);
    });

    it("closes the breaker of one whose sealed URL is another, and not of one whose URL stays", async () => {
      const store = await under.open();
      const urlSealed = { keyId: "key-1", bytes: Buffer.from("one") };
      const url = "https://a.example/?***";
      const rowId = await store.insertSubscription(newSubscription({ url, urlSealed }));
      const [event] = [newEvent([rowId])];
      await store.appendEvents([event]);
      const [claimed] = await store.claimDue([{ subscriptionRowId: rowId, limit: 1 }], NOON, LEASE);
      const open = { openings: 1, openUntil: NOON + 60_000 };
      await store.recordAttempts(LEASE.worker, [{ ...failure(claimed!.deliveries[0]!), breaker: open }]);
      const breaker = async () => (await store.loadSubscriptions())[0]!.breaker;
      expect(await breaker()).toEqual(open);
      await store.updateSubscription(rowId, { url, urlSealed, updatedAt: NOON + 1 });
      expect(await breaker()).toEqual(open);
      const other = { keyId: "key-1", bytes: Buffer.from("two") };
      await store.updateSubscription(rowId, { url, urlSealed: other, updatedAt: NOON + 2 });
      expect(await breaker()).toEqual(CLOSED);
    });

    it("hears of other connections' changes, not of its own", async () => {
      const store = await under.open();
      const other = await under.openAgain();
      const heard: { configChanged: boolean }[] = [];
      let wake = () => {};
      const change = () => new Promise<void>((resolve) => (wake = resolve));
      const stop = store.watch((news) => {
        heard.push(news);
        wake();
      });
      await store.insertSubscription(newSubscription());
      await store.appendEvents([newEvent()]);

      let next = change();
      await other.appendEvents([newEvent()]);
      await next;
      expect(heard).toEqual([{ configChanged: false }]);

      next = change();
      const at = performance.now();
      await other.insertSubscription(newSubscription());
      await next;
      expect(heard.at(-1)).toEqual({ configChanged: true });
      expect(performance.now() - at).toBeLessThan(1_000);

      // Its own change right after another's must not hide that one.
      next = change();
      await other.insertSubscription(newSubscription());
      await store.insertSubscription(newSubscription());
      await next;
      expect(heard.at(-1)).toEqual({ configChanged: true });
      stop();
      const count = heard.length;
      await other.insertSubscription(newSubscription());
      await store.appendEvents([newEvent()]);
      expect(heard).toHaveLength(count);
    });

    it("finishes what was submitted when it is closed, and takes nothing after", async () => {
      const store = await under.open();
      const events = Array.from({ length: 300 }, () => newEvent());
      const answers = events.map((event) => store.appendEvents([event]));
      await store.close();
      expect((await Promise.all(answers)).every(([answer]) => answer!.kind === "stored")).toBe(true);
      await expect(store.appendEvents([newEvent()])).rejects.toMatchObject({ code: "unavailable" });
      await expect(store.loadSubscriptions()).rejects.toMatchObject({ code: "unavailable" });
      const again = await under.openAgain();
      expect(await again.listEvents(SCOPE, {}, 1_000, undefined)).toHaveLength(300);
    });
  });
}

/** Buffers and Uint8Arrays of the same bytes are the same here. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
