import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { AuditFilter, NewAuditEntry, NewKey } from "../../src/store/admin-store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  LEASE,
  NOON,
  newDelivery,
  newEvent,
  newId,
  newRotation,
  newSecret,
  newSubscription,
  OTHER_ENVIRONMENT,
  OTHER_TENANT,
  SCOPE,
  success,
  WORKER,
} from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

const EVERYTHING = { tenant: "*", environment: "*" };
const ALL: AuditFilter = {
  reach: EVERYTHING,
  withPast: true,
  since: undefined,
  until: undefined,
  key: undefined,
  action: undefined,
  actionPrefix: undefined,
  resource: undefined,
};
function newKey(fields: Partial<NewKey> = {}): NewKey {
  return {
    id: newId("key"),
    tenant: "default",
    environment: "production",
    name: "ci",
    role: "publisher",
    hash: createHash("sha256").update(randomBytes(32)).digest(),
    hint: "hk_Ab3d…9z",
    rateLimit: undefined,
    createdAt: NOON,
    expiresAt: undefined,
    ...fields,
  };
}

function newEntry(fields: Partial<NewAuditEntry> = {}): NewAuditEntry {
  return {
    id: newId("aud"),
    at: NOON,
    ...SCOPE,
    keyId: "key_1",
    actor: "ops",
    from: "192.0.2.1",
    action: "subscription.update",
    resourceKind: "subscription",
    resourceId: "sub_1",
    before: '{"name":"a"}',
    after: '{"name":"b"}',
    ...fields,
  };
}

export function adminContract(under: StoreUnderTest): void {
  describe("keys", () => {
    it("keeps every field, and one hash once", async () => {
      const { admin } = await under.open();
      const full = newKey({ tenant: "*", environment: "*", rateLimit: "10/s", expiresAt: NOON + 1, role: "admin" });
      expect(await admin.insertKey(full, newEntry())).toBe(true);
      expect(await admin.insertKey(newKey({ hash: full.hash }), newEntry())).toBe(false);
      const [stored, ...more] = await admin.loadKeys();
      expect(more).toEqual([]);
      expect({ ...stored, hash: Buffer.from(stored!.hash) }).toEqual({
        ...full,
        rowId: stored!.rowId,
        revokedAt: undefined,
        lastUsedAt: undefined,
      });
      // What was not stored is not in the record either.
      expect(await admin.listAudit(ALL, 10, undefined)).toHaveLength(1);
    });

    it("revokes once, and notes uses that go forward", async () => {
      const { admin } = await under.open();
      await admin.insertKey(newKey(), newEntry());
      const [key] = await admin.loadKeys();
      await admin.noteKeyUses([
        [key!.rowId, NOON + 5],
        [key!.rowId + 1, NOON],
      ]);
      await admin.noteKeyUses([[key!.rowId, NOON + 3]]);
      expect(await admin.revokeKey(key!.rowId, NOON + 9, newEntry())).toBe(true);
      expect(await admin.revokeKey(key!.rowId, NOON + 10, newEntry())).toBe(false);
      expect(await admin.loadKeys()).toMatchObject([{ revokedAt: NOON + 9, lastUsedAt: NOON + 5 }]);
      expect(await admin.listAudit(ALL, 10, undefined)).toHaveLength(2);
    });

    it("tells other processes of a key that is new or ended, and not of one that was used", async () => {
      const store = await under.open();
      const other = await under.openAgain();
      const changes: boolean[] = [];
      let heard = Promise.withResolvers<void>();
      other.watch(({ configChanged }) => {
        changes.push(configChanged);
        heard.resolve();
      });
      const next = async (act: () => Promise<unknown>) => {
        heard = Promise.withResolvers();
        await act();
        await heard.promise;
        return changes.at(-1);
      };
      expect(await next(() => store.admin.insertKey(newKey(), newEntry()))).toBe(true);
      const [key] = await store.admin.loadKeys();
      expect(await next(() => store.admin.noteKeyUses([[key!.rowId, NOON]]))).toBe(false);
      expect(await next(() => store.admin.revokeKey(key!.rowId, NOON, newEntry()))).toBe(true);
    });
  });

  describe("tenants", () => {
    it("are those that were created, have data or have keys, in alphabetical order", async () => {
      const store = await under.open();
      const { admin } = store;
      await admin.insertTenant({ name: "created", description: "d" }, NOON, newEntry());
      await store.insertSubscription(newSubscription({ scope: OTHER_TENANT }));
      await store.appendEvents([newEvent([], { scope: { tenant: "busy", environment: "b" } })]);
      await store.appendEvents([newEvent([], { scope: { tenant: "busy", environment: "a" } })]);
      await admin.insertKey(newKey({ tenant: "keyed" }), newEntry());
      await admin.insertKey(newKey({ tenant: "*" }), newEntry());
      await admin.insertKey(newKey({ tenant: "gone" }), newEntry());
      const gone = (await admin.loadKeys()).find(({ tenant }) => tenant === "gone")!;
      await admin.revokeKey(gone.rowId, NOON, newEntry());
      const all = await admin.listTenants(undefined, 10);
      expect(all.map(({ name }) => name)).toEqual(["busy", "created", "keyed", "other"]);
      expect(all[0]).toMatchObject({
        environments: ["a", "b"],
        hasEvents: true,
        subscriptions: new Map(),
        createdAt: undefined,
      });
      expect(all[1]).toMatchObject({ description: "d", environments: [], createdAt: NOON, updatedAt: NOON });
      expect(all[2]!.keys).toEqual(new Map([[newKey().environment, 1]]));
      expect(all[3]).toMatchObject({ subscriptions: new Map([[OTHER_TENANT.environment, 1]]), hasEvents: false });
      expect((await admin.listTenants("created", 1)).map(({ name }) => name)).toEqual(["keyed"]);
      expect(await admin.findTenant("other")).toEqual(all[3]);
      expect(await admin.findTenant("gone")).toBeUndefined();
    });

    it("are created once, and changed whether they were created or not", async () => {
      const { admin } = await under.open();
      expect(await admin.insertTenant({ name: "a", description: "1" }, NOON, newEntry())).toBe(true);
      expect(await admin.insertTenant({ name: "a", description: "2" }, NOON, newEntry())).toBe(false);
      expect(await admin.updateTenant({ name: "a", description: "3" }, NOON, newEntry())).toBe(true);
      expect(await admin.updateTenant({ name: "b", description: "4" }, NOON + 5, newEntry())).toBe(true);
      expect(await admin.listTenants(undefined, 10)).toMatchObject([
        { name: "a", description: "3", createdAt: NOON, updatedAt: NOON + 1 },
        { name: "b", description: "4", createdAt: NOON + 5 },
      ]);
      expect(await admin.listAudit(ALL, 10, undefined)).toHaveLength(3);
    });

    it("are deleted when they have nothing, and with force in any case", async () => {
      const store = await under.open();
      const { admin } = store;
      const reach = { tenant: "other", environment: "*" };
      await admin.insertTenant({ name: "other", description: "" }, NOON, newEntry(reach));
      expect(await admin.deleteTenant("other", false, NOON, newEntry(reach))).toBe(true);
      expect(await admin.findTenant("other")).toBeUndefined();

      await store.insertSubscription(newSubscription({ scope: OTHER_TENANT }));
      expect(await admin.deleteTenant("other", false, NOON, newEntry(reach))).toBe(false);
      expect(await admin.deleteTenant("other", true, NOON, newEntry({ ...reach, action: "tenant.delete" }))).toBe(true);
      await admin.insertKey(newKey({ tenant: "other" }), newEntry(reach));
      expect(await admin.deleteTenant("other", false, NOON, newEntry(reach))).toBe(false);
      await store.appendEvents([newEvent([], { scope: OTHER_TENANT })]);
      expect(await admin.deleteTenant("other", true, NOON, newEntry({ ...reach, action: "tenant.delete" }))).toBe(true);
      expect(await admin.findTenant("other")).toBeUndefined();
      expect(await admin.loadKeys()).toEqual([]);
      // Who gets the name later sees nothing of what was before; whoever may see everything does.
      expect(await admin.listAudit({ ...ALL, reach, withPast: false }, 10, undefined)).toEqual([]);
      expect(await admin.listAudit({ ...ALL, reach }, 10, undefined)).toHaveLength(5);
      expect(await admin.listAudit(ALL, 10, undefined)).toHaveLength(5);
    });

    it("leave nothing behind under their name, also for a writer that knew them", async () => {
      const store = await under.open();
      const other = await under.openAgain();
      const mine = await store.insertSubscription(newSubscription());
      const theirs = await store.insertSubscription(newSubscription({ scope: OTHER_TENANT, secrets: [newSecret()] }));
      const event = newEvent([theirs], { scope: OTHER_TENANT });
      await store.appendEvents([event, newEvent([mine]), newEvent([theirs], { scope: OTHER_TENANT })]);
      await other.appendEvents([newEvent([theirs], { scope: OTHER_TENANT })]);
      const [claimed] = await store.claimDue([{ subscriptionRowId: theirs, limit: 1 }], NOON, LEASE);
      await store.recordAttempts(WORKER, [success(claimed!.deliveries[0]!)]);
      const [inFlight] = await store.claimDue([{ subscriptionRowId: theirs, limit: 1 }], NOON, LEASE);

      const selection = {
        state: "failed" as const,
        types: undefined,
        reason: undefined,
        since: undefined,
        until: undefined,
      };
      for (const [id, scope] of [
        ["rpl_theirs", OTHER_TENANT],
        ["rpl_mine", SCOPE],
      ] as const) {
        const replay = {
          id,
          scope,
          selection: { ...selection, subscriptionRowId: undefined },
          asked: "{}",
          rate: undefined,
        };
        await store.replays.insert({ ...replay, found: 1, createdAt: NOON }, newEntry());
      }

      expect(await other.admin.deleteTenant("other", true, NOON, newEntry())).toBe(true);
      expect(await store.replays.listRunning()).toHaveLength(1);
      expect(await store.findEvent(OTHER_TENANT, event.id)).toBeUndefined();
      expect(await store.listDeliveries(OTHER_TENANT, {}, 10, undefined)).toEqual([]);
      expect(await store.loadSubscriptions(OTHER_TENANT)).toEqual([]);
      // Three events with a delivery each; what is under way is no reason to keep it.
      expect(await other.admin.eraseDeleted()).toBe(6);
      expect(await other.admin.eraseDeleted()).toBe(0);
      await store.recordAttempts(WORKER, [success(inFlight!.deliveries[0]!)]);
      expect(await store.listDeliveries(SCOPE, {}, 10, undefined)).toHaveLength(1);

      // Whoever takes the name next begins with nothing, through either process.
      const again = newEvent([], { scope: OTHER_TENANT });
      await store.appendEvents([again]);
      expect(await other.findEvent(OTHER_TENANT, again.id)).toBeDefined();
      expect(await other.listEvents(OTHER_TENANT, {}, 10, undefined)).toHaveLength(1);
      expect(await store.listEventTypes(OTHER_TENANT)).toEqual([again.type]);
    });

    it("keep the environments apart that are not theirs", async () => {
      const store = await under.open();
      await store.insertSubscription(newSubscription({ scope: OTHER_ENVIRONMENT }));
      await store.insertSubscription(newSubscription({ scope: OTHER_TENANT }));
      await store.admin.deleteTenant("other", true, NOON, newEntry());
      expect(await store.loadSubscriptions(OTHER_ENVIRONMENT)).toHaveLength(1);
    });
  });

  describe("the record", () => {
    it("keeps every field, newest first, page by page", async () => {
      const { admin } = await under.open();
      const full = newEntry();
      const bare = newEntry({ keyId: undefined, resourceId: undefined, before: undefined, after: undefined });
      await admin.appendAudit(full);
      await admin.appendAudit(bare);
      const [newest, oldest] = await admin.listAudit(ALL, 10, undefined);
      expect(newest).toEqual({ ...bare, rowId: newest!.rowId });
      expect(oldest).toEqual({ ...full, rowId: oldest!.rowId });
      expect(await admin.listAudit(ALL, 10, newest!.rowId)).toEqual([oldest]);
    });

    it.each<[string, Partial<AuditFilter>, number[]]>([
      ["since, which counts", { since: NOON + 1 }, [1, 2, 3]],
      ["until, which does not", { until: NOON + 1 }, [0]],
      ["a key", { key: "key_2" }, [1]],
      ["no key", { key: "local" }, [2]],
      ["an action", { action: "key.create" }, [1]],
      ["a kind of action", { actionPrefix: "subscription." }, [0, 3]],
      ["a resource", { resource: "key_9" }, [1]],
      ["a tenant", { reach: { tenant: "default", environment: "*" } }, [0, 1]],
      ["an environment", { reach: { tenant: "*", environment: "production" } }, [1]],
    ])("is filtered by %s", async (_, filter, wanted) => {
      const { admin } = await under.open();
      const entries = [
        newEntry(),
        newEntry({ at: NOON + 1, ...OTHER_ENVIRONMENT, keyId: "key_2", action: "key.create", resourceId: "key_9" }),
        newEntry({ at: NOON + 2, ...OTHER_TENANT, keyId: undefined, action: "tenant.create", resourceId: "other" }),
        newEntry({ at: NOON + 3, ...OTHER_TENANT, action: "subscription.pause" }),
      ];
      for (const entry of entries) await admin.appendAudit(entry);
      const found = await admin.listAudit({ ...ALL, ...filter }, 10, undefined);
      expect(found.map(({ id }) => id).toReversed()).toEqual(wanted.map((index) => entries[index]!.id));
    });

    it("is written with what was changed, and with nothing else", async () => {
      const store = await under.open();
      const done = async (act: (entry: NewAuditEntry) => Promise<unknown>): Promise<boolean> => {
        const entry = newEntry();
        await act(entry).catch(() => undefined);
        return (await store.admin.listAudit(ALL, 100, undefined)).some(({ id }) => id === entry.id);
      };
      let lane = 0;
      expect(await done(async (entry) => (lane = await store.insertSubscription(newSubscription(), entry)))).toBe(true);
      expect(await done((entry) => store.updateSubscription(lane, { name: "x", updatedAt: NOON }, entry))).toBe(true);
      expect(await done((entry) => store.updateSubscription(99, { name: "x", updatedAt: NOON }, entry))).toBe(false);
      expect(await done((entry) => store.rotateSecrets([newRotation(lane)], NOON, [entry]))).toBe(true);
      expect(await done((entry) => store.rotateSecrets([newRotation(99)], NOON, [entry]))).toBe(false);
      const rowId = await eventOf(store, lane);
      expect(await done((entry) => store.cancelDelivery(rowId, "cancelled", NOON, entry))).toBe(true);
      expect(await done((entry) => store.cancelDelivery(rowId, "cancelled", NOON, entry))).toBe(false);
      expect(await done((entry) => store.reopenDeliveries([rowId], NOON, "manual", entry))).toBe(true);
      expect(await done((entry) => store.reopenDeliveries([], NOON, "manual", entry))).toBe(false);
      const [event] = await store.listEvents(SCOPE, {}, 1, undefined);
      const late = await store.insertSubscription(newSubscription());
      const replay = { eventRowId: event!.rowId, deliveryRowIds: [], deliveries: [newDelivery(late)] };
      const add = (entry: NewAuditEntry) => store.replays.replayEvent(replay, NOON, entry);
      expect(await done(add)).toBe(true);
      expect(await done(add)).toBe(false);
      expect(await done((entry) => store.deleteSubscription(lane, NOON, entry))).toBe(true);
      expect(await done((entry) => store.deleteSubscription(lane, NOON, entry))).toBe(false);
    });

    it("cannot be written without what was changed, nor what was changed without it", async () => {
      const store = await under.open();
      const entry = newEntry();
      const subscription = newSubscription();
      await store.admin.appendAudit(entry);
      // An id that exists cannot be stored again: then there is no such change either.
      await expect(store.insertSubscription(subscription, entry)).rejects.toThrow();
      await expect(store.admin.insertKey(newKey(), entry)).rejects.toThrow();
      await expect(store.admin.insertTenant({ name: "a", description: "" }, NOON, entry)).rejects.toThrow();
      expect(await store.loadSubscriptions()).toEqual([]);
      expect(await store.admin.loadKeys()).toEqual([]);
      expect(await store.admin.findTenant("a")).toBeUndefined();
      // A change that is refused for itself leaves no entry.
      const other = newEntry();
      await store.insertSubscription(subscription);
      await expect(store.insertSubscription(subscription, other)).rejects.toThrow();
      expect((await store.admin.listAudit(ALL, 10, undefined)).map(({ id }) => id)).toEqual([entry.id]);
    });
  });
}

/** The row id of a delivery that waits. */
async function eventOf(store: Store, lane: number): Promise<number> {
  const event = newEvent([lane]);
  await store.appendEvents([event]);
  const [delivery] = await store.listDeliveries(SCOPE, {}, 1, undefined);
  return delivery!.rowId;
}
