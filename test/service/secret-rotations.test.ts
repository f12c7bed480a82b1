import { describe, expect, it } from "vitest";
import { AgeRotation } from "../../src/service/age-rotation.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function create(hooks: TestHooks, name: string, more: object = {}) {
  return hooks.service.createSubscription({ url: "https://example.com/in", events: ["*"], name, ...more });
}

/** Types of the events that hooks told of itself, and their data. */
async function told(hooks: TestHooks): Promise<Record<string, unknown>[]> {
  const { data } = await hooks.service.listEvents({ type: "hooks.secret.rotated" });
  const events = await Promise.all(data.map(({ id }) => hooks.service.getEvent(id)));
  return events.map((event) => JSON.parse(Buffer.from(event.data as Uint8Array).toString()) as Record<string, unknown>);
}

describe("rotating all secrets of a tenant and environment", () => {
  it("gives each its own, which is shown once and signs beside the old one until the grace is over", async () => {
    const hooks = await openTestHooks();
    const before = [await create(hooks, "a"), await create(hooks, "b")];
    const other = hooks.serviceFor({ tenant: "other", environment: "development" });
    await other.createSubscription({ url: "https://example.com/in", events: ["*"], name: "c" });
    const { data, next_cursor: cursor } = await hooks.service.rotateSecrets({ grace: "2h" });
    expect(cursor).toBeNull();
    expect(data.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(new Set([...before, ...data].map(({ secret }) => secret)).size).toBe(4);
    for (const [index, { id, secret }] of data.entries()) {
      expect(await hooks.secretsOf(TEST_SCOPE, id)).toEqual([secret, before[index]!.secret]);
      expect((await hooks.service.getSubscription(id)).secrets).toHaveLength(2);
    }
    expect((await other.getSubscription("c")).secrets).toHaveLength(1);
    hooks.clock.at += 2 * HOUR_MS;
    expect(await hooks.secretsOf(TEST_SCOPE, data[0]!.id)).toEqual([data[0]!.secret]);
  });

  it("rotates those named only, each once however it is named, and none when one is not there", async () => {
    const hooks = await openTestHooks();
    const [a] = [await create(hooks, "a"), await create(hooks, "b")];
    const { data } = await hooks.service.rotateSecrets({ subscriptions: ["a", a.id] });
    expect(data.map(({ name }) => name)).toEqual(["a"]);
    await expect(hooks.service.rotateSecrets({ subscriptions: ["b", "nobody"] })).rejects.toMatchObject({
      code: "not_found",
    });
    expect((await hooks.service.getSubscription("b")).secrets).toHaveLength(1);
    await expect(hooks.service.rotateSecrets({ subscriptions: [] })).rejects.toMatchObject({ field: "subscriptions" });
    await expect(hooks.service.rotateSecrets({ grace: "31d" })).rejects.toMatchObject({ field: "grace" });
  });

  it("tells whoever wants to know, and not the secret; the audit has an entry for each", async () => {
    const hooks = await openTestHooks();
    await hooks.service.createSubscription({
      url: "https://ops.example/in",
      events: ["hooks.secret.rotated"],
      name: "ops",
    });
    await create(hooks, "a");
    const { data } = await hooks.service.rotateSecrets({ subscriptions: ["a"], grace: "1h" });
    const [event] = await told(hooks);
    expect(event).toMatchObject({
      subscription: { name: "a", host: "example.com" },
      reason: "by_hand",
      secret: { id: data[0]!.secrets[0]!.id, hint: data[0]!.secrets[0]!.hint },
      old_secrets_end_at: new Date(hooks.clock.at + HOUR_MS).toISOString(),
    });
    expect(JSON.stringify(event)).not.toContain(data[0]!.secret);
    const deliveries = await hooks.service.listDeliveries({ subscription: "ops" });
    expect(deliveries.data).toHaveLength(1);
    const audit = await hooks.adminFor().listAudit({ action: "subscription.rotate_secret" });
    expect(audit.data).toMatchObject([{ resource: { id: data[0]!.id } }]);
    expect(JSON.stringify(audit)).not.toContain(data[0]!.secret);
  });
});

describe("rotating by age", () => {
  /** Runs the daemon's part until nothing is due, as often as asked. */
  /** What they said of those that they rotated. */
  const rotated: [name: string, graceMs: number][] = [];

  async function daemons(hooks: TestHooks, count: number): Promise<unknown[]> {
    const faults: unknown[] = [];
    await hooks.directory.load();
    const running = Array.from(
      { length: count },
      () =>
        new AgeRotation({
          directory: hooks.directory,
          rotation: hooks.cases.rotation,
          now: () => hooks.clock.at,
          onRotated: ({ name }, graceMs) => rotated.push([name, graceMs]),
          onFault: (error) => faults.push(error),
        }),
    );
    const isDue = () => [...hooks.directory.toBeRotated()].some(({ at }) => at <= hooks.clock.at);
    while (isDue() && faults.length === 0) await new Promise((resolve) => setImmediate(resolve));
    for (const one of running) await one.stop();
    return faults;
  }

  it("happens when the newest secret is so old, once however many look, and not before", async () => {
    const hooks = await openTestHooks();
    const { id, secret } = await create(hooks, "a", { rotate_every: "90d" });
    const { id: never } = await create(hooks, "b");
    expect((await hooks.service.getSubscription(id)).rotate_every).toBe("90d");
    hooks.clock.at += 90 * DAY_MS - 1;
    expect(await daemons(hooks, 2)).toEqual([]);
    expect(await hooks.secretsOf(TEST_SCOPE, id)).toEqual([secret]);
    hooks.clock.at += 1;
    expect(await daemons(hooks, 3)).toEqual([]);
    const [fresh, old] = await hooks.secretsOf(TEST_SCOPE, id);
    expect(old).toBe(secret);
    expect(fresh).not.toBe(secret);
    expect(await hooks.secretsOf(TEST_SCOPE, never)).toHaveLength(1);
    expect(await told(hooks)).toMatchObject([{ reason: "age", subscription: { id } }]);
    expect(rotated.splice(0)).toEqual([["a", DAY_MS]]);
    // The next one counts from this one, and started anew nothing happens twice.
    expect(await daemons(hooks, 2)).toEqual([]);
    expect(await hooks.secretsOf(TEST_SCOPE, id)).toEqual([fresh, old]);
    hooks.clock.at += DAY_MS;
    expect(await hooks.secretsOf(TEST_SCOPE, id)).toEqual([fresh]);
    hooks.clock.at += 89 * DAY_MS;
    await daemons(hooks, 1);
    expect(await hooks.secretsOf(TEST_SCOPE, id)).toHaveLength(2);
  });

  it("is warned of by whatever sets it, as no answer will show the new secret, and by nothing else", async () => {
    const hooks = await openTestHooks();
    const warned = (grace: string, name = "a") => [
      expect.stringMatching(
        new RegExp(`^rotate_every: .* within ${grace} of .*hooks\\.secret\\.rotated .*hooks sub secret ${name},`),
      ),
    ];
    const { id, ...created } = await create(hooks, "a", { rotate_every: "90d" });
    expect(created.warnings).toEqual(warned("24h"));
    expect((await hooks.service.updateSubscription("a", { rotate_every: "2h" })).warnings).toEqual(warned("2h"));
    const whole = { url: "https://example.com/in", events: ["*"] };
    const replaced = await hooks.service.replaceSubscription("a", { ...whole, rotate_every: "1d" });
    expect(replaced.warnings).toEqual(warned("24h", id));
    for (const answer of [
      await hooks.service.updateSubscription(id, { description: "x" }),
      await hooks.service.getSubscription(id),
      await hooks.service.updateSubscription(id, { rotate_every: null }),
      await create(hooks, "b"),
    ]) {
      expect(answer).not.toHaveProperty("warnings");
    }
  });

  it("leaves alone what is disabled, and what somebody rotated by hand meanwhile", async () => {
    const hooks = await openTestHooks();
    const { id } = await create(hooks, "a", { rotate_every: "1h" });
    const { id: disabled } = await create(hooks, "b", { rotate_every: "1h", enabled: false });
    const [stored] = await hooks.store.loadSubscriptions();
    hooks.clock.at += 2 * HOUR_MS;
    const { secret } = await hooks.service.rotateSecret(id, { grace: "0s" });
    expect(await hooks.cases.rotation.rotateByAge(stored!, HOUR_MS)).toBe(false);
    await daemons(hooks, 1);
    expect(await hooks.secretsOf(TEST_SCOPE, id)).toEqual([secret]);
    expect(await hooks.secretsOf(TEST_SCOPE, disabled)).toHaveLength(1);
  });

  it.each([
    ["59m", "rotate_every must be from 1h"],
    ["soon", "rotate_every must be a duration"],
    [0, "rotate_every must be from 1h"],
  ])("cannot be every %j", async (every, message) => {
    const hooks = await openTestHooks();
    await expect(create(hooks, "a", { rotate_every: every })).rejects.toMatchObject({
      field: "rotate_every",
      message: expect.stringContaining(message),
    });
  });

  it("is switched off by null", async () => {
    const hooks = await openTestHooks();
    const { id } = await create(hooks, "a", { rotate_every: "1h" });
    expect((await hooks.service.updateSubscription(id, { rotate_every: null })).rotate_every).toBeNull();
    await hooks.directory.load();
    expect([...hooks.directory.toBeRotated()]).toEqual([]);
  });
});
