import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RemoteAdmin } from "../../src/client/remote-admin.ts";
import type { AdminService } from "../../src/core/admin-service.ts";
import type { HooksError } from "../../src/core/errors.ts";
import { type KeyName, keyOf, startTestServer, type TestServer } from "../receive/support/test-server.ts";

let server: TestServer;
const open: RemoteAdmin[] = [];
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function remote(key: KeyName = "anyTenant"): RemoteAdmin {
  const admin = new RemoteAdmin({ server: new URL(server.url), apiKey: keyOf(key), userAgent: "hooks/test" });
  open.push(admin);
  return admin;
}

/** What a caller gets to know of a failure. */
async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => new Error("expected a rejection"),
    (reason: unknown) => reason as Error,
  );
  const { name, code, message, field, hint } = error as HooksError;
  return { name, code, message, field, hint };
}

describe("RemoteAdmin", () => {
  it("answers what the service over the store answers, for every call", async () => {
    const there = remote();
    const here = server.local.adminFor();
    const { key, ...created } = await there.createKey({
      name: "ci",
      role: "publisher",
      tenant: "acme",
      environment: "*",
      expires: "30d",
      rate_limit: "10/s",
    });
    expect(key).toMatch(/^hk_/);
    expect(created).toEqual(await here.getKey(created.id));
    expect(await there.getKey(created.id.slice(0, 20))).toEqual(created);
    expect(await there.getKey("ci")).toEqual(created);
    expect(await there.listKeys({ tenant: "acme", role: "publisher", status: "active", limit: 5 })).toEqual({
      data: [created],
      next_cursor: null,
    });
    await there.revokeKey("ci");
    await there.revokeKey(created.id);
    expect((await here.getKey(created.id)).status).toBe("revoked");

    expect(await there.createTenant({ name: "acme", description: "d" })).toEqual(await here.getTenant("acme"));
    expect((await there.updateTenant("acme", { description: null })).description).toBe("");
    expect(await there.getTenant("acme")).toEqual(await here.getTenant("acme"));
    const first = await there.listTenants({ limit: 1 });
    // Over HTTP the cursor is sealed.
    const same = await here.listTenants({ limit: 1 });
    expect(first).toEqual({ ...same, next_cursor: expect.stringMatching(/^[\w-]{40,}$/) as string });
    expect(await there.listTenants({ cursor: first.next_cursor! })).toEqual(
      await here.listTenants({ cursor: same.next_cursor! }),
    );
    await server.local
      .serviceFor({ tenant: "acme", environment: "a" })
      .publish({ type: "a.b", data: Buffer.from("1") });
    const query = { action: "tenant.*", since: "1h", limit: 3 };
    expect(await there.listAudit(query)).toEqual(await here.listAudit(query));
    expect((await there.listAudit({ resource: created.id })).data.map(({ action }) => action)).toEqual([
      "key.revoke",
      "key.create",
    ]);
    await there.deleteTenant("acme", { force: true });
    expect(await failure(here.getTenant("acme"))).toMatchObject({ code: "not_found" });
  });

  it.each<[string, (admin: AdminService) => Promise<unknown>]>([
    ["a key that is not there", (admin) => admin.getKey("key_zzz")],
    ["a key without a name", (admin) => admin.createKey({ name: "", role: "reader" })],
    ["a tenant that is none", (admin) => admin.createKey({ name: "a", role: "reader", tenant: "A" })],
    ["an end in the past", (admin) => admin.createKey({ name: "a", role: "reader", expires: "2020-01-01T00:00:00Z" })],
    ["a rate that is none", (admin) => admin.createKey({ name: "a", role: "reader", rate_limit: "fast" })],
    ["a tenant that is not there", (admin) => admin.getTenant("nobody")],
    ["a tenant without a name", (admin) => admin.getTenant("")],
    ["a tenant of a name that cannot be", (admin) => admin.createTenant({ name: "No Name" })],
    ["a tenant with a long description", (admin) => admin.updateTenant("default", { description: "x\n" })],
    ["a tenant that stays", (admin) => admin.deleteTenant("default")],
    ["a tenant with keys", (admin) => admin.deleteTenant("held")],
    ["an action that is not recorded", (admin) => admin.listAudit({ action: "key.creat" })],
    ["a range that ends before it begins", (admin) => admin.listAudit({ since: "1h", until: "2h" })],
  ])("says the same of %s", async (_, call) => {
    const here = server.local.adminFor();
    await here.createKey({ name: "holder", role: "reader", tenant: "held" });
    expect(await failure(call(remote()))).toEqual(await failure(call(here)));
  });

  it("is refused what its key does not reach", async () => {
    expect(await failure(remote("reader").listKeys())).toMatchObject({ code: "forbidden" });
    const production = remote("production");
    expect(await failure(production.createTenant({ name: "mine" }))).toMatchObject({ code: "forbidden" });
    expect(await failure(production.createKey({ name: "a", role: "reader", environment: "*" }))).toMatchObject({
      code: "forbidden",
      field: "environment",
    });
    expect(await failure(production.listKeys({ tenant: "other" }))).toMatchObject({ code: "forbidden" });
  });
});
