import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changesBetween } from "../../src/core/audit.ts";
import { LOCAL_CALLER } from "../../src/core/key.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";

const ACTOR = { keyId: "key_1", name: "deploy", from: "192.0.2.7" };
const INPUT = { url: "https://example.com/hooks?token=hush-hush", events: ["order.*"], name: "shop" };

async function opened() {
  const hooks = await openTestHooks();
  const service = hooks.serviceFor(TEST_SCOPE, ACTOR);
  return { hooks, service, entries: () => entriesOf(hooks) };
}

/** Oldest first. */
async function entriesOf({ adminFor }: TestHooks) {
  return (await adminFor().listAudit({ limit: 200 })).data.reverse();
}

describe("the audit", () => {
  it("keeps who did what to which subscription, when and from where", async () => {
    const { hooks, service, entries } = await opened();
    const { id } = await service.createSubscription(INPUT);
    hooks.clock.at += 1_000;
    await service.updateSubscription(id, { name: "store", concurrency: 3 });
    await service.pauseSubscription(id);
    await service.resumeSubscription(id);
    await service.disableSubscription(id);
    await service.enableSubscription(id);
    await service.rotateSecret(id, { grace: "1h" });
    await service.replaceSubscription(id, { ...INPUT, name: "store" });
    await service.deleteSubscription(id);
    const all = await entries();
    expect(all.map(({ action }) => action)).toEqual(
      ["create", "update", "pause", "resume", "disable", "enable", "rotate_secret", "update", "delete"].map(
        (verb) => `subscription.${verb}`,
      ),
    );
    for (const entry of all) {
      expect(entry).toMatchObject({
        id: expect.stringMatching(/^aud_/),
        actor: { key: "key_1", name: "deploy" },
        from: "192.0.2.7",
        resource: { kind: "subscription", id },
        ...TEST_SCOPE,
      });
    }
    expect(all[0]).toMatchObject({
      at: "2026-01-31T12:00:00.000Z",
      before: null,
      after: { name: "shop", concurrency: 10 },
    });
    expect(all[1]).toMatchObject({
      at: "2026-01-31T12:00:01.000Z",
      before: { name: "shop", concurrency: 10 },
      after: { name: "store", concurrency: 3 },
    });
    expect(all[1]!.after).toEqual({ name: "store", concurrency: 3 });
    expect(all[2]).toMatchObject({ before: { paused: false }, after: { paused: true } });
    expect(all[4]).toMatchObject({ before: { enabled: true }, after: { enabled: false } });
    expect(all[6]!.after).toMatchObject({ secret: { hint: expect.stringMatching(/^whsec_….{2}$/) } });
    expect(all[7]).toMatchObject({ before: { concurrency: 3 }, after: { concurrency: 10 } });
    expect(all[8]).toMatchObject({ before: { name: "store" }, after: null });
  });

  it("keeps that a masked value changed, and not which", async () => {
    const { service, entries } = await opened();
    const { id, secret } = await service.createSubscription({ ...INPUT, headers: { "x-token": "first-value" } });
    await service.updateSubscription(id, { headers: { "x-token": "second-value" } });
    await service.updateSubscription(id, { url: "https://example.com/hooks?token=other-token" });
    const { secret: next } = await service.rotateSecret(id);
    await service.updateSubscription(id, { name: "b" });
    const all = await entries();
    expect(all[1]).toMatchObject({
      before: { headers: { "x-token": "***" } },
      after: { headers: { "x-token": "***" } },
    });
    expect(all[2]!.after).toEqual({ url: "https://example.com/hooks?***" });
    expect(all[4]!.after).toEqual({ name: "b" });
    const text = JSON.stringify(all);
    for (const hidden of [
      "first-value",
      "second-value",
      "hush-hush",
      "other-token",
      secret.slice(6, 30),
      next.slice(6, 30),
    ]) {
      expect(text).not.toContain(hidden);
    }
  });

  it("keeps replays, retries and cancellations, and of a replay by filter what was asked for", async () => {
    const { service, entries } = await opened();
    const { id } = await service.createSubscription(INPUT);
    const event = await service.publish({ type: "order.paid", data: Buffer.from("1") });
    const [delivery] = (await service.listDeliveries()).data;
    await service.cancelDelivery(delivery!.id);
    await expect(service.cancelDelivery(delivery!.id)).rejects.toMatchObject({ code: "conflict" });
    await service.retryDelivery(delivery!.id);
    await service.cancelDelivery(delivery!.id);
    expect(await service.replay({ status: "cancelled", subscription: "shop" })).toMatchObject({
      count: 1,
      dry_run: false,
    });
    await service.replay({ status: "cancelled" });
    await service.replay({ status: "cancelled", dry_run: true });
    await service.replayEvent(event.id, { subscriptions: [id] });
    const all = (await entries()).slice(1);
    expect(all.map(({ action, resource }) => [action, resource.id])).toEqual([
      ["delivery.cancel", delivery!.id],
      ["delivery.retry", delivery!.id],
      ["delivery.cancel", delivery!.id],
      ["delivery.replay", null],
      ["event.replay", event.id],
    ]);
    expect(all[0]).toMatchObject({ before: { status: "pending" }, after: { status: "cancelled" } });
    expect(all[3]!.after).toEqual({ status: "cancelled", subscription: "shop", found: 1 });
    expect(all[4]!.after).toEqual({ subscriptions: [id] });
  });

  it("keeps that whole secrets were shown, and keys and tenants", async () => {
    const { hooks, service, entries } = await opened();
    const { id, secret } = await service.createSubscription(INPUT);
    expect(await hooks.secretsOf(TEST_SCOPE, "shop")).toEqual([secret]);
    expect(await entries()).toHaveLength(1);
    expect(await hooks.showSecrets(TEST_SCOPE, "shop")).toEqual([secret]);
    const admin = hooks.adminFor({ ...LOCAL_CALLER, ...ACTOR });
    await admin.createTenant({ name: "acme", description: "d" });
    await admin.updateTenant("acme", { description: "e" });
    const key = await admin.createKey({ name: "ci", role: "reader", tenant: "acme", expires: "1d" });
    await admin.revokeKey(key.id);
    await admin.revokeKey(key.id);
    const [, shown, ...all] = await entries();
    expect(shown).toMatchObject({
      action: "subscription.show_secret",
      actor: { key: null, name: "local" },
      from: "cli",
      resource: { id },
      after: { secrets: [{ hint: expect.stringContaining("…") }] },
    });
    expect(all).toMatchObject([
      { action: "tenant.create", tenant: "acme", environment: "*", before: null, after: { name: "acme" } },
      { action: "tenant.update", before: { description: "d" }, after: { description: "e" } },
      {
        action: "key.create",
        resource: { kind: "key", id: key.id },
        ...{ tenant: "acme", environment: "production" },
        after: { name: "ci", role: "reader", expires_at: "2026-02-01T12:00:00.000Z", hint: key.hint },
      },
      { action: "key.revoke", resource: { kind: "key", id: key.id }, before: { name: "ci" }, after: null },
    ]);
    expect(JSON.stringify(all)).not.toContain(key.key.slice(7, -2));
  });

  it("keeps neither reads nor events, nor what was refused", async () => {
    const { service, entries } = await opened();
    await service.publish({ type: "order.paid", data: Buffer.from("1") });
    await service.publishBatch([{ type: "order.paid", data: Buffer.from("1") }]);
    await service.listSubscriptions();
    await expect(service.createSubscription({ ...INPUT, events: [] })).rejects.toMatchObject({ field: "events" });
    await expect(service.deleteSubscription("sub_nothing")).rejects.toMatchObject({ code: "not_found" });
    expect(await entries()).toEqual([]);
  });

  it("keeps nothing of what changed nothing, and the next thing that does", async () => {
    const { hooks, service, entries } = await opened();
    const headers = { "x-token": "a value" };
    const { id } = await service.createSubscription({ ...INPUT, headers });
    const admin = hooks.adminFor({ ...LOCAL_CALLER, ...ACTOR });
    await admin.createTenant({ name: "acme", description: "d" });
    const event = await service.publish({ type: "nobody.wants", data: Buffer.from("1") });
    const made = (await entries()).length;

    expect(await admin.updateTenant("acme", { description: "d" })).toMatchObject({ description: "d" });
    await admin.updateTenant("acme", {});
    await service.enableSubscription(id);
    await service.resumeSubscription(id);
    await service.updateSubscription(id, { name: "shop", events: ["order.*"], headers, url: INPUT.url });
    await service.updateSubscription(id, {});
    await service.replaceSubscription(id, { ...INPUT, headers });
    await service.rotateSecrets({ subscriptions: [id] });
    expect(await service.replayEvent(event.id)).toEqual({ count: 0, dry_run: false });
    expect(await service.replay({ status: "failed" })).toMatchObject({ count: 0, dry_run: false });
    expect((await entries()).slice(made).map(({ action }) => action)).toEqual(["subscription.rotate_secret"]);

    await service.pauseSubscription(id);
    await service.pauseSubscription(id);
    await service.disableSubscription(id);
    await service.disableSubscription(id);
    await admin.updateTenant("acme", { description: "e" });
    await service.updateSubscription(id, { name: "shop", events: ["order.*"], headers: { "x-token": "another" } });
    expect((await entries()).slice(made + 1)).toMatchObject([
      { action: "subscription.pause", after: { paused: true } },
      { action: "subscription.disable", after: { enabled: false } },
      { action: "tenant.update", after: { description: "e" } },
      { action: "subscription.update", after: { headers: { "x-token": "***" } } },
    ]);
  });

  it("keeps that one which its failures had disabled was disabled by hand: nobody tries it any more", async () => {
    const { hooks, service, entries } = await opened();
    const { id } = await service.createSubscription(INPUT);
    const [stored] = await hooks.store.loadSubscriptions(TEST_SCOPE);
    await hooks.store.updateSubscription(stored!.rowId, {
      enabled: false,
      disabledReason: "failing",
      updatedAt: hooks.clock.at,
    });
    await service.disableSubscription(id);
    await service.disableSubscription(id);
    expect((await entries()).slice(1)).toMatchObject([{ action: "subscription.disable", resource: { id } }]);
  });

  it("is read by key, action, kind of action, resource and time, newest first", async () => {
    const { hooks, service } = await opened();
    const one = await service.createSubscription(INPUT);
    hooks.clock.at += 3_600_000;
    await hooks.service.createSubscription({ ...INPUT, name: "mine" });
    await hooks.adminFor().createKey({ name: "ci", role: "reader" });
    const found = async (query: object) => (await hooks.adminFor().listAudit(query)).data.map(({ action }) => action);
    const create = "subscription.create";
    expect(await found({})).toEqual(["key.create", create, create]);
    expect(await found({ key: "key_1" })).toEqual([create]);
    expect(await found({ key: "local" })).toEqual(["key.create", create]);
    expect(await found({ action: "subscription.*" })).toEqual([create, create]);
    expect(await found({ action: "key.create" })).toEqual(["key.create"]);
    expect(await found({ resource: one.id })).toEqual([create]);
    expect(await found({ since: "30m" })).toEqual(["key.create", create]);
    expect(await found({ until: "30m" })).toEqual([create]);
    expect(await found({ environment: "production" })).toEqual(["key.create"]);
    await expect(found({ action: "subscription.creat" })).rejects.toMatchObject({
      field: "action",
      hint: "did you mean subscription.create?",
    });
    await expect(found({ since: "yesterday" })).rejects.toMatchObject({ field: "since" });
    const first = await hooks.adminFor().listAudit({ limit: 2 });
    expect((await hooks.adminFor().listAudit({ limit: 2, cursor: first.next_cursor! })).data).toHaveLength(1);
  });

  it("shows an admin of one tenant and environment only what belongs to it", async () => {
    const { hooks } = await opened();
    await hooks.serviceFor({ tenant: "acme", environment: "staging" }).createSubscription(INPUT);
    await hooks.serviceFor({ tenant: "acme", environment: "production" }).createSubscription(INPUT);
    await hooks.serviceFor({ tenant: "other", environment: "staging" }).createSubscription(INPUT);
    const seen = async (tenant: string, environment: string, query = {}) =>
      (await hooks.adminFor({ ...LOCAL_CALLER, tenant, environment }).listAudit(query)).data.length;
    expect(await seen("acme", "staging")).toBe(1);
    expect(await seen("acme", "*")).toBe(2);
    expect(await seen("*", "staging")).toBe(2);
    expect(await seen("*", "*")).toBe(3);
    expect(await seen("*", "*", { tenant: "acme" })).toBe(2);
    await expect(seen("acme", "*", { tenant: "other" })).rejects.toMatchObject({ code: "forbidden" });
  });
});

it("changes are what differs, each side with its own, and nothing else", () => {
  const fields = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.jsonValue());
  fc.assert(
    fc.property(fields, fields, (before, after) => {
      const changes = changesBetween(before, after);
      for (const field of ["a", "b", "c"]) {
        const isChanged = JSON.stringify(before[field]) !== JSON.stringify(after[field]);
        expect(field in changes.before).toBe(isChanged && field in before);
        expect(field in changes.after).toBe(isChanged && field in after);
      }
      expect(changesBetween(before, before)).toEqual({ before: {}, after: {} });
    }),
  );
});
