import { describe, expect, it } from "vitest";
import type { NewAuditEntry } from "../../src/store/admin-store.ts";
import type { EventTypeChange } from "../../src/store/catalogue-store.ts";
import type { Store } from "../../src/store/store.ts";
import { NOON, newId, OTHER_ENVIRONMENT, OTHER_TENANT, SCOPE } from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

const MOST = 3;

function entry(action: NewAuditEntry["action"] = "event_type.create"): NewAuditEntry {
  return {
    ...SCOPE,
    id: newId("aud"),
    at: NOON,
    keyId: undefined,
    actor: "local",
    from: "cli",
    action,
    resourceKind: "event_type",
    resourceId: "a.b",
    before: undefined,
    after: undefined,
  };
}

const added = (name: string, content = "{}"): EventTypeChange => ({ name, content, ifUpdatedAt: undefined });

function change(store: Store, changes: EventTypeChange[], now = NOON, scope = SCOPE): Promise<boolean> {
  return store.catalogue.changeEventTypes(scope, changes, now, MOST, [entry()]);
}

const names = async (store: Store, scope = SCOPE) =>
  (await store.catalogue.loadEventTypes(scope)).map(({ name }) => name);

const audited = async (store: Store) =>
  (
    await store.admin.listAudit(
      {
        reach: { tenant: "*", environment: "*" },
        withPast: true,
        since: undefined,
        until: undefined,
        key: undefined,
        action: undefined,
        actionPrefix: undefined,
        resource: undefined,
      },
      100,
      undefined,
    )
  ).length;

export function catalogueContract({ open, openAgain }: StoreUnderTest): void {
  describe("the catalogue of event types", () => {
    it("is kept for each tenant and environment, in alphabetical order", async () => {
      const store = await open();
      expect(await change(store, [added("b"), added("a", '{"x":1}')])).toBe(true);
      await change(store, [added("c")], NOON, OTHER_TENANT);
      await change(store, [added("d")], NOON, OTHER_ENVIRONMENT);
      expect(await store.catalogue.loadEventTypes(SCOPE)).toEqual([
        { scope: SCOPE, name: "a", content: '{"x":1}', createdAt: NOON, updatedAt: NOON },
        { scope: SCOPE, name: "b", content: "{}", createdAt: NOON, updatedAt: NOON },
      ]);
      expect((await store.catalogue.loadEventTypes()).map(({ scope, name }) => [scope.tenant, name])).toHaveLength(4);
      expect(await names(store, OTHER_TENANT)).toEqual(["c"]);
    });

    it("changes only what is as it was read: all of the changes, or none and no record of them", async () => {
      const store = await open();
      await change(store, [added("a"), added("b")]);
      const before = await audited(store);
      expect(await change(store, [added("a")])).toBe(false);
      expect(await change(store, [added("c"), { name: "a", content: "1", ifUpdatedAt: NOON + 1 }])).toBe(false);
      expect(await change(store, [{ name: "z", content: undefined, ifUpdatedAt: NOON }])).toBe(false);
      expect([await names(store), await audited(store)]).toEqual([["a", "b"], before]);
      expect(
        await change(store, [
          { name: "a", content: "2", ifUpdatedAt: NOON },
          { name: "b", content: undefined, ifUpdatedAt: NOON },
        ]),
      ).toBe(true);
      // The clock stood still, and the change is seen all the same.
      expect(await store.catalogue.loadEventTypes(SCOPE)).toMatchObject([
        { name: "a", content: "2", createdAt: NOON, updatedAt: NOON + 1 },
      ]);
      expect(await audited(store)).toBe(before + 1);
    });

    it("has a limit, which an exchange does not touch", async () => {
      const store = await open();
      expect(
        await change(
          store,
          ["a", "b", "c", "d"].map((name) => added(name)),
        ),
      ).toBe(false);
      expect(
        await change(
          store,
          ["a", "b", "c"].map((name) => added(name)),
        ),
      ).toBe(true);
      expect(await change(store, [added("d")])).toBe(false);
      expect(await change(store, [{ name: "a", content: "1", ifUpdatedAt: NOON }])).toBe(true);
      expect(await change(store, [added("d")], NOON, OTHER_TENANT)).toBe(true);
    });

    it("and settings of an environment: a change is noticed by another process", async () => {
      const store = await open();
      const other = await openAgain();
      const seen: boolean[] = [];
      const stop = store.watch(({ configChanged }) => seen.push(configChanged));
      await change(other, [added("a")]);
      await expect.poll(() => seen.filter(Boolean).length, { timeout: 30_000 }).toBe(1);
      await other.catalogue.changeEnvironment(SCOPE, "{}", NOON, undefined, entry("environment.update"));
      await expect.poll(() => seen.filter(Boolean).length, { timeout: 30_000 }).toBe(2);
      stop();
      expect(await names(store)).toEqual(["a"]);
    });
  });

  describe("settings of an environment", () => {
    it("are there once somebody set them, and change only as they were read", async () => {
      const store = await open();
      const set = (settings: string, ifUpdatedAt: number | undefined, scope = SCOPE) =>
        store.catalogue.changeEnvironment(scope, settings, NOON, ifUpdatedAt, entry("environment.update"));
      expect(await store.catalogue.loadEnvironments(SCOPE)).toEqual([]);
      expect(await set('{"a":1}', NOON)).toBe(false);
      expect(await set('{"a":1}', undefined)).toBe(true);
      expect(await set('{"a":2}', undefined)).toBe(false);
      expect(await set('{"a":2}', NOON)).toBe(true);
      expect(await store.catalogue.loadEnvironments(SCOPE)).toEqual([
        { scope: SCOPE, settings: '{"a":2}', updatedAt: NOON + 1 },
      ]);
      expect(await store.catalogue.loadEnvironments(OTHER_TENANT)).toEqual([]);
      expect(await audited(store)).toBe(2);
    });

    it("and types go with their tenant", async () => {
      const store = await open();
      await change(store, [added("a")], NOON, OTHER_TENANT);
      await store.catalogue.changeEnvironment(OTHER_TENANT, "{}", NOON, undefined, entry("environment.update"));
      const audit = { ...entry("tenant.delete"), tenant: OTHER_TENANT.tenant };
      expect(await store.admin.deleteTenant(OTHER_TENANT.tenant, false, NOON, audit)).toBe(false);
      expect(await store.admin.deleteTenant(OTHER_TENANT.tenant, true, NOON, audit)).toBe(true);
      expect([await store.catalogue.loadEventTypes(), await store.catalogue.loadEnvironments()]).toEqual([[], []]);
    });
  });
}
