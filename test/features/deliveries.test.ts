import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { createPublisher, sign, verify } from "../../src/index.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { type Json, Relay } from "./support/relay.ts";

const NEVER_AGAIN = { retry: { strategy: "list", delays: [] } };

it("row 9: HMAC-SHA256 signatures, compared in constant time, with a tolerance: library and commands", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  const { secret } = await relay.subscribe(receiver.url);
  await relay.publish("order.paid", { n: 1 });
  const request = await receiver.request(1);
  expect(verify("standard-webhooks", request, secret)).toMatchObject({ valid: true });
  const tampered = { ...request, body: request.text.replace("1", "2") };
  expect(verify("standard-webhooks", tampered, secret)).toMatchObject({ valid: false, reason: "signature_mismatch" });
  const late = Date.now() / 1000 + 301;
  expect(verify("standard-webhooks", request, secret, { now: late })).toMatchObject({ reason: "timestamp_too_old" });
  const { headers } = sign("standard-webhooks", { body: "{}" }, secret, { id: "msg_1" });
  const flags = Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
  const check = (input: string) =>
    relay.home.run(["verify", "--secret", "env:S", ...flags], { input, env: { S: secret } });
  expect((await check("{}")).code).toBe(0);
  expect((await check("{ }")).code).toBe(1);
});

it("row 10: the five systems' own headers and envelopes, so that their receivers need no change", async () => {
  const relay = await Relay.start();
  const own: Record<string, string> = {
    foresight: "x-foresight-signature",
    aegisx: "x-webhook-signature-256",
    arsmedica: "x-signature",
    dotmac: "x-webhook-signature",
    securebase: "x-securebase-signature",
  };
  for (const [profile, header] of Object.entries(own)) {
    const receiver = await openReceiver();
    const made = await relay.subscribe(receiver.url, { profile, events: [`${profile}.tried`] });
    await relay.publish(`${profile}.tried`, { n: 1 });
    const request = await receiver.request(1);
    expect(request.headers[header], profile).toBeDefined();
    expect(verify(profile, request, made.secret), profile).toMatchObject({ valid: true });
    if (profile === "securebase") {
      const mac = createHmac("sha256", made.secret).update(request.body).digest("hex");
      expect(request.headers[header]).toBe(mac);
    }
  }
});

it("row 15: 2xx succeeds, everything else is tried again, 410 disables; per subscription", async () => {
  const relay = await Relay.start();
  const cases = [
    { status: 204, more: {}, state: "succeeded", attempts: 1 },
    { status: 404, more: {}, state: "failed", attempts: 2 },
    { status: 302, more: {}, state: "failed", attempts: 2 },
    { status: 404, more: { retry_on: "server-errors" }, state: "failed", attempts: 1 },
    { status: 410, more: { on_410: "fail" }, state: "failed", attempts: 1 },
    { status: 410, more: {}, state: "failed", attempts: 1 },
  ];
  const retry = { strategy: "list", delays: ["100ms"], jitter: 0 };
  const ids: string[] = [];
  for (const { status, more } of cases) {
    const receiver = await openReceiver({ reply: () => status });
    ids.push((await relay.subscribe(receiver.url, { retry, ...more })).id);
  }
  await relay.publish("order.paid");
  for (const [at, { state, attempts }] of cases.entries()) {
    const route = `/v1/deliveries?subscription=${ids[at]}`;
    const { data } = await relay.until(route, (body) => ["succeeded", "failed"].includes(body.data[0].status));
    expect({ at, state: data[0].status, attempts: data[0].attempt_count }).toEqual({ at, state, attempts });
  }
  const last = await relay.ok("GET", `/v1/subscriptions/${ids.at(-1)}`);
  expect(last).toMatchObject({ enabled: false, health: { disabled_reason: "gone" } });
  expect(await relay.ok("GET", `/v1/subscriptions/${ids[4]}`)).toMatchObject({ enabled: true });
});

it("row 16: every attempt is on record: status, bounded excerpt, error, duration and times", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver({ reply: [{ status: 500, body: "x".repeat(5000) }, 204] });
  await relay.subscribe(receiver.url, { retry: { strategy: "list", delays: ["100ms"], jitter: 0 } });
  await relay.publish("order.paid");
  const { data } = await relay.until("/v1/deliveries", (body) => body.data[0]?.status === "succeeded");
  const { attempts } = await relay.ok("GET", `/v1/deliveries/${data[0].id}`);
  expect(attempts.map((attempt: Json) => [attempt.number, attempt.status])).toEqual([
    [1, 500],
    [2, 204],
  ]);
  expect(attempts[0].response_excerpt.length).toBeLessThanOrEqual(1000);
  for (const attempt of attempts) {
    expect(attempt.duration_ms).toBeGreaterThanOrEqual(0);
    expect(Date.parse(attempt.started_at)).toBeGreaterThan(Date.now() - 600_000);
  }
  expect(await relay.home.ok("delivery", "get", data[0].id)).toContain("500");

  // How much of a response is kept is the subscription's, from nothing to 16,384 characters.
  const long = await openReceiver({ reply: () => ({ status: 200, body: "é".repeat(20_000) }) });
  for (const [type, chars] of [
    ["kept.none", 0],
    ["kept.one", 1],
    ["kept.most", 16_384],
    ["kept.default", undefined],
  ] as const) {
    const { id } = await relay.subscribe(long.url, { events: [type], excerpt_chars: chars });
    await relay.publish(type);
    const listed = await relay.until(
      `/v1/deliveries?subscription=${id}`,
      (body) => body.data[0]?.status === "succeeded",
    );
    const detail = await relay.ok("GET", `/v1/deliveries/${listed.data[0].id}`);
    const kept = chars === 0 ? null : "é".repeat(chars ?? 1000);
    expect(detail).toMatchObject({ response_excerpt: kept, attempts: [{ response_excerpt: kept }] });
    expect(detail.attempts[0].truncated).toBe(chars !== 0);
  }
});

it("row 17: states of deliveries, by page, filtered, of all subscriptions or of one", async () => {
  const relay = await Relay.start();
  const [good, bad] = [await openReceiver(), await openReceiver({ reply: () => 500 })];
  await relay.subscribe(good.url, { name: "good" });
  const { id } = await relay.subscribe(bad.url, { name: "bad", ...NEVER_AGAIN });
  for (let n = 0; n < 5; n++) await relay.publish("order.paid", { n });
  await relay.until("/v1/deliveries?status=failed", (body) => body.data.length === 5);
  await relay.until("/v1/deliveries?status=succeeded", (body) => body.data.length === 5);
  const seen = new Set<string>();
  for (let cursor: string | null = ""; cursor !== null; ) {
    const more: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Json = await relay.ok("GET", `/v1/deliveries?limit=3${more}`);
    for (const row of page.data) seen.add(row.id);
    cursor = page.next_cursor;
  }
  expect(seen.size).toBe(10);
  const ofOne = await relay.ok("GET", `/v1/subscriptions/${id}/deliveries`);
  expect(ofOne.data.every((row: Json) => row.status === "failed" && row.subscription === id)).toBe(true);
  await relay.ok("POST", `/v1/subscriptions/${id}/disable`);
  expect(await relay.home.ok("delivery", "list", "--status", "failed", "--quiet")).toMatch(/^(dlv_\w+\n?){5}$/);
});

it("row 18: a person sends one delivery again, or all that failed, after a look at how many", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver({ reply: () => 500 });
  await relay.subscribe(receiver.url, { ...NEVER_AGAIN, breaker: false });
  for (let n = 0; n < 3; n++) await relay.publish("order.paid", { n });
  const { data } = await relay.until("/v1/deliveries?status=failed", (body) => body.data.length === 3);
  receiver.reply(() => 204);
  await relay.ok("POST", `/v1/deliveries/${data[0].id}/retry`);
  await relay.until("/v1/deliveries?status=succeeded", (body) => body.data.length === 1);
  const dry = await relay.home.ok("replay", "--failed", "--since", "2h", "--dry-run", "--json");
  expect(dry).toMatch(/2/);
  expect((await relay.ok("GET", "/v1/deliveries?status=failed")).data).toHaveLength(2);
  await relay.home.ok("replay", "--failed", "--since", "2h", "--yes");
  await relay.until("/v1/deliveries?status=succeeded", (body) => body.data.length === 3);
});

it("row 19: what was given up is a dead letter: listed, sent again, deleted, and told of", async () => {
  const relay = await Relay.start();
  const [receiver, ops] = [await openReceiver({ reply: () => 500 }), await openReceiver()];
  await relay.subscribe(receiver.url, { ...NEVER_AGAIN, breaker: false, name: "shop" });
  await relay.subscribe(ops.url, { events: ["hooks.delivery.exhausted"] });
  for (let n = 0; n < 3; n++) await relay.publish("order.paid", { n });
  const { data } = await relay.until("/v1/dead-letters", (body) => body.data.length === 3);
  const told = JSON.parse((await ops.request(1)).text);
  expect(told).toMatchObject({ type: "hooks.delivery.exhausted", data: { last_attempt: { status: 500 } } });
  expect(await relay.home.ok("dlq", "list", "--quiet")).toContain(data[0].id);
  receiver.reply(() => 204);
  await relay.home.ok("dlq", "replay", "--yes");
  await relay.until("/v1/dead-letters", (body) => body.data.length === 0);
  await relay.until("/v1/deliveries?status=succeeded&type=order.paid", (body) => body.data.length === 3);
  receiver.reply(() => 500);
  await relay.publish("order.lost");
  await relay.until("/v1/dead-letters", (body) => body.data.length === 1);
  await relay.home.ok("dlq", "purge", "--yes");
  expect((await relay.ok("GET", "/v1/dead-letters")).data).toEqual([]);
});

it("row 20: a test delivery to one subscription, with a type and data of choice, answered at once", async () => {
  const relay = await Relay.start();
  const [one, other] = [await openReceiver({ reply: () => ({ status: 201, body: "got it" }) }), await openReceiver()];
  const { id, secret } = await relay.subscribe(one.url, { events: ["user.*"] });
  await relay.subscribe(other.url);
  const answer = await relay.ok("POST", `/v1/subscriptions/${id}/test`, { type: "order.paid", data: { n: 7 } });
  expect(answer).toMatchObject({ success: true, status: 201 });
  expect(JSON.stringify(answer)).toContain("got it");
  const request = await one.request(1);
  expect(JSON.parse(request.text)).toMatchObject({ type: "order.paid", data: { n: 7 } });
  expect(verify("standard-webhooks", request, secret)).toMatchObject({ valid: true });
  expect(other.requests).toHaveLength(0);
  expect(await relay.home.run(["sub", "test", id])).toMatchObject({ code: 0 });
});

it("row 22: publish one, a batch, and from code with the package's publisher", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  await relay.subscribe(receiver.url);
  await relay.publish("claim.approved", { claim: 1 });
  const events = [{ type: "claim.approved", data: { claim: 2 } }, { type: "no type!" }];
  const { results } = await relay.ok("POST", "/v1/events/batch", { events });
  expect(results).toEqual([
    { id: expect.stringMatching(/^evt_/) as string, deliveries: 1 },
    { error: expect.objectContaining({ code: "invalid_request" }) as object },
  ]);
  const publisher = createPublisher({ server: relay.daemon.url, apiKey: await relay.home.token() });
  await publisher.publish("claim.approved", { claim: 3 });
  await publisher.close();
  await receiver.request(3);
  const claims = receiver.requests.map(({ text }) => JSON.parse(text).data.claim);
  expect(claims.toSorted((one: number, other: number) => one - other)).toEqual([1, 2, 3]);
});

it("row 23: an event id given twice is stored once; ids on the wire stay over retries", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver({ reply: [500, 204] });
  await relay.subscribe(receiver.url, { retry: { strategy: "list", delays: ["100ms"], jitter: 0 } });
  const event = { id: "order-1001", type: "order.paid", data: { n: 1 } };
  for (let n = 0; n < 3; n++) expect(await relay.ok("POST", "/v1/events", event)).toMatchObject({ id: "order-1001" });
  expect(await relay.call("POST", "/v1/events", { ...event, data: { n: 2 } })).toMatchObject({ status: 409 });
  const [first, second] = [await receiver.request(1), await receiver.request(2)];
  expect([first.headers["webhook-id"], second.headers["webhook-id"]]).toEqual(["order-1001", "order-1001"]);
  await relay.until("/v1/deliveries?status=succeeded", (body) => body.data.length === 1);
  expect(receiver.requests).toHaveLength(2);
});

it("row 24: health of a subscription from its attempts; too many failures disable it, with an event and a reason", async () => {
  const relay = await Relay.start();
  const [receiver, ops] = [await openReceiver({ reply: () => 500 }), await openReceiver()];
  const auto_disable = { failures: 3, min_span: "0s" };
  const { id } = await relay.subscribe(receiver.url, { ...NEVER_AGAIN, auto_disable, breaker: false });
  await relay.subscribe(ops.url, { events: ["hooks.subscription.disabled"] });
  expect((await relay.ok("GET", `/v1/subscriptions/${id}`)).health.state).toBe("healthy");
  for (let n = 0; n < 3; n++) await relay.publish("order.paid", { n });
  const { health, counts } = await relay.until(`/v1/subscriptions/${id}`, (body) => body.enabled === false);
  expect(health).toMatchObject({ state: "disabled", disabled_reason: "failing", consecutive_failures: 3 });
  expect(Date.parse(health.last_triggered_at)).toBeGreaterThan(Date.now() - 600_000);
  expect(counts).toEqual({ succeeded: 0, failed: 3 });
  const told = JSON.parse((await ops.request(1)).text);
  expect(told).toMatchObject({
    type: "hooks.subscription.disabled",
    data: { subscription: { id }, reason: "failing" },
  });
});

it("row 31: an event type has versions, and a subscription pins one", async () => {
  const relay = await Relay.start();
  const [old, current] = [await openReceiver(), await openReceiver()];
  const create = (...flags: string[]) => relay.hooks("event-type", "create", "order.paid", ...flags);
  await create("--event-version", "1", "--schema", '{"type":"object","required":["id"]}');
  await create(
    ...["--event-version", "2", "--schema", '{"type":"object","required":["order"]}', "--default"],
    ...["--down", '{"to":"1","steps":[{"move":"/order/id","to":"/id"}]}'],
  );
  await relay.subscribe(old.url, { events: ["order.paid"], event_version: "1" });
  await relay.subscribe(current.url, { events: ["order.paid"] });
  await relay.publish("order.paid", { order: { id: "ord_1" } });
  expect(JSON.parse((await old.request(1)).text).data).toMatchObject({ id: "ord_1" });
  expect(JSON.parse((await current.request(1)).text).data).toEqual({ order: { id: "ord_1" } });
});
