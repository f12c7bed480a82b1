import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { answered } from "../support/attempts.ts";
import { openTestHooks, TEST_SCOPE } from "../support/local-hooks.ts";

const INPUT = { url: "https://example.com/hooks", events: ["order.*"] };

describe("create", () => {
  it("needs only url and events, shows the secret once, and fills in the defaults", async () => {
    const { service } = await openTestHooks();
    const { secret, ...created } = await service.createSubscription(INPUT);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(created).toMatchObject({
      url: INPUT.url,
      events: INPUT.events,
      enabled: true,
      paused: false,
      profile: "standard",
      headers: {},
      retry: { strategy: "list", delays: ["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"], jitter: 0.1 },
      retry_on: "any",
      timeout_ms: 10_000,
      on_410: "disable",
      concurrency: 10,
      rate_limit: null,
      excerpt_chars: 1_000,
      auto_disable: { failures: 20, min_span: "1h", re_enable: null },
      breaker: true,
      order_by: null,
      batch: null,
      tenant: "default",
      environment: "development",
      health: { state: "healthy", consecutive_failures: 0, success_rate: 1, disabled_reason: null },
      counts: { succeeded: 0, failed: 0 },
    });
    expect(await service.getSubscription(created.id)).toEqual(created);
    expect(JSON.stringify(created)).not.toContain(secret.slice(6, 30));
    expect(created.secrets).toEqual([
      expect.objectContaining({ hint: `whsec_…${secret.slice(-3, -1)}`, expires_at: null }),
    ]);
  });

  it.each([
    [{ events: ["a"] }, "url"],
    [{ url: INPUT.url }, "events"],
    [{ ...INPUT, events: [] }, "events"],
    [{ ...INPUT, events: ["order..x"] }, "events[0]"],
    [{ ...INPUT, events: Array(101).fill("a") }, "events"],
    [{ ...INPUT, url: "ftp://example.com" }, "url"],
    [{ ...INPUT, name: "a".repeat(256) }, "name"],
    [{ ...INPUT, name: "a\u001b[31m" }, "name"],
    [{ ...INPUT, profile: "nope" }, "profile"],
    [{ ...INPUT, secret: "whsec_" }, "secret"],
    [{ ...INPUT, secret: "whsec_!!!" }, "secret"],
    [{ ...INPUT, retry: { delays: ["5s", "soon"] } }, "retry.delays[1]"],
    [{ ...INPUT, retry: "often" }, "retry"],
    [{ ...INPUT, retry_on: ["6xx"] }, "retry_on"],
    [{ ...INPUT, on_410: "cry" }, "on_410"],
    [{ ...INPUT, timeout_ms: 0 }, "timeout_ms"],
    [{ ...INPUT, timeout_ms: 300_001 }, "timeout_ms"],
    [{ ...INPUT, timeout_ms: 5_000, timeout: "5s" }, "timeout"],
    [{ ...INPUT, concurrency: 0 }, "concurrency"],
    [{ ...INPUT, rate_limit: "fast" }, "rate_limit"],
    [{ ...INPUT, excerpt_chars: -1 }, "excerpt_chars"],
    [{ ...INPUT, excerpt_chars: 16_385 }, "excerpt_chars"],
    [{ ...INPUT, excerpt_chars: 1.5 }, "excerpt_chars"],
    [{ ...INPUT, excerpt_chars: "1000" }, "excerpt_chars"],
    [{ ...INPUT, auto_disable: { failures: -1 } }, "auto_disable.failures"],
    [{ ...INPUT, auto_disable: { min_span: "31d" } }, "auto_disable.min_span"],
    [{ ...INPUT, auto_disable: { re_enable: true } }, "auto_disable.re_enable"],
    [{ ...INPUT, breaker: "on" }, "breaker"],
    [{ ...INPUT, order_by: "" }, "order_by"],
    [{ ...INPUT, order_by: "order id" }, "order_by"],
    [{ ...INPUT, order_by: "data" }, "order_by"],
    [{ ...INPUT, batch: { max_events: 1 } }, "batch.max_events"],
    [{ ...INPUT, batch: { max_events: 1_001 } }, "batch.max_events"],
    [{ ...INPUT, batch: { max_events: 2.5 } }, "batch.max_events"],
    [{ ...INPUT, batch: { max_events: 2, max_wait: "9ms" } }, "batch.max_wait"],
    [{ ...INPUT, batch: { max_events: 2, max_wait: "61s" } }, "batch.max_wait"],
    [{ ...INPUT, batch: [2] }, "batch"],
    [{ ...INPUT, batch: { max_events: 2 }, order_by: "/id" }, "batch"],
    [{ ...INPUT, metadata: [] }, "metadata"],
    [{ ...INPUT, headers: { Host: "a" } }, "headers.Host"],
    [{ ...INPUT, headers: { "webhook-id": "a" } }, "headers.webhook-id"],
    [{ ...INPUT, enabled: "yes" }, "enabled"],
  ])("refuses %j, names %s and stores nothing", async (input, field) => {
    const { service } = await openTestHooks();
    await expect(service.createSubscription(input as never)).rejects.toMatchObject({ code: "invalid_request", field });
    expect((await service.listSubscriptions()).data).toEqual([]);
  });

  it("wants https where the environment is not development", async () => {
    const { serviceFor } = await openTestHooks();
    const production = serviceFor({ tenant: "default", environment: "production" });
    await expect(production.createSubscription({ ...INPUT, url: "http://example.com/" })).rejects.toMatchObject({
      code: "url_refused",
      field: "url",
    });
    await expect(production.createSubscription(INPUT)).resolves.toMatchObject({ environment: "production" });
  });
});

describe("change", () => {
  it.each([0, 1, 16_384])("keeps so many characters of responses: %i; null is the default again", async (chars) => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription({ ...INPUT, excerpt_chars: chars });
    expect((await service.getSubscription(id)).excerpt_chars).toBe(chars);
    // Another profile has its own schedule and rules; how much of a response is kept is no part of it.
    expect((await service.updateSubscription(id, { profile: "aegisx", secret: null })).excerpt_chars).toBe(chars);
    expect((await service.updateSubscription(id, { excerpt_chars: null })).excerpt_chars).toBe(1_000);
  });

  it("patches what is given, and nothing else", async () => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription({
      ...INPUT,
      name: "shop",
      headers: { "X-Team": "a" },
      timeout: "5s",
    });
    const patched = await service.updateSubscription(id, {
      events: ["invoice.paid"],
      headers: { "x-team": "***", "x-new": "b" },
    });
    expect(patched).toMatchObject({
      name: "shop",
      events: ["invoice.paid"],
      timeout_ms: 5_000,
      headers: { "x-team": "***", "x-new": "***" },
    });
    await expect(service.updateSubscription(id, { secret: "whsec_aaaa" })).rejects.toMatchObject({ field: "secret" });
  });

  it("takes off with null what is off by default, and keeps what a patch of auto_disable leaves out", async () => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription({
      ...INPUT,
      order_by: "data.order_id",
      breaker: false,
      auto_disable: { failures: 5, min_span: "10m", re_enable: "probe" },
    });
    expect(await service.getSubscription(id)).toMatchObject({ order_by: "/order_id", breaker: false });
    expect((await service.updateSubscription(id, { auto_disable: { failures: 9 } })).auto_disable).toEqual({
      failures: 9,
      min_span: "10m",
      re_enable: "probe",
    });
    const off = { order_by: null, breaker: null, auto_disable: null, batch: null };
    expect(await service.updateSubscription(id, off)).toMatchObject({
      order_by: null,
      breaker: true,
      auto_disable: { failures: 20, min_span: "1h", re_enable: null },
    });
    expect((await service.updateSubscription(id, { batch: { max_events: 100 } })).batch).toEqual({
      max_events: 100,
      max_wait: "5s",
    });
    await expect(service.updateSubscription(id, { order_by: "*" })).rejects.toMatchObject({
      field: "order_by",
      message: expect.stringContaining("cannot be combined with batch"),
    });
    expect(await service.updateSubscription(id, { order_by: "*", batch: null })).toMatchObject({
      order_by: "*",
      batch: null,
    });
    expect(await service.replaceSubscription(id, INPUT)).toMatchObject({ order_by: null, batch: null });
  });

  it.each([
    [{ retry: "dotmac" }, false],
    [{ retry: "dotmac", breaker: true }, true],
    [{ retry: "dotmac", breaker: null }, false],
    [{ retry: "foresight" }, true],
    [{ retry: "standard" }, true],
    [{ retry: { delays: ["5s"] } }, true],
    [{ breaker: false }, false],
  ])("%j has a breaker: %s", async (given, breaker) => {
    const { service } = await openTestHooks();
    expect(await service.createSubscription({ ...INPUT, ...given })).toMatchObject({ breaker });
  });

  it("replaces everything but the secret", async () => {
    const { service, secretsOf } = await openTestHooks();
    const { id, secret } = await service.createSubscription({
      ...INPUT,
      name: "shop",
      headers: { "x-team": "a" },
      timeout: "5s",
    });
    const replaced = await service.replaceSubscription(id, { url: "https://example.com/other", events: ["*"] });
    expect(replaced).toMatchObject({
      url: "https://example.com/other",
      events: ["*"],
      name: "",
      headers: {},
      timeout_ms: 10_000,
    });
    expect(await secretsOf(TEST_SCOPE, id)).toEqual([secret]);
  });

  it("keeps header values sealed, and shows them to nobody", async () => {
    const { service, directory } = await openTestHooks();
    const { id } = await service.createSubscription({ ...INPUT, headers: { Authorization: "Bearer canary-4711" } });
    expect(JSON.stringify(await service.getSubscription(id))).not.toContain("canary");
    await directory.load();
    expect([...directory.all()][0]!.headers).toEqual({ authorization: "Bearer canary-4711" });
  });

  it("enables, disables, pauses, resumes, deletes", async () => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription(INPUT);
    expect(await service.disableSubscription(id)).toMatchObject({
      enabled: false,
      health: { state: "disabled", disabled_reason: "by_hand" },
    });
    expect((await service.publish({ type: "order.paid", data: Buffer.from("1") })).deliveries).toBe(0);
    expect(await service.enableSubscription(id)).toMatchObject({ enabled: true, health: { disabled_reason: null } });
    expect(await service.pauseSubscription(id)).toMatchObject({ paused: true });
    expect((await service.publish({ type: "order.paid", data: Buffer.from("1") })).deliveries).toBe(1);
    expect(await service.resumeSubscription(id)).toMatchObject({ paused: false });
    await service.deleteSubscription(id);
    await expect(service.getSubscription(id)).rejects.toMatchObject({ code: "not_found", field: "id" });
    expect((await service.listDeliveries()).data).toMatchObject([
      { status: "cancelled", reason: "subscription_deleted" },
    ]);
  });

  it("rotates the secret: both sign until the grace ends", async () => {
    const { service, directory, clock, secretsOf } = await openTestHooks();
    const { id, secret } = await service.createSubscription(INPUT);
    const rotated = await service.rotateSecret(id, { grace: "1h" });
    expect(rotated.secret).not.toBe(secret);
    expect(await secretsOf(TEST_SCOPE, id)).toEqual([rotated.secret, secret]);
    await directory.load();
    expect([...directory.all()][0]!.secrets.map((one) => one.expiresAt)).toEqual([undefined, clock.at + 3_600_000]);
    clock.at += 3_600_000;
    expect(await secretsOf(TEST_SCOPE, id)).toEqual([rotated.secret]);
    expect((await service.getSubscription(id)).secrets).toHaveLength(1);
    await expect(service.rotateSecret(id, { grace: "soon" })).rejects.toMatchObject({ field: "grace" });
  });
});

it("revokes every older secret when it rotates without grace", async () => {
  const { service, secretsOf } = await openTestHooks();
  const { id } = await service.createSubscription(INPUT);
  await service.rotateSecret(id);
  const { secret } = await service.rotateSecret(id, { grace: "0s" });
  expect(await secretsOf(TEST_SCOPE, id)).toEqual([secret]);
});

describe("find", () => {
  it("takes an id, a unique beginning of one, or a name; and says which there are when several fit", async () => {
    const { service } = await openTestHooks();
    const one = await service.createSubscription({ ...INPUT, name: "shop" });
    const other = await service.createSubscription({ ...INPUT, name: "billing" });
    expect((await service.getSubscription("shop")).id).toBe(one.id);
    expect((await service.getSubscription(other.id.slice(0, -1))).id).toBe(other.id);
    await expect(service.getSubscription(one.id.slice(0, 6))).rejects.toMatchObject({
      code: "invalid_request",
      hint: expect.stringContaining(other.id),
    });
    await expect(service.getSubscription("sub_")).rejects.toMatchObject({ code: "not_found" });
  });

  it("shows nothing of another tenant or environment", async () => {
    const { service, serviceFor } = await openTestHooks();
    const { id } = await service.createSubscription({ ...INPUT, name: "shop" });
    for (const scope of [
      { tenant: "other", environment: "development" },
      { tenant: "default", environment: "staging" },
    ]) {
      const foreign = serviceFor(scope);
      for (const reference of [id, id.slice(0, -1), "shop"]) {
        await expect(foreign.getSubscription(reference)).rejects.toMatchObject({ code: "not_found" });
        await expect(foreign.deleteSubscription(reference)).rejects.toMatchObject({ code: "not_found" });
      }
      expect((await foreign.listSubscriptions()).data).toEqual([]);
      expect((await foreign.publish({ type: "order.paid", data: Buffer.from("1") })).deliveries).toBe(0);
    }
  });

  it("lists newest first, page by page, by filter", async () => {
    const { service } = await openTestHooks();
    for (let n = 0; n < 5; n++)
      await service.createSubscription({
        ...INPUT,
        name: `s${n}`,
        events: n % 2 === 0 ? ["order.*"] : ["invoice.paid"],
      });
    const first = await service.listSubscriptions({ limit: 3 });
    const rest = await service.listSubscriptions({ limit: 3, cursor: first.next_cursor! });
    expect([...first.data, ...rest.data].map((one) => one.name)).toEqual(["s4", "s3", "s2", "s1", "s0"]);
    expect(rest.next_cursor).toBeNull();
    expect((await service.listSubscriptions({ event: "invoice.paid" })).data.map((one) => one.name)).toEqual([
      "s3",
      "s1",
    ]);
    expect((await service.listSubscriptions({ q: "S2" })).data).toHaveLength(1);
    await service.disableSubscription("s0");
    expect((await service.listSubscriptions({ enabled: false })).data.map((one) => one.name)).toEqual(["s0"]);
  });
});

describe("test", () => {
  it("sends a batching subscription an array of one", async () => {
    const sent: { body: Uint8Array; headers: string[] }[] = [];
    const { service } = await openTestHooks({
      send: async (request) => {
        sent.push(request);
        return { kind: "not_sent" };
      },
    });
    const { id } = await service.createSubscription({ ...INPUT, batch: { max_events: 10 } });
    await expect(service.testSubscription(id, { type: "order.paid", data: Buffer.from("1") })).rejects.toThrow();
    const [request] = sent;
    const [event] = JSON.parse(Buffer.from(request!.body).toString());
    expect(event).toMatchObject({ id: expect.stringMatching(/^evt_/), type: "order.paid", data: 1 });
    expect(request!.headers[request!.headers.indexOf("webhook-id") + 1]).toMatch(/^bat_/);
  });

  it("sends one signed request and stores nothing", async () => {
    const sent: { url: string; body: Uint8Array; headers: string[] }[] = [];
    const { service } = await openTestHooks({
      send: async (request) => {
        sent.push(request);
        return answered(503, { responseBody: Buffer.from("busy"), durationMs: 7 });
      },
    });
    const { id } = await service.createSubscription(INPUT);
    expect(await service.testSubscription(id, { type: "order.paid", data: Buffer.from('{"a":1}') })).toEqual({
      success: false,
      status: 503,
      duration_ms: 7,
      response: "busy",
      error: null,
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]!.url).toBe(INPUT.url);
    expect(Buffer.from(sent[0]!.body).toString()).toContain('"data":{"a":1}');
    expect(sent[0]!.headers).toContain("webhook-signature");
    expect((await service.listEvents()).data).toEqual([]);
    expect((await service.listDeliveries()).data).toEqual([]);
  });
});

describe("what must not go wrong", () => {
  it("takes no empty reference for the subscription that has no name", async () => {
    const { service } = await openTestHooks();
    await service.createSubscription(INPUT);
    for (const call of [service.deleteSubscription(""), service.pauseSubscription(""), service.rotateSecret("")]) {
      await expect(call).rejects.toMatchObject({ code: "invalid_request", field: "id" });
    }
    expect((await service.listSubscriptions()).data).toHaveLength(1);
  });

  it("loses no change to another made at the same time", async () => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription(INPUT);
    await Promise.all([
      service.disableSubscription(id),
      service.updateSubscription(id, { name: "shop" }),
      service.updateSubscription(id, { events: ["invoice.*"] }),
      service.updateSubscription(id, { concurrency: 3 }),
    ]);
    expect(await service.getSubscription(id)).toMatchObject({
      enabled: false,
      name: "shop",
      events: ["invoice.*"],
      concurrency: 3,
      health: { disabled_reason: "by_hand" },
    });
  });

  it("loses nothing of settings that are kept together", async () => {
    const { service, folder } = await openTestHooks();
    const other = await openTestHooks({ folder });
    const { id } = await service.createSubscription(INPUT);
    const patches = [
      { concurrency: 3 },
      { description: "shop" },
      { timeout: "7s" },
      { rate_limit: "5/s" },
      { metadata: { team: "a" } },
      { retry_on: "server-errors" },
      { on_410: "fail" },
      { auto_disable: { failures: 7 } },
      { auto_disable: { min_span: "2h" } },
      { auto_disable: { re_enable: "probe" } },
      { headers: { "x-one": "1" } },
      { breaker: false },
    ] as const;
    const both = [service, other.service];
    await Promise.all(patches.map((patch, at) => both[at % 2]!.updateSubscription(id, patch)));
    expect(await service.getSubscription(id)).toMatchObject({
      concurrency: 3,
      description: "shop",
      timeout_ms: 7_000,
      rate_limit: "5/s",
      metadata: { team: "a" },
      retry_on: "server-errors",
      on_410: "fail",
      auto_disable: { failures: 7, min_span: "2h", re_enable: "probe" },
      headers: { "x-one": "***" },
      breaker: false,
    });
  });

  it("holds a patch against what another left, not against what was read before", async () => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription(INPUT);
    // Each alone is fine; together they are not, whichever comes first.
    const answers = await Promise.allSettled([
      service.updateSubscription(id, { order_by: "*" }),
      service.updateSubscription(id, { batch: { max_events: 10 } }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(answers.find((answer) => answer.status === "rejected")!.reason).toMatchObject({ code: "invalid_request" });
    const { order_by, batch } = await service.getSubscription(id);
    expect([order_by, batch].filter((one) => one === null)).toHaveLength(1);
  });

  it("seals nothing with a second master key, and makes none when the first is gone", async () => {
    const { service, folder } = await openTestHooks();
    await service.createSubscription(INPUT);
    const other = await openTestHooks({ folder, env: { HOOKS_MASTER_KEY: "ab".repeat(32) } });
    await expect(other.service.createSubscription(INPUT)).rejects.toMatchObject({ code: "store_unusable" });
    rmSync(path.join(folder, "master.key"));
    const without = await openTestHooks({ folder });
    await expect(without.service.createSubscription(INPUT)).rejects.toMatchObject({ code: "store_unusable" });
    expect(existsSync(path.join(folder, "master.key"))).toBe(false);
    // One that does not open stops nobody: it is left out, and its deliveries wait.
    await without.directory.load();
    expect([...without.directory.all()]).toEqual([]);
    expect((await without.service.publish({ type: "order.paid", data: Buffer.from("1") })).deliveries).toBe(1);
    await expect(without.checkSecrets()).rejects.toMatchObject({ code: "store_unusable" });
  });
});
