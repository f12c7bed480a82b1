import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseProfiles } from "../../src/core/profiles/profile-file.ts";
import { BUILT_IN_PROFILES } from "../../src/core/profiles/registry.ts";
import type { SubscriptionInput } from "../../src/core/subscription.ts";
import { uuidOf } from "../../src/core/uuid.ts";
import type { OneOffRequest } from "../../src/service/service-parts.ts";
import { answered } from "../support/attempts.ts";
import { openTestHooks, TEST_SCOPE } from "../support/local-hooks.ts";

const INPUT = { url: "https://example.com/hooks", events: ["*"] };
const STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

describe("a subscription's profile", () => {
  it.each([
    ["standard", { timeout_ms: 10_000, on_410: "disable", breaker: true }],
    ["foresight", { timeout_ms: 10_000, on_410: "disable", breaker: true, min_span: "0s" }],
    ["aegisx", { timeout_ms: 30_000, on_410: "retry", breaker: false }],
    ["arsmedica", { timeout_ms: 10_000, on_410: "retry", breaker: false }],
    ["dotmac", { timeout_ms: 10_000, on_410: "disable", breaker: false }],
    ["securebase", { timeout_ms: 10_000, on_410: "fail", breaker: false, retry_on: "server-errors" }],
  ])("%s gives its rules where nothing else is said, and reads show them", async (profile, chosen: object) => {
    const { min_span, ...rules } = { retry_on: "any", min_span: "1h", ...chosen };
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription({ ...INPUT, profile });
    const { retry } = BUILT_IN_PROFILES.named(profile, "profile");
    expect(await service.getSubscription(id)).toMatchObject({
      profile,
      ...rules,
      auto_disable: { failures: 20, min_span, re_enable: null },
      retry: { strategy: retry.strategy, jitter: retry.jitter },
    });
  });

  it("is overridden field by field, and null takes its rule again", async () => {
    const { service } = await openTestHooks();
    const own: Partial<SubscriptionInput> = {
      retry_on: "any",
      timeout_ms: 7_000,
      on_410: "retry",
      breaker: true,
      auto_disable: { failures: 3 },
    };
    const { id } = await service.createSubscription({ ...INPUT, profile: "securebase", ...own });
    expect(await service.getSubscription(id)).toMatchObject({
      ...own,
      auto_disable: { failures: 3, min_span: "1h" },
      retry: { delays: ["1m", "5m", "15m", "1h", "2h"], jitter: 0 },
    });
    const reset = { retry_on: null, timeout_ms: null, on_410: null, breaker: null, auto_disable: null, retry: null };
    expect(await service.updateSubscription(id, reset)).toMatchObject({
      retry_on: "server-errors",
      timeout_ms: 10_000,
      on_410: "fail",
      breaker: false,
      auto_disable: { failures: 20, min_span: "1h" },
    });
  });

  it("gives a retry policy what it leaves out: jitter, and of its own strategy the numbers", async () => {
    const { service } = await openTestHooks();
    const retryOf = async (profile: string, retry: SubscriptionInput["retry"]) =>
      (await service.createSubscription({ ...INPUT, profile, retry: retry ?? null })).retry;
    expect(await retryOf("aegisx", { max_attempts: 5 })).toEqual({
      strategy: "exponential",
      first_delay: "1s",
      longest_delay: "1m",
      max_attempts: 5,
      jitter: 0,
    });
    expect(await retryOf("aegisx", { delays: ["3s"] })).toEqual({ strategy: "list", delays: ["3s"], jitter: 0 });
    expect(await retryOf("aegisx", { delays: ["3s"], jitter: 0.2 })).toMatchObject({ jitter: 0.2 });
    expect(await retryOf("aegisx", "standard")).toMatchObject({ jitter: 0.1 });
    expect(await retryOf("standard", { delays: ["3s"] })).toMatchObject({ jitter: 0.1 });
    await expect(retryOf("standard", { max_attempts: 5 })).rejects.toMatchObject({ field: "retry.strategy" });
  });

  it("of dotmac takes a time-out from 5 s on, others from 1 s", async () => {
    const { service } = await openTestHooks();
    const create = (profile: string, timeout: string) => service.createSubscription({ ...INPUT, profile, timeout });
    await expect(create("dotmac", "4s")).rejects.toMatchObject({ field: "timeout", message: /from 5s to 300s/ });
    expect(await create("dotmac", "5s")).toMatchObject({ timeout_ms: 5_000 });
    expect(await create("dotmac", "300s")).toMatchObject({ timeout_ms: 300_000 });
    expect(await create("securebase", "1s")).toMatchObject({ timeout_ms: 1_000 });
  });

  it("that there is not is refused with the nearest", async () => {
    const { service } = await openTestHooks();
    await expect(service.createSubscription({ ...INPUT, profile: "secure-base" })).rejects.toMatchObject({
      code: "invalid_request",
      field: "profile",
      message: expect.stringContaining('did you mean "securebase"?'),
    });
  });

  it("makes secrets in its form, takes any text where its system did, and shows no more than a hint of it", async () => {
    const { service } = await openTestHooks();
    const made = async (profile: string, secret?: string) =>
      service.createSubscription({ ...INPUT, profile, ...(secret === undefined ? {} : { secret }) });
    expect((await made("aegisx")).secret).toMatch(/^[0-9a-f]{64}$/);
    expect((await made("dotmac")).secret).toMatch(/^[\w-]{43}$/);
    expect((await made("securebase")).secret).toMatch(/^whsec_/);
    expect((await made("arsmedica", "your-secret-key")).secret).toBe("your-secret-key");
    for (const short of ["k", "🔑🔑", "whsec_ab", "fifteen-letters"]) {
      const { secrets } = await made("arsmedica", short);
      expect(secrets[0]!.hint).toBe(short.startsWith("whsec_") ? "whsec_…" : "…");
    }
    await expect(made("arsmedica", "x".repeat(256))).rejects.toMatchObject({ field: "secret" });
    await expect(made("arsmedica", "")).rejects.toMatchObject({ field: "secret" });
    await expect(made("standard", "your-secret-key")).rejects.toMatchObject({ field: "secret" });
  });
});

describe("another profile for a subscription", () => {
  it("brings its own rules, also the one for disabling", async () => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription({ ...INPUT, timeout_ms: 7_000, auto_disable: { failures: 3 } });
    expect(await service.updateSubscription(id, { profile: "foresight" })).toMatchObject({
      profile: "foresight",
      timeout_ms: 10_000,
      auto_disable: { failures: 20, min_span: "0s" },
    });
    expect(await service.updateSubscription(id, { profile: "securebase", on_410: "retry" })).toMatchObject({
      retry_on: "server-errors",
      on_410: "retry",
      breaker: false,
    });
  });

  it("is refused where its secret could not sign, or its own headers would be the profile's", async () => {
    const { service, clock } = await openTestHooks();
    const { id } = await service.createSubscription({ ...INPUT, profile: "arsmedica", secret: "your-secret-key" });
    await expect(service.updateSubscription(id, { profile: "standard" })).rejects.toMatchObject({
      field: "profile",
      hint: expect.stringContaining("rotate-secret"),
    });
    await service.rotateSecret(id, { secret: STANDARD_SECRET, grace: "0s" });
    clock.at += 1;
    expect(await service.updateSubscription(id, { profile: "standard" })).toMatchObject({ profile: "standard" });

    await service.updateSubscription(id, { headers: { "X-Webhook-Event": "mine" } });
    await expect(service.updateSubscription(id, { profile: "aegisx" })).rejects.toMatchObject({
      field: "profile",
      message: expect.stringContaining("x-webhook-event"),
    });
    expect(await service.updateSubscription(id, { profile: "aegisx", headers: {} })).toMatchObject({
      profile: "aegisx",
    });
    await expect(service.updateSubscription(id, { headers: { "X-Webhook-Event": "mine" } })).rejects.toMatchObject({
      field: "headers.X-Webhook-Event",
    });
  });
});

describe("ids as a profile sends them", () => {
  it("find the delivery and the event, whole and in any case, and none of another tenant", async () => {
    const { service, serviceFor } = await openTestHooks();
    await service.createSubscription({ ...INPUT, profile: "aegisx" });
    const { id: eventId } = await service.publish({ type: "order.updated", data: Buffer.from("{}") });
    const [delivery] = (await service.listDeliveries()).data;
    const { payload } = await service.getDelivery(delivery!.id);
    const uuids = { event: (JSON.parse(payload) as { id: string }).id, delivery: uuidOf("dlv", delivery!.id)! };

    expect(await service.getDelivery(uuids.delivery)).toMatchObject({ id: delivery!.id });
    expect(await service.getDelivery(uuids.delivery.toUpperCase())).toMatchObject({ id: delivery!.id });
    expect(await service.getEvent(uuids.event)).toMatchObject({ id: eventId });
    expect((await service.listDeliveries({ event: uuids.event })).data).toHaveLength(1);
    const other = serviceFor({ ...TEST_SCOPE, tenant: "other" });
    await expect(other.getDelivery(uuids.delivery)).rejects.toMatchObject({ code: "not_found" });
    await expect(other.getEvent(uuids.event)).rejects.toMatchObject({ code: "not_found" });
    await expect(service.getDelivery(uuids.event)).rejects.toMatchObject({ code: "not_found" });
  });

  it("are of an event's own id where it has one, also when that is a UUID", async () => {
    const { service } = await openTestHooks();
    await service.createSubscription({ ...INPUT, profile: "aegisx" });
    const id = "8f1c9b52-37a0-4d4e-9d55-0a1b2c3d4e5f";
    await service.publish({ type: "order.updated", data: Buffer.from("{}"), id });
    expect(await service.getEvent(id)).toMatchObject({ id });
    const [delivery] = (await service.listDeliveries({ event: id })).data;
    expect(JSON.parse((await service.getDelivery(delivery!.id)).payload)).toMatchObject({ id });
  });

  it("aegisx's header says when the delivery was made", async () => {
    const { service, clock } = await openTestHooks();
    await service.createSubscription({ ...INPUT, profile: "aegisx" });
    await service.publish({ type: "order.updated", data: Buffer.from("{}"), timestamp: "2026-01-30T10:00:00Z" });
    clock.at += 60_000;
    const [delivery] = (await service.listDeliveries()).data;
    const payload = JSON.parse((await service.getDelivery(delivery!.id)).payload);
    expect(payload).toMatchObject({ created_at: "2026-01-30T10:00:00.000Z" });
    expect(delivery!.created_at).toBe("2026-01-31T12:00:00.000Z");
  });
});

describe("the test of a subscription", () => {
  const tested = async (profile: string, options: { type?: string; data?: Uint8Array } = {}, more = {}) => {
    const sent: OneOffRequest[] = [];
    const { service } = await openTestHooks({
      send: async (request) => {
        sent.push(request);
        return answered(200);
      },
    });
    const { id } = await service.createSubscription({ ...INPUT, name: "shop", profile, ...more });
    expect(await service.testSubscription(id, options)).toMatchObject({ success: true });
    const headers = new Map<string, string>();
    for (let at = 0; at < sent[0]!.headers.length; at += 2)
      headers.set(sent[0]!.headers[at]!, sent[0]!.headers[at + 1]!);
    return { id, headers, body: JSON.parse(Buffer.from(sent[0]!.body).toString()) };
  };

  it("is the profile's own event", async () => {
    const aegisx = await tested("aegisx");
    expect(aegisx.body).toEqual({
      type: "webhook.test",
      data: { message: "This is a test webhook delivery", timestamp: "2026-01-31T12:00:00.000Z" },
      webhook: { id: aegisx.id, name: "shop" },
    });
    expect([...aegisx.headers.keys()]).toEqual([
      "Content-Type",
      "User-Agent",
      "X-Webhook-Event",
      "X-Webhook-Signature-256",
    ]);
    expect((await tested("foresight")).body).toMatchObject({ type: "test.event", organization_id: "default" });
    expect((await tested("arsmedica")).body).toMatchObject({ event: "webhook.test", delivery_id: expect.any(String) });
    expect((await tested("dotmac")).body).toMatchObject({ type: "webhook.test", metadata: {} });
    expect((await tested("securebase")).body).toMatchObject({ event: "webhook.test" });
    expect((await tested("cloudevents")).body).toMatchObject({ specversion: "1.0", type: "webhook.test" });
    expect((await tested("cloudevents-binary")).headers.get("ce-type")).toBe("webhook.test");
  });

  it("is a whole delivery when its type is chosen, and an array where events come in batches", async () => {
    const chosen = await tested("aegisx", { type: "order.updated", data: Buffer.from('{"a":1}') });
    expect(chosen.body).toMatchObject({ type: "order.updated", data: { a: 1 }, created_at: expect.any(String) });
    expect(chosen.headers.has("X-Webhook-Delivery")).toBe(true);
    const batched = await tested("arsmedica", {}, { batch: { max_events: 10 } });
    expect(batched.body).toMatchObject([{ event: "webhook.test" }]);
  });
});

describe("profiles from a file", () => {
  const file = JSON.stringify({
    name: "acme",
    envelope: { kind: "{type}", body: "{data}" },
    scheme: "github",
    secret: { prefix: "acme_", encoding: "hex" },
    retry: { delays: ["9s"] },
  });
  const profiles = BUILT_IN_PROFILES.with(parseProfiles(file, "acme.json"));

  it("are taken by subscriptions as ours are", async () => {
    const { service } = await openTestHooks({ profiles });
    const created = await service.createSubscription({ ...INPUT, profile: "acme" });
    expect(created).toMatchObject({ profile: "acme", retry: { delays: ["9s"] } });
    expect(created.secret).toMatch(/^acme_[0-9a-f]{64}$/);
    await service.publish({ type: "a.b", data: Buffer.from("[ 1 ]") });
    const [delivery] = (await service.listDeliveries()).data;
    expect((await service.getDelivery(delivery!.id)).payload).toBe('{"kind":"a.b","body":[ 1 ]}');
    expect((await service.rotateSecret(created.id)).secret).toMatch(/^acme_/);
  });

  it("that a process has not: its subscriptions are shown, and their deliveries wait", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "hooks-profiles-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const withFile = await openTestHooks({ profiles, folder });
    const { id } = await withFile.service.createSubscription({ ...INPUT, profile: "acme" });
    const { service, directory } = await openTestHooks({ folder });

    expect(await service.getSubscription(id)).toMatchObject({ profile: "acme" });
    const receipt = await service.publish({ type: "a.b", data: Buffer.from("{}") });
    expect(receipt.deliveries).toBe(1);
    expect([...directory.all()]).toEqual([]);
    expect([...directory.lacksProfile(BUILT_IN_PROFILES)]).toEqual([{ id, profile: "acme" }]);
    const [delivery] = (await service.listDeliveries()).data;
    expect(delivery).toMatchObject({ status: "pending" });
    await service.getDelivery(delivery!.id);
    await expect(service.testSubscription(id)).rejects.toMatchObject({
      code: "conflict",
      field: "profile",
      hint: expect.stringContaining("--profiles"),
    });
    await expect(service.rotateSecret(id)).rejects.toMatchObject({ field: "profile" });
    expect(await service.pauseSubscription(id)).toMatchObject({ paused: true });
  });
});
