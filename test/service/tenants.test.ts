import path from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { LOCAL_CALLER } from "../../src/core/key.ts";
import { openTestHooks } from "../support/local-hooks.ts";

const EVENT = { type: "order.paid", data: Buffer.from('{"n":1}') };
const INPUT = { url: "https://example.com/hooks", events: ["order.*"] };

function bound(tenant: string, environment = "*") {
  return { ...LOCAL_CALLER, tenant, environment, keyId: "key_1", name: "ops" };
}

describe("tenants", () => {
  it("exist when they were created, or have data or a key; the default one always does", async () => {
    const { adminFor, serviceFor } = await openTestHooks();
    const admin = adminFor();
    expect((await admin.listTenants()).data).toEqual([
      {
        name: "default",
        description: "",
        environments: [],
        subscriptions: 0,
        keys: 0,
        created_at: null,
        updated_at: null,
      },
    ]);
    const created = await admin.createTenant({ name: "acme", description: "Acme Inc." });
    expect(created).toMatchObject({ name: "acme", description: "Acme Inc.", created_at: "2026-01-31T12:00:00.000Z" });
    await serviceFor({ tenant: "busy", environment: "staging" }).publish(EVENT);
    await admin.createKey({ name: "ci", role: "reader", tenant: "keyed" });
    expect((await admin.listTenants()).data.map(({ name }) => name)).toEqual(["acme", "busy", "default", "keyed"]);
    expect(await admin.getTenant("busy")).toMatchObject({ environments: ["staging"], created_at: null });
    expect(await admin.getTenant("keyed")).toMatchObject({ keys: 1 });
    await expect(admin.getTenant("acne")).rejects.toMatchObject({
      code: "not_found",
      field: "name",
      message: expect.stringContaining("acme"),
    });
  });

  it("are listed page by page in alphabetical order, the default one in its place", async () => {
    const { adminFor } = await openTestHooks();
    const admin = adminFor();
    for (const name of ["e", "b", "a", "d", "f", "c"]) await admin.createTenant({ name });
    const seen: string[] = [];
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await admin.listTenants({ limit: 2, cursor });
      seen.push(...page.data.map(({ name }) => name));
      cursor = page.next_cursor ?? undefined;
      more = cursor !== undefined;
    }
    expect(seen).toEqual(["a", "b", "c", "d", "default", "e", "f"]);
    await expect(admin.listTenants({ cursor: "cjE" })).rejects.toMatchObject({ field: "cursor" });
  });

  it("are created once, and described anew at any time", async () => {
    const { adminFor, serviceFor } = await openTestHooks();
    const admin = adminFor();
    await admin.createTenant({ name: "acme" });
    await expect(admin.createTenant({ name: "acme" })).rejects.toMatchObject({ code: "conflict", field: "name" });
    expect((await admin.updateTenant("acme", { description: "a" })).description).toBe("a");
    expect((await admin.updateTenant("acme", {})).description).toBe("a");
    expect((await admin.updateTenant("acme", { description: null })).description).toBe("");
    await serviceFor({ tenant: "busy", environment: "staging" }).publish(EVENT);
    expect(await admin.updateTenant("busy", { description: "b" })).toMatchObject({ environments: ["staging"] });
    await expect(admin.createTenant({ name: "Acme" })).rejects.toMatchObject({ field: "name" });
    await expect(admin.createTenant({ name: "*" })).rejects.toMatchObject({ field: "name" });
    await expect(admin.createTenant({ name: "long", description: "x".repeat(1025) })).rejects.toMatchObject({
      field: "description",
    });
    await expect(admin.updateTenant("nobody", { description: "b" })).rejects.toMatchObject({ code: "not_found" });
  });

  it("are managed by admins of everything only; others see their own", async () => {
    const { adminFor, serviceFor } = await openTestHooks();
    await adminFor().createTenant({ name: "acme", description: "d" });
    await adminFor().createTenant({ name: "other" });
    await serviceFor({ tenant: "acme", environment: "staging" }).publish(EVENT);
    await serviceFor({ tenant: "acme", environment: "production" }).publish(EVENT);
    for (const caller of [bound("acme"), bound("acme", "staging")]) {
      const admin = adminFor(caller);
      expect((await admin.listTenants()).data.map(({ name }) => name)).toEqual(["acme"]);
      expect((await admin.getTenant("acme")).environments).toEqual(
        caller.environment === "*" ? ["production", "staging"] : ["staging"],
      );
      await expect(admin.getTenant("other")).rejects.toMatchObject({ code: "not_found" });
      await expect(admin.updateTenant("other", {})).rejects.toMatchObject({ code: "not_found" });
      await expect(admin.deleteTenant("other")).rejects.toMatchObject({ code: "not_found" });
      await expect(admin.createTenant({ name: "mine" })).rejects.toMatchObject({ code: "forbidden" });
      await expect(admin.updateTenant("acme", { description: "x" })).rejects.toMatchObject({ code: "forbidden" });
      await expect(admin.deleteTenant("acme", { force: true })).rejects.toMatchObject({ code: "forbidden" });
      await expect(admin.deleteTenant("acme", { dry_run: true })).rejects.toMatchObject({ code: "forbidden" });
    }
    await expect(adminFor(bound("*", "staging")).createTenant({ name: "mine" })).rejects.toMatchObject({
      code: "forbidden",
    });
    expect((await adminFor().getTenant("acme")).description).toBe("d");
  });

  it("are counted in the environments of whoever asks, and in no other", async () => {
    const { adminFor, serviceFor } = await openTestHooks();
    for (const environment of ["production", "production", "staging"]) {
      await serviceFor({ tenant: "acme", environment }).createSubscription(INPUT);
      await adminFor().createKey({ name: "ci", role: "reader", tenant: "acme", environment });
    }
    await adminFor().createKey({ name: "all", role: "reader", tenant: "acme", environment: "*" });
    await serviceFor({ tenant: "other", environment: "production" }).createSubscription(INPUT);
    const seen = async (tenant: string, environment: string) => {
      const admin = adminFor(bound(tenant, environment));
      const { subscriptions, keys } = await admin.getTenant("acme");
      const listed = (await admin.listTenants()).data.find(({ name }) => name === "acme");
      expect(listed).toMatchObject({ subscriptions, keys });
      // As the list of keys, which shows none that reaches further than whoever asks.
      expect((await admin.listKeys()).data.filter((key) => key.tenant === "acme")).toHaveLength(keys);
      return [subscriptions, keys];
    };
    expect(await seen("acme", "*")).toEqual([3, 4]);
    expect(await seen("acme", "production")).toEqual([2, 2]);
    expect(await seen("acme", "staging")).toEqual([1, 1]);
    expect(await seen("acme", "development")).toEqual([0, 0]);
    expect(await seen("*", "staging")).toEqual([1, 1]);
    expect(await seen("*", "*")).toEqual([3, 4]);
  });

  it("are deleted when they have nothing; else only with force, and then wholly", async () => {
    const { adminFor, serviceFor, cases } = await openTestHooks();
    const admin = adminFor();
    await cases.keyTable.load();
    await cases.parts.directory.load();
    const scope = { tenant: "acme", environment: "staging" };
    const service = serviceFor(scope);
    await admin.createTenant({ name: "acme" });
    await admin.deleteTenant("acme");
    await expect(admin.deleteTenant("acme")).rejects.toMatchObject({ code: "not_found" });

    const { id } = await service.createSubscription(INPUT);
    const event = await service.publish(EVENT);
    const { key } = await admin.createKey({ name: "ci", role: "admin", tenant: "acme", environment: "staging" });
    await expect(admin.deleteTenant("acme")).rejects.toMatchObject({
      code: "conflict",
      message: 'tenant "acme" has 1 subscription, events, 1 key',
      hint: expect.stringContaining("--force"),
    });
    // A dry run is refused where the deletion is, and where it is not it leaves everything there.
    await expect(admin.deleteTenant("acme", { dry_run: true })).rejects.toMatchObject({
      message: 'tenant "acme" has 1 subscription, events, 1 key',
    });
    await admin.deleteTenant("acme", { force: true, dry_run: true });
    expect(await service.getSubscription(id)).toMatchObject({ id });
    expect((await admin.listAudit({ tenant: "acme", action: "tenant.delete" })).data).toHaveLength(1);
    expect(cases.keyTable.find(key)?.tenant).toBe("acme");
    await admin.deleteTenant("acme", { force: true });

    await expect(admin.getTenant("acme")).rejects.toMatchObject({ code: "not_found" });
    expect(cases.keyTable.find(key)).toBeUndefined();
    await expect(service.getSubscription(id)).rejects.toMatchObject({ code: "not_found" });
    await expect(service.getEvent(event.id)).rejects.toMatchObject({ code: "not_found" });
    // The name is free: whoever gets it next begins with nothing, and the same event id is a new event.
    expect(await service.publish({ ...EVENT, id: event.id })).toMatchObject({ deliveries: 0 });
    expect((await service.listEvents()).data).toHaveLength(1);
    expect((await adminFor(bound("acme")).listAudit()).data).toEqual([]);
    expect((await admin.listAudit({ tenant: "acme", action: "tenant.delete" })).data[0]).toMatchObject({
      resource: { kind: "tenant", id: "acme" },
      before: { name: "acme", subscriptions: 1, keys: 1 },
    });
  });

  it("take with them what came to their sources and made no event", async () => {
    const { adminFor, serviceFor, store, folder } = await openTestHooks();
    const scopes = ["acme", "other"].map((tenant) => ({ tenant, environment: "staging" }));
    for (const scope of scopes) {
      await serviceFor(scope).createSource({ name: scope.tenant, scheme: "none" });
      const [{ rowId: sourceRowId } = { rowId: 0 }] = await store.sources.load(scope);
      const facts = { receivedAt: 0, outcome: "refused", status: 400, reason: "malformed", detail: "" } as const;
      const none = { isBodySealed: false, eventId: undefined };
      const request = { id: `req_${scope.tenant}`, sourceRowId, method: "POST", from: "127.0.0.1", bodyBytes: 6 };
      const head = new Uint8Array(8);
      await store.sources.record([{ ...facts, ...none, ...request, head, body: Buffer.from("secret") }], 10);
    }
    await adminFor().deleteTenant("acme", { force: true });
    const db = new Database(path.join(folder, "hooks.db"), { readonly: true });
    onTestFinished(() => void db.close());
    expect(db.prepare("SELECT public_id FROM inbound_requests").pluck().all()).toEqual(["req_other"]);
  });

  it("named default cannot be deleted", async () => {
    const { adminFor } = await openTestHooks();
    await expect(adminFor().deleteTenant("default", { force: true })).rejects.toMatchObject({ code: "conflict" });
    await expect(adminFor().deleteTenant("default", { dry_run: true })).rejects.toMatchObject({ code: "conflict" });
  });
});
