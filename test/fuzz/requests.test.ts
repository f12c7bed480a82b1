import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyOf, sendRaw, startTestServer, type TestServer } from "../receive/support/test-server.ts";
import { hostileBytes, hostileText, hostileValue, RUNS } from "./support/hostile-text.ts";

// Whole requests, damaged: each is answered with a status of its caller's, or the connection is closed; none is a fault
// of ours, and the server goes on.

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Each costs a connection or a commit. */
const numRuns = Math.ceil(RUNS / 4);

async function isWell(): Promise<void> {
  expect(server.faults).toEqual([]);
  const { status } = await server.ask("GET", "/healthz", { key: null });
  expect(status).toBe(200);
}

describe("bytes on a connection", () => {
  it("are a request or are refused", { timeout: 120_000 }, async () => {
    const head = (line: string, more = ""): string =>
      `${line} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAuthorization: Bearer ${keyOf("admin")}\r\n${more}\r\n`;
    const body = '{"type":"order.paid","data":{"a":1}}';
    const samples = [
      head("GET /v1/events?limit=5&type=order.*"),
      head("POST /v1/events", `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`) + body,
      `${head("POST /v1/events", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n")}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      head(
        "GET /v1/listen",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
      ),
      head("OPTIONS *"),
      head("GET http://127.0.0.1/v1/meta"),
      head("PATCH /v1/subscriptions/sub_1", "Expect: 100-continue\r\nContent-Length: 2\r\n"),
    ];
    await fc.assert(
      fc.asyncProperty(hostileBytes(samples), async (bytes) => {
        const { status } = await sendRaw(server.port, bytes, "close");
        expect(
          status === 0 || (100 <= status && status < 500) || status === 503 || status === 505,
          String(status),
        ).toBe(true);
        await isWell();
      }),
      { numRuns },
    );
  });
});

const SUBSCRIPTION = {
  url: "https://hooks.example.com/in",
  events: ["order.*", "a.b"],
  name: "shop",
  description: "x",
  headers: { "x-a": "1", authorization: "Bearer x" },
  retry: { strategy: "list", delays: ["5s", 1000], jitter: 0.1 },
  retry_on: ["5xx", "network", "429"],
  on_410: "disable",
  timeout_ms: 5_000,
  rate_limit: "10/s",
  concurrency: 5,
  order_by: "/id",
  filter: "data.a > 1 && type != 'x'",
  auto_disable: { failures: 20, min_span: "1h", re_enable: "probe" },
  metadata: { team: "a" },
  enabled: true,
  profile: "standard",
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};
const EVENT = {
  type: "order.paid",
  data: { a: 1 },
  timestamp: "2026-01-31T12:00:00Z",
  metadata: { by: "x" },
  version: "1",
};

describe("JSON of every kind", () => {
  it.each([
    [
      "POST",
      "/v1/subscriptions",
      [SUBSCRIPTION, { ...SUBSCRIPTION, order_by: null, batch: { max_events: 10, max_wait: "1s" } }],
    ],
    ["PATCH", "/v1/subscriptions/SUB", [SUBSCRIPTION, { retry: "dotmac" }, { headers: { "x-a": "***" } }]],
    ["PUT", "/v1/subscriptions/SUB", [SUBSCRIPTION]],
    ["POST", "/v1/subscriptions/SUB/rotate-secret", [{ grace: "1h", secret: SUBSCRIPTION.secret }]],
    ["POST", "/v1/subscriptions/SUB/replay", [{ since: "1h", status: "failed", types: ["a"], dry_run: true }]],
    ["POST", "/v1/subscriptions/SUB/test", [{ type: "a.b", data: [1] }]],
    ["POST", "/v1/events", [EVENT]],
    ["POST", "/v1/events/batch", [{ events: [EVENT, EVENT] }]],
    [
      "POST",
      "/v1/filters/test",
      [
        { ...EVENT, filter: "data.a == 1" },
        { subscription: "SUB", type: "a.b" },
      ],
    ],
    ["POST", "/v1/replays", [{ filter: { status: "failed", since: "1h" }, dry_run: true }]],
  ])("as the body of %s %s is taken or refused", { timeout: 120_000 }, async (method, pattern, samples) => {
    const { json } = await server.ask("POST", "/v1/subscriptions", { json: SUBSCRIPTION });
    const target = pattern.replace("SUB", String(json.id));
    await fc.assert(
      fc.asyncProperty(hostileValue(samples), async (value) => {
        const { status, text } = await server.ask(method, target, { body: JSON.stringify(value) ?? "" });
        expect(status, text).toBeLessThan(500);
        if (400 <= status) expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        expect(({} as { x?: unknown }).x).toBeUndefined();
      }),
      { numRuns },
    );
    await isWell();
  });
});

describe("queries of every kind", () => {
  const query = fc
    .array(
      fc.tuple(
        fc.constantFrom(
          "limit",
          "cursor",
          "type",
          "since",
          "until",
          "status",
          "subscription",
          "event",
          "q",
          "health",
          "enabled",
          "profile",
          "__proto__",
          "atomic",
        ),
        hostileText(["50", "cjE", "order.*", "2h", "2026-01-31", "failed", "sub_1", "true", "healthy"]),
      ),
      { maxLength: 4 },
    )
    .map((pairs) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join("&"));

  it.each(["/v1/events", "/v1/subscriptions", "/v1/deliveries"])(
    "of %s are answered or refused",
    { timeout: 120_000 },
    async (target) => {
      await fc.assert(
        fc.asyncProperty(query, async (text) => {
          const { status } = await server.ask("GET", `${target}?${text}`);
          expect([200, 400, 404, 431]).toContain(status);
        }),
        { numRuns },
      );
      await isWell();
    },
  );

  it("ids of every kind name nothing", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(hostileText(["evt_01kz4y2m7q8v9w0x1y2z3a4b5c", "sub_", "a%2fb", ".."]), async (text) => {
        const id = encodeURIComponent(text.toWellFormed());
        if (id === "" || id === "." || id === "..") return;
        for (const kind of ["events", "subscriptions", "deliveries"]) {
          const { status } = await server.ask("GET", `/v1/${kind}/${id}`);
          expect([404, 409, 400, 431]).toContain(status);
        }
      }),
      { numRuns },
    );
    await isWell();
  });
});
