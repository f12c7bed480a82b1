import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { createServer } from "../../src/receive/server.ts";
import { keyOf, sendRaw, startTestServer, type TestServer } from "./support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const ERROR_FORM = {
  error: { code: expect.any(String), message: expect.any(String), request_id: expect.stringMatching(/^req_/) },
};

describe("what is not there", () => {
  it("is 404 in the error form, with and without a key", async () => {
    for (const key of ["admin", null] as const) {
      const answer = await server.ask("POST", "/v1/nope", { key, json: {} });
      expect(answer).toMatchObject({ status: 404, json: ERROR_FORM });
    }
    expect((await server.ask("GET", "/v1/events/")).status).toBe(404);
  });

  it("is 405 with Allow for another method, and reads no body", async () => {
    const answer = await server.ask("PUT", "/v1/events/some-id", { body: "x".repeat(2_000_000) });
    expect(answer).toMatchObject({ status: 405, json: { error: { code: "method_not_allowed" } } });
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
    expect((await server.ask("DELETE", "/v1/events/batch", { json: {} })).headers.get("allow")).toBe("GET, HEAD, POST");
  });

  it("is 400 for a path that cannot be decoded", async () => {
    const answer = await server.ask("GET", "/v1/events/%E0%A4%A");
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "invalid_request", field: "path" } } });
  });

  it("is 426 for the WebSocket without an upgrade", async () => {
    const answer = await server.ask("GET", "/v1/listen", { key: "listener" });
    expect(answer).toMatchObject({ status: 426, json: { error: { code: "upgrade_required" } } });
    expect(answer.headers.get("upgrade")).toBe("websocket");
  });
});

describe("what is no HTTP", () => {
  it("a connection that is ended without a byte is closed at once, and not when its time is up", async () => {
    const startedAt = performance.now();
    expect((await sendRaw(server.port, "", "close")).status).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000); // the time is 15 s
  });

  const authorized = `Host: localhost\r\nAuthorization: Bearer ${keyOf("admin")}\r\nContent-Type: application/json\r\n`;
  it.each([
    ["garbage", "\u0016\u0003\u0001\u0002\r\n\r\n", 400],
    ["HTTP/0.9", "GET /v1/events\r\n", 400],
    ["two lengths", `POST /v1/events HTTP/1.1\r\n${authorized}Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}`, 400],
    [
      "length and chunked",
      `POST /v1/events HTTP/1.1\r\n${authorized}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
      400,
    ],
    ["NUL in a header", `GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\u0000\r\n\r\n`, 400],
    ["a broken chunk", `POST /v1/events HTTP/1.1\r\n${authorized}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ["64 KB of headers", `GET / HTTP/1.1\r\nHost: localhost\r\nX-Fill: ${"a".repeat(65_536)}\r\n\r\n`, 431],
    ["2,000 headers", `GET / HTTP/1.1\r\nHost: localhost\r\n${"x-abcdef: a\r\n".repeat(2_000)}\r\n`, 431],
    ["a long request line", `GET /v1/events?type=${"a".repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
    ["a length of 2^53", `POST /v1/events HTTP/1.1\r\n${authorized}Content-Length: 9007199254740992\r\n\r\n{}`, 413],
  ])("%s is answered in the error form", async (_, bytes, status) => {
    const answer = await sendRaw(server.port, bytes);
    expect(answer).toMatchObject({ status, json: ERROR_FORM });
  });

  it("stores nothing of a body that is cut off", async () => {
    const before = (await server.ask("GET", "/v1/events")).json.data.length;
    const head = `POST /v1/events HTTP/1.1\r\n${authorized}Content-Length: 100\r\n\r\n`;
    const answer = await sendRaw(server.port, `${head}{"type":"order.created"`, "close");
    expect([0, 400]).toContain(answer.status);
    expect((await server.ask("GET", "/v1/events")).json.data).toHaveLength(before);
  });

  it("ends with 408 when headers or a body come too slowly", async () => {
    const hasty = await startTestServer({ timeouts: { headersMs: 300, requestMs: 600, checkMs: 50 } });
    try {
      const slowHeaders = drip(hasty.port, "POST /v1/events HTTP/1.1\r\nHost: localhost\r\n", "X-a: b\r\n");
      const silent = drip(hasty.port, "", "");
      const slowBody = drip(
        hasty.port,
        `POST /v1/events HTTP/1.1\r\n${authorized}Content-Length: 100000\r\n\r\n{"type":"`,
        "a",
      );
      for (const answer of await Promise.all([slowHeaders, slowBody])) {
        expect(answer).toContain("HTTP/1.1 408 ");
        expect(answer).toContain('"code":"request_timeout"');
      }
      expect(await silent).toBe("");
      expect((await hasty.ask("GET", "/healthz")).status).toBe(200);
    } finally {
      await hasty.close();
    }
  });
});

describe("listen", () => {
  it.each([
    ["localhost", "http://127.0.0.1:"],
    ["0.0.0.0", "http://127.0.0.1:"],
    ["::1", "http://[::1]:"],
  ])("on %s is reached at %s", async (host, url) => {
    const other = await createServer({
      serviceFor: server.local.serviceFor,
      adminFor: server.local.adminFor,
      authenticate: () => undefined,
      allowedHosts: [],
      readiness: async () => server.readiness,
      metrics: async () => "",
      version: "0",
      newId: (prefix) => `${prefix}_1`,
    });
    const reached = await other.listen({ host, port: 0 });
    expect(reached.startsWith(url)).toBe(true);
    expect((await fetch(`${reached}/healthz`)).status).toBe(200);
    await other.close();
  });
});

describe("slow clients", () => {
  it("do not stop others: 200 of them, and a publish between", async () => {
    const sockets = Array.from({ length: 200 }, () => connect(server.port, "127.0.0.1"));
    await Promise.all(
      sockets.map(
        (socket, index) =>
          new Promise<void>((resolve) => {
            socket.on("error", () => undefined);
            // Half of them stop in the headers, half in the body.
            const head = `POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${keyOf("admin")}\r\n`;
            const body = "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
            socket.write(index % 2 === 0 ? head : head + body, () => resolve());
          }),
      ),
    );
    expect((await server.ask("POST", "/v1/events", { json: { type: "a.b", data: 1 } })).status).toBe(202);
    for (const socket of sockets) socket.destroy();
  });
});

describe("an expectation", () => {
  it("that nobody knows is ignored, and one to go on is answered", async () => {
    for (const expectation of ["200-ok", "100-continue"]) {
      const answer = await sendRaw(
        server.port,
        `GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: ${expectation}\r\n\r\n`,
      );
      expect([100, 200]).toContain(answer.status);
    }
  });
});

/** A piece every 20 ms until the server hangs up; what it said. */
function drip(port: number, start: string, piece: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let said = "";
    socket.write(start);
    const timer = setInterval(() => socket.write(piece), 20);
    socket.on("data", (chunk) => (said += chunk.toString()));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(timer);
      resolve(said);
    });
  });
}

describe("errors", () => {
  it("of our own say nothing, and are logged with their cause under the same id", async () => {
    const secret = new Error("SELECT secret FROM /var/lib/hooks.db");
    const broken = await startTestServer({
      serviceFor: () => {
        throw secret;
      },
    });
    try {
      const answer = await broken.ask("GET", "/v1/events?type=a.b");
      expect([answer.status, answer.json.error.code, answer.json.error.message]).toEqual([
        500,
        "internal",
        "internal error",
      ]);
      expect(answer.text).not.toContain("SELECT");
      expect(broken.faults).toHaveLength(1);
      expect(broken.faults[0]!.fields).toMatchObject({
        err: secret,
        request_id: answer.json.error.request_id,
        method: "GET",
        path: "/v1/events",
        client: "127.0.0.1",
      });
    } finally {
      await broken.close();
    }
  });

  it.each([
    ["store_busy", 503, "unavailable", "1"],
    ["store_full", 503, "unavailable", "10"],
    ["store_unusable", 503, "unavailable", "1"],
    ["usage", 500, "internal", null],
    ["unreachable", 500, "internal", null],
  ] as const)("%s is shown as %i %s, without the file it names", async (code, status, shown, retryAfter) => {
    const broken = await startTestServer({
      serviceFor: () => {
        throw new HooksError(code, "/home/ann/.local/share/hooks/hooks.db is at fault", {
          field: "/home/ann/hooks.db",
        });
      },
    });
    try {
      const answer = await broken.ask("GET", "/v1/events");
      expect([answer.status, answer.json.error.code]).toEqual([status, shown]);
      expect(answer.text).not.toContain("/home");
      expect(answer.headers.get("retry-after")).toBe(retryAfter);
      expect(broken.faults).toHaveLength(1);
    } finally {
      await broken.close();
    }
  });

  it("hold no control character and no turn of direction that a caller sent", async () => {
    const body = JSON.stringify({ type: "a", data: 1, "x\u001b[31m\u202e\u009b\u0007": 1 });
    const { text, json } = await server.ask("POST", "/v1/events", { body });
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(json.error.field).toBe("x\\u001b[31m\\u202e\\u009b\\u0007");
  });

  it("stay short whatever was sent", async () => {
    const body = `{"type":"a","data":1,${JSON.stringify("k".repeat(500_000))}:1}`;
    const { text } = await server.ask("POST", "/v1/events", { body });
    expect(text.length).toBeLessThan(1_500);
  });

  it("say 429 and when to come back", async () => {
    const limited = await startTestServer({
      serviceFor: () => {
        throw new HooksError("rate_limited", "too many events", { retryAfterMs: 2_500 });
      },
    });
    try {
      const answer = await limited.ask("GET", "/v1/events");
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "3"]);
    } finally {
      await limited.close();
    }
  });
});

describe("health", () => {
  it("is ready, or says in the error form what is not", async () => {
    expect((await server.ask("GET", "/healthz", { key: null })).json).toEqual({ status: "ok" });
    expect((await server.ask("GET", "/readyz", { key: null })).json).toEqual({
      status: "ready",
      checks: { store: "ok" },
    });
    server.readiness.ready = false;
    server.readiness.checks["store"] = "full";
    const answer = await server.ask("GET", "/readyz", { key: null });
    expect(answer).toMatchObject({
      status: 503,
      json: { error: { code: "unavailable", message: "not ready: store full" } },
    });
    server.readiness.ready = true;
  });

  it("has a HEAD for each GET", async () => {
    const answer = await fetch(`${server.url}/healthz`, { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });
});

describe("draining", () => {
  it("refuses new events with Retry-After, finishes those in flight, and goes on answering questions", async () => {
    const draining = await startTestServer();
    let finish = () => {};
    const gate = new Promise<void>((resolve) => (finish = resolve));
    let arrived = () => {};
    const inFlight = new Promise<void>((resolve) => (arrived = resolve));
    const slow = await startTestServer({
      serviceFor: (scope) => {
        const service = draining.local.serviceFor(scope);
        return Object.assign(Object.create(service) as typeof service, {
          publish: async (event: Parameters<typeof service.publish>[0]) => {
            arrived();
            await gate;
            return service.publish(event);
          },
          listEvents: () => service.listEvents(),
        });
      },
    });
    const json = { type: "a.b", data: 1 };
    try {
      const first = slow.ask("POST", "/v1/events", { json });
      await inFlight;
      slow.receive.beginDrain();
      const refused = await slow.ask("POST", "/v1/events", { json });
      expect(refused).toMatchObject({ status: 503, json: { error: { code: "unavailable" } } });
      expect(refused.headers.get("retry-after")).toBe("5");
      expect((await slow.ask("POST", "/v1/events/batch", { json: { events: [json] } })).status).toBe(503);
      expect((await slow.ask("GET", "/v1/events")).status).toBe(200);
      expect((await slow.ask("GET", "/healthz")).status).toBe(200);
      expect((await slow.ask("GET", "/readyz")).status).toBe(503);
      finish();
      expect((await first).status).toBe(202);
    } finally {
      await slow.close();
      await draining.close();
    }
  });

  it("accepts the same event before", async () => {
    expect((await server.ask("POST", "/v1/events", { json: { type: "a.b", data: 1 } })).status).toBe(202);
  });

  it("does not wait for connections that say nothing", async () => {
    const closing = await startTestServer({ timeouts: { headersMs: 60_000, requestMs: 60_000, checkMs: 60_000 } });
    const socket = connect(closing.port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.on("close", resolve));
    await new Promise((resolve) => socket.on("connect", resolve));
    await (await fetch(`${closing.url}/healthz`)).text();
    await closing.receive.close(60_000);
    await closed;
    await closing.close();
  });

  it("cuts off who does not end when the time is over", async () => {
    const closing = await startTestServer();
    const socket = connect(closing.port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => undefined);
    await new Promise<void>((resolve) => {
      socket.write("POST /v1/events HTTP/1.1\r\nHost: localhost\r\n", () => resolve());
    });
    await closing.receive.close(50);
    await closed;
    await closing.close();
  });
});

describe("upgrades", () => {
  const upgrade = (headers: string, target = "/v1/listen") =>
    sendRaw(
      server.port,
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`,
    );

  beforeAll(() => {
    server.receive.app.server.on("upgrade", (request, socket) => {
      server.receive.admitUpgrade(request).then(
        ({ scope, caller }) => {
          const body = JSON.stringify({ scope, name: caller.name });
          socket.end(`HTTP/1.1 101 Switching Protocols\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        },
        (error: unknown) => server.receive.refuseUpgrade(socket, error, request),
      );
    });
  });

  it("are admitted with a listener's key and its scope", async () => {
    const answer = await upgrade(`Authorization: Bearer ${keyOf("listener")}\r\nHooks-Environment: development\r\n`);
    expect(answer.json).toEqual({ scope: { tenant: "default", environment: "development" }, name: "laptop" });
  });

  it.each([
    ["no key", "", "/v1/listen", 401],
    ["a reader's key", `Authorization: Bearer ${keyOf("reader")}\r\n`, "/v1/listen", 403],
    [
      "another environment",
      `Authorization: Bearer ${keyOf("listener")}\r\nHooks-Environment: production\r\n`,
      "/v1/listen",
      403,
    ],
    [
      "an origin",
      `Authorization: Bearer ${keyOf("listener")}\r\nOrigin: https://attacker.example.net\r\n`,
      "/v1/listen",
      403,
    ],
    [
      "an origin, even our own: no page listens",
      `Authorization: Bearer ${keyOf("listener")}\r\nOrigin: http://localhost\r\n`,
      "/v1/listen",
      403,
    ],
    ["another path", `Authorization: Bearer ${keyOf("listener")}\r\n`, "/v1/events", 404],
    ["a key in the URL", "", `/v1/listen?key=${keyOf("listener")}`, 401],
  ])("are refused with %s", async (_, headers, target, status) => {
    const answer = await upgrade(headers, target);
    expect(answer).toMatchObject({ status, json: ERROR_FORM });
  });

  it("are refused for another host", async () => {
    const answer = await sendRaw(
      server.port,
      "GET /v1/listen HTTP/1.1\r\nHost: attacker.example.net\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    expect(answer.status).toBe(421);
  });
});
