import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AdminService } from "../../src/core/admin-service.ts";
import { ANY, type Caller, covers, LOCAL_CALLER, type Reach } from "../../src/core/key.ts";
import { openTestHooks, type TestHooks } from "../support/local-hooks.ts";

const DAY = 86_400_000;
const INPUT = { name: "ci", role: "publisher" } as const;

function callerOf(reach: Partial<Caller>): Caller {
  return { ...LOCAL_CALLER, keyId: "key_caller", name: "ops", from: "192.0.2.1", ...reach };
}

/** As an admin of this tenant and environment. */
function as({ adminFor }: TestHooks, tenant: string, environment = ANY): AdminService {
  return adminFor(callerOf({ tenant, environment }));
}

describe("a key", () => {
  it("is shown once, and stored as its hash", async () => {
    const hooks = await openTestHooks();
    const { key, ...created } = await hooks.adminFor().createKey(INPUT);
    expect(key).toMatch(/^hk_[A-Za-z0-9_-]{43}$/);
    expect(created).toEqual({
      id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
      ...INPUT,
      tenant: "default",
      environment: "production",
      status: "active",
      hint: `${key.slice(0, 7)}…${key.slice(-2)}`,
      rate_limit: null,
      created_at: "2026-01-31T12:00:00.000Z",
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
    });
    expect(await hooks.adminFor().getKey(created.id)).toEqual(created);
    expect(await hooks.adminFor().listKeys()).toEqual({ data: [created], next_cursor: null });
    const kept = JSON.stringify([await hooks.store.admin.loadKeys(), await hooks.adminFor().listAudit()]);
    expect(kept).not.toContain(key.slice(7, -2));
  });

  it("may end, be limited, and be for any tenant and environment", async () => {
    const { adminFor } = await openTestHooks();
    const any = { tenant: "*", environment: "*" };
    const created = await adminFor().createKey({ ...INPUT, ...any, expires: "30d", rate_limit: "600/m" });
    expect(created).toMatchObject({ ...any, expires_at: "2026-03-02T12:00:00.000Z", rate_limit: "600/m" });
    const until = await adminFor().createKey({ ...INPUT, expires: "2027-01-01T00:00:00Z" });
    expect(until.expires_at).toBe("2027-01-01T00:00:00.000Z");
  });

  it.each<[string, object, string]>([
    ["no name", { role: "reader" }, "name"],
    ["an empty name", { ...INPUT, name: " " }, "name"],
    ["a name that is too long", { ...INPUT, name: "x".repeat(256) }, "name"],
    ["a name with control characters", { ...INPUT, name: "a\u001b[2Jb" }, "name"],
    ["no role", { name: "ci" }, "role"],
    ["an unknown role", { ...INPUT, role: "root" }, "role"],
    ["a tenant that is no name", { ...INPUT, tenant: "A" }, "tenant"],
    ["an environment that is no name", { ...INPUT, environment: "**" }, "environment"],
    ["an end in the past", { ...INPUT, expires: "2026-01-31T11:59:59Z" }, "expires"],
    ["an end right now", { ...INPUT, expires: "2026-01-31T12:00:00Z" }, "expires"],
    ["an end that is no time", { ...INPUT, expires: "soon" }, "expires"],
    ["an end in no time", { ...INPUT, expires: "0s" }, "expires"],
    ["an end as a number", { ...INPUT, expires: 5 }, "expires"],
    ["a limit that is none", { ...INPUT, rate_limit: "fast" }, "rate_limit"],
  ])("is refused with %s", async (_, input, field) => {
    const { adminFor } = await openTestHooks();
    await expect(adminFor().createKey(input as never)).rejects.toMatchObject({ code: "invalid_request", field });
    expect((await adminFor().listKeys()).data).toEqual([]);
  });

  it("is found by id, beginning or name, and a revoked one only where no other has the name", async () => {
    const { adminFor } = await openTestHooks();
    const admin = adminFor();
    const old = await admin.createKey(INPUT);
    await admin.revokeKey(old.id);
    expect((await admin.getKey("ci")).id).toBe(old.id);
    const fresh = await admin.createKey(INPUT);
    expect((await admin.getKey("ci")).id).toBe(fresh.id);
    expect((await admin.getKey(fresh.id.slice(0, -1))).id).toBe(fresh.id);
    await admin.createKey(INPUT);
    await expect(admin.getKey("ci")).rejects.toMatchObject({ hint: expect.stringContaining(fresh.id) });
    await expect(admin.getKey("cj")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("ci"),
    });
    await expect(admin.getKey("")).rejects.toMatchObject({ code: "invalid_request" });
  });

  it("stays in the list when it has ended, which a filter tells apart", async () => {
    const { adminFor, clock } = await openTestHooks();
    const admin = adminFor();
    await admin.createKey({ ...INPUT, name: "good" });
    await admin.createKey({ ...INPUT, name: "short", expires: "1h" });
    await admin.createKey({ ...INPUT, name: "bad", role: "admin" });
    await admin.revokeKey("bad");
    await admin.revokeKey("bad");
    clock.at += 3_600_000;
    const names = async (query: object) => (await admin.listKeys(query)).data.map(({ name }) => name);
    expect(await names({})).toEqual(["bad", "short", "good"]);
    expect(await names({ status: "active" })).toEqual(["good"]);
    expect(await names({ status: "expired" })).toEqual(["short"]);
    expect(await names({ status: "revoked" })).toEqual(["bad"]);
    expect(await names({ role: "admin" })).toEqual(["bad"]);
    const first = await admin.listKeys({ limit: 2 });
    expect((await admin.listKeys({ limit: 2, cursor: first.next_cursor! })).data.map(({ name }) => name)).toEqual([
      "good",
    ]);
  });
});

describe("whoever makes a key", () => {
  it("makes none that reaches further than his own", async () => {
    const hooks = await openTestHooks();
    const forbidden = { code: "forbidden" };
    expect(await as(hooks, "acme").createKey(INPUT)).toMatchObject({ tenant: "acme", environment: "production" });
    expect(await as(hooks, "acme").createKey({ ...INPUT, environment: "*" })).toMatchObject({ environment: "*" });
    await expect(as(hooks, "acme").createKey({ ...INPUT, tenant: "other" })).rejects.toMatchObject(forbidden);
    await expect(as(hooks, "acme").createKey({ ...INPUT, tenant: "*" })).rejects.toMatchObject(forbidden);
    const staging = as(hooks, "acme", "staging");
    expect(await staging.createKey(INPUT)).toMatchObject({ tenant: "acme", environment: "staging" });
    await expect(staging.createKey({ ...INPUT, environment: "production" })).rejects.toMatchObject(forbidden);
    await expect(staging.createKey({ ...INPUT, environment: "*" })).rejects.toMatchObject(forbidden);
    expect(await as(hooks, ANY, "staging").createKey({ ...INPUT, tenant: "any-one" })).toMatchObject({
      tenant: "any-one",
      environment: "staging",
    });
  });

  it("makes none that lasts longer than his own", async () => {
    const { adminFor, clock } = await openTestHooks();
    const admin = adminFor(callerOf({ expiresAt: clock.at + DAY }));
    expect((await admin.createKey(INPUT)).expires_at).toBe(new Date(clock.at + DAY).toISOString());
    expect((await admin.createKey({ ...INPUT, expires: "1h" })).expires_at).toBe("2026-01-31T13:00:00.000Z");
    await expect(admin.createKey({ ...INPUT, expires: "25h" })).rejects.toMatchObject({
      code: "forbidden",
      field: "expires",
    });
  });

  it("sees and revokes no key that reaches further than his own", async () => {
    const hooks = await openTestHooks();
    const admin = hooks.adminFor();
    const keys = await Promise.all(
      [
        { tenant: "acme", environment: "staging" },
        { tenant: "acme", environment: "*" },
        { tenant: "*", environment: "staging" },
        { tenant: "other", environment: "staging" },
      ].map((reach) => admin.createKey({ ...INPUT, ...reach })),
    );
    const staging = as(hooks, "acme", "staging");
    expect((await staging.listKeys()).data.map(({ id }) => id)).toEqual([keys[0]!.id]);
    for (const { id } of keys.slice(1)) {
      await expect(staging.getKey(id)).rejects.toMatchObject({ code: "not_found" });
      await expect(staging.revokeKey(id)).rejects.toMatchObject({ code: "not_found" });
    }
    await expect(staging.listKeys({ tenant: "other" })).rejects.toMatchObject({ code: "forbidden" });
    expect((await admin.listKeys({ tenant: "acme" })).data).toHaveLength(2);
    expect((await admin.listKeys({ status: "revoked" })).data).toEqual([]);
  });
});

it("reach is an order: nothing that is in reach of what I reach is out of my own", () => {
  const name = fc.constantFrom("*", "a", "b");
  const reach = fc.record<Reach>({ tenant: name, environment: name });
  fc.assert(
    fc.property(reach, reach, reach, (one, two, three) => {
      expect(covers(one, one)).toBe(true);
      if (covers(one, two) && covers(two, three)) expect(covers(one, three)).toBe(true);
      if (covers(one, two) && covers(two, one)) expect(one).toEqual(two);
      expect(covers({ tenant: ANY, environment: ANY }, one)).toBe(true);
    }),
  );
});

describe("the table of keys", () => {
  it("lets in with a key as long as it lasts, and says to its holder why not any more", async () => {
    const { adminFor, cases, clock } = await openTestHooks();
    const { keyTable } = cases;
    const admin = adminFor();
    await keyTable.load();
    expect(keyTable.hasValid()).toBe(false);
    const lasting = await admin.createKey({ ...INPUT, tenant: "acme", rate_limit: "10/s" });
    const ending = await admin.createKey({ ...INPUT, expires: "1h" });
    expect(keyTable.find(lasting.key)).toEqual({
      keyId: lasting.id,
      name: "ci",
      role: "publisher",
      tenant: "acme",
      environment: "production",
      expiresAt: undefined,
      rateLimit: { count: 10, perMs: 1_000 },
    });
    expect(keyTable.find(`${lasting.key.slice(0, -1)}~`)).toBeUndefined();
    expect(keyTable.find(lasting.hint)).toBeUndefined();
    expect(keyTable.find(ending.key)?.keyId).toBe(ending.id);
    clock.at += 3_600_000 - 1;
    expect(keyTable.find(ending.key)?.keyId).toBe(ending.id);
    clock.at += 1;
    expect(() => keyTable.find(ending.key)).toThrow(`(${ending.id}) expired at 2026-01-31T13:00:00.000Z`);
    expect([keyTable.hasValid(), keyTable.isValid(lasting.id), keyTable.isValid(ending.id)]).toEqual([
      true,
      true,
      false,
    ]);
    await admin.revokeKey(lasting.id);
    expect(() => keyTable.find(lasting.key)).toThrow(`(${lasting.id}) was revoked at 2026-01-31T13:00:00.000Z`);
    expect([keyTable.hasValid(), keyTable.isValid(lasting.id)]).toEqual([false, false]);
  });

  it("notes a use once a minute, and not while somebody waits", async () => {
    const { adminFor, cases, clock, store } = await openTestHooks();
    const { keyTable } = cases;
    await keyTable.load();
    const { key, id } = await adminFor().createKey(INPUT);
    const commits = () => (store as unknown as { commits: number }).commits;
    const before = commits();
    keyTable.find(key);
    expect(commits()).toBe(before);
    await keyTable.close();
    expect((await adminFor().getKey(id)).last_used_at).toBe("2026-01-31T12:00:00.000Z");
    clock.at += 59_999;
    for (let n = 0; n < 100; n++) keyTable.find(key);
    await keyTable.close();
    expect((await adminFor().getKey(id)).last_used_at).toBe("2026-01-31T12:00:00.000Z");
    clock.at += 1;
    keyTable.find(key);
    await keyTable.close();
    expect((await adminFor().getKey(id)).last_used_at).toBe("2026-01-31T12:01:00.000Z");
    expect(commits()).toBe(before + 2);
  });
});
