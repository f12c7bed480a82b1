import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "./support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const INPUT = { url: "https://example.com/in", events: ["order.*"] };
const create = async (more: object = {}) =>
  (await server.ask("POST", "/v1/subscriptions", { json: { ...INPUT, ...more } })).json as Record<string, unknown> & {
    id: string;
  };
const at = (id: string, rest = "") => `/v1/subscriptions/${id}${rest}`;

describe("a subscription", () => {
  it("shows its secret when it is created and when it is rotated, and never again", async () => {
    const created = await create();
    expect(created["secret"]).toMatch(/^whsec_/);
    const { text } = await server.ask("GET", at(created.id));
    expect(text).not.toContain(created["secret"]);
    const rotated = await server.ask("POST", at(created.id, "/rotate-secret"), { json: { grace: "1h" } });
    expect(rotated.json.secret).not.toBe(created["secret"]);
    expect(rotated.json.secrets).toHaveLength(2);
  });

  it("is found by its name and by the beginning of its id", async () => {
    const { id } = await create({ name: "billing / eu" });
    expect((await server.ask("GET", at(encodeURIComponent("billing / eu")))).json.id).toBe(id);
    expect((await server.ask("GET", at(id.slice(0, -1)))).json.id).toBe(id);
    expect((await server.ask("GET", at("sub_nope"))).status).toBe(404);
  });

  it("is written back as it was read", async () => {
    const { id } = await create({
      name: "round trip",
      description: "with everything",
      headers: { "x-team": "a", authorization: "Bearer tok" },
      retry: { strategy: "exponential", first_delay: "1s", longest_delay: "1h", max_attempts: 5, jitter: 0.2 },
      retry_on: ["5xx", "network", "429"],
      timeout: "5s",
      on_410: "retry",
      auto_disable: { failures: 3, min_span: "10m", re_enable: "probe" },
      breaker: false,
      concurrency: 3,
      rate_limit: "100/m",
      batch: { max_events: 100, max_wait: "2s" },
      metadata: { a: [1] },
    });
    const before = (await server.ask("GET", at(id))).json;
    expect(before.headers).toEqual({ "x-team": "***", authorization: "***" });
    const put = await server.ask("PUT", at(id), { json: before });
    expect(put.status).toBe(200);
    const { updated_at: changedAt, ...after } = (await server.ask("GET", at(id))).json;
    const { updated_at: _, ...same } = before;
    expect(after).toEqual(same);
    expect(changedAt).not.toBe(before.updated_at);
  });

  it("keeps its order and its breaker when it is written back", async () => {
    const { id } = await create({ order_by: "data.order_id", retry: "securebase" });
    const before = (await server.ask("GET", at(id))).json;
    expect(before).toMatchObject({ order_by: "/order_id", breaker: false });
    expect((await server.ask("PUT", at(id), { json: before })).json).toMatchObject({
      order_by: "/order_id",
      breaker: false,
    });
    const patched = await server.ask("PATCH", at(id), { json: { order_by: null, breaker: true } });
    expect(patched.json).toMatchObject({ order_by: null, breaker: true });
  });

  it("is written back with defaults too, and after it was paused", async () => {
    const { id } = await create();
    await server.ask("POST", at(id, "/pause"));
    const before = (await server.ask("GET", at(id))).json;
    expect(before.paused).toBe(true);
    expect((await server.ask("PUT", at(id), { json: before })).json).toMatchObject({ paused: true, url: INPUT.url });
  });

  it("refuses a PUT that seems to change what only the server sets", async () => {
    const { id } = await create();
    const before = (await server.ask("GET", at(id))).json;
    for (const [field, value] of [
      ["id", "sub_other"],
      ["paused", true],
      ["transport", "tunnel"],
    ] as const) {
      const answer = await server.ask("PUT", at(id), { json: { ...before, [field]: value } });
      expect(answer).toMatchObject({ status: 400, json: { error: { field } } });
    }
    const moving = { ...before, counts: { succeeded: 9, failed: 9 }, created_at: "yesterday" };
    expect((await server.ask("PUT", at(id), { json: moving })).json.counts).toEqual({ succeeded: 0, failed: 0 });
  });

  it("goes back to defaults for what a PUT leaves out, and keeps it in a PATCH", async () => {
    const { id } = await create({ name: "n", timeout_ms: 5000, headers: { "x-a": "1" } });
    const patched = await server.ask("PATCH", at(id), { json: { description: "d" } });
    expect(patched.json).toMatchObject({ name: "n", description: "d", timeout_ms: 5000, headers: { "x-a": "***" } });
    const cleared = await server.ask("PATCH", at(id), { json: { timeout_ms: null } });
    expect(cleared.json.timeout_ms).toBe(10_000);
    const put = await server.ask("PUT", at(id), { json: INPUT });
    expect(put.json).toMatchObject({ name: "", description: "", headers: {} });
  });

  it.each([
    ["POST", { ...INPUT, created_at: "x" }, "created_at"],
    ["POST", { ...INPUT, urll: "x" }, "urll"],
    ["POST", { events: ["*"] }, "url"],
    ["POST", { ...INPUT, url: null }, "url"],
    ["POST", { ...INPUT, events: [] }, "events"],
    ["POST", { ...INPUT, events: ["a", 7] }, "events[1]"],
    ["POST", { ...INPUT, events: ["a", "a b"] }, "events[1]"],
    ["POST", { ...INPUT, headers: { "X-A": 5 } }, "headers.X-A"],
    ["POST", { ...INPUT, retry: { delays: ["5s", null] } }, "retry.delays[1]"],
    ["POST", { ...INPUT, retry: { delay: ["5s"] } }, "retry.delay"],
    ["POST", { ...INPUT, retry: 5 }, "retry"],
    ["POST", { ...INPUT, retry_on: 5 }, "retry_on"],
    ["POST", { ...INPUT, on_410: "explode" }, "on_410"],
    ["POST", { ...INPUT, auto_disable: { failures: "20" } }, "auto_disable.failures"],
    ["POST", { ...INPUT, auto_disable: { re_enable: "often" } }, "auto_disable.re_enable"],
    ["POST", { ...INPUT, auto_disable: { min_span: "soon" } }, "auto_disable.min_span"],
    ["POST", { ...INPUT, breaker: "off" }, "breaker"],
    ["POST", { ...INPUT, order_by: 5 }, "order_by"],
    ["POST", { ...INPUT, order_by: "/a~2" }, "order_by"],
    ["POST", { ...INPUT, batch: 100 }, "batch"],
    ["POST", { ...INPUT, batch: { max_events: "100" } }, "batch.max_events"],
    ["POST", { ...INPUT, batch: { max_events: 100, max_wait: "1h" } }, "batch.max_wait"],
    ["POST", { ...INPUT, batch: { max_events: 100, max_wai: "1s" } }, "batch.max_wai"],
    ["POST", { ...INPUT, batch: { max_events: 100 }, order_by: "*" }, "batch"],
    ["POST", { ...INPUT, timeout_ms: "5s" }, "timeout_ms"],
    ["POST", { ...INPUT, enabled: "false" }, "enabled"],
    ["POST", { ...INPUT, metadata: [1] }, "metadata"],
    ["POST", { ...INPUT, environment: "Pro" }, "environment"],
  ])("%s %j names %s", async (method, json, field) => {
    const answer = await server.ask(method, "/v1/subscriptions", { json });
    expect([answer.status, answer.json.error.field]).toEqual([400, field]);
  });

  it("is enabled, disabled, paused and resumed without a body, and with none but that", async () => {
    const { id } = await create();
    for (const [verb, state] of [
      ["disable", { enabled: false }],
      ["enable", { enabled: true }],
      ["pause", { paused: true }],
      ["resume", { paused: false }],
    ] as const) {
      expect((await server.ask("POST", at(id, `/${verb}`))).json).toMatchObject(state);
      const typed = await server.ask("POST", at(id, `/${verb}`), { headers: { "content-type": "text/plain" } });
      expect(typed.status).toBe(200);
      const answer = await server.ask("POST", at(id, `/${verb}`), { json: {} });
      expect(answer).toMatchObject({ status: 400, json: { error: { field: "body" } } });
    }
  });

  it("is tested, with a body and without", async () => {
    const { id } = await create();
    const expected = { success: true, status: 204 };
    expect((await server.ask("POST", at(id, "/test"))).json).toMatchObject(expected);
    const answer = await server.ask("POST", at(id, "/test"), { body: '{"type":"order.paid","data":{"n":1.0}}' });
    expect(answer.json).toMatchObject(expected);
    expect((await server.ask("POST", at(id, "/test"), { json: { typ: "a" } })).json.error.field).toBe("typ");
  });

  it("is deleted once", async () => {
    const { id } = await create();
    const deleted = await server.ask("DELETE", at(id));
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    expect((await server.ask("DELETE", at(id))).status).toBe(404);
  });
});

describe("the list of subscriptions", () => {
  it("is filtered, and pages", async () => {
    const list = await startTestServer();
    try {
      for (const name of ["one", "two", "three"]) {
        await list.ask("POST", "/v1/subscriptions", { json: { ...INPUT, name, enabled: name !== "two" } });
      }
      const names = async (query: string) =>
        (await list.ask("GET", `/v1/subscriptions?${query}`)).json.data.map(({ name }: { name: string }) => name);
      expect(await names("")).toEqual(["three", "two", "one"]);
      expect(await names("enabled=false")).toEqual(["two"]);
      expect(await names("enabled=true&limit=1")).toEqual(["three"]);
      expect(await names("q=TW")).toEqual(["two"]);
      expect(await names("event=order.paid")).toHaveLength(3);
      expect(await names("event=invoice.paid")).toEqual([]);
      expect(await names("environment=production")).toEqual([]);
      expect((await list.ask("GET", "/v1/subscriptions?enabled=yes")).json.error.field).toBe("enabled");
    } finally {
      await list.close();
    }
  });
});

describe("deliveries", () => {
  it("are listed, read, retried, cancelled and replayed", async () => {
    const { id } = await create({ events: ["parcel.*"] });
    await server.ask("POST", "/v1/events", { json: { type: "parcel.sent", data: 1 } });
    const list = (await server.ask("GET", at(id, "/deliveries"))).json;
    expect(list.data).toMatchObject([{ subscription: id, status: "pending", event_type: "parcel.sent" }]);
    const delivery = list.data[0].id as string;
    expect((await server.ask("GET", `/v1/deliveries?subscription=${id}&status=pending`)).json.data).toHaveLength(1);
    expect((await server.ask("GET", `/v1/deliveries/${delivery}`)).json).toMatchObject({
      attempts: [],
      payload_encoding: "utf8",
    });
    expect((await server.ask("POST", `/v1/deliveries/${delivery}/retry`)).status).toBe(202);
    expect((await server.ask("POST", `/v1/deliveries/${delivery}/cancel`)).json.status).toBe("cancelled");
    const again = await server.ask("POST", `/v1/deliveries/${delivery}/cancel`);
    expect(again).toMatchObject({ status: 409, json: { error: { code: "conflict" } } });

    const dry = await server.ask("POST", at(id, "/replay"), { json: { status: "cancelled", dry_run: true } });
    expect(dry.json).toEqual({ id: null, status: "completed", count: 1, dry_run: true });
    const filter = { subscription: id, status: "cancelled", since: "1h" };
    const replayed = await server.ask("POST", "/v1/replays", { json: { filter } });
    expect(replayed).toMatchObject({ status: 202, json: { count: 1, dry_run: false } });
    expect((await server.ask("POST", "/v1/replays")).json.error.field).toBe("body");
    const misplaced = await server.ask("POST", "/v1/replays", { json: { status: "failed" } });
    expect(misplaced.json.error.field).toBe("status");
  });
});

describe("the rest", () => {
  it("tells the version and the limits", async () => {
    const meta = (await server.ask("GET", "/v1/meta")).json;
    expect(meta).toMatchObject({
      version: "0.0.0-test",
      limits: { event_bytes: 1_048_576, batch_events: 1000, json_depth: 64 },
    });
  });
});
