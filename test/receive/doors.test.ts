import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyOf, sendRaw, startTestServer, type TestServer } from "./support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ allowedHosts: ["hooks.example.com", "10.1.2.3:4680"] });
});
afterAll(() => server.close());

/** A GET with these headers and no others but the key. */
function getWith(
  headers: Record<string, string>,
  target = "/v1/events",
  agent?: Agent,
): Promise<{ status: number; body: string; cors: unknown; isReused: boolean }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port: server.port,
        path: target,
        ...(agent && { agent }),
        headers: { authorization: `Bearer ${keyOf("admin")}`, ...headers },
      },
      (answer) => {
        let body = "";
        answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
        answer.on("end", () =>
          resolve({
            status: answer.statusCode!,
            body,
            cors: answer.headers["access-control-allow-origin"],
            isReused: outgoing.reusedSocket,
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}

describe("Host", () => {
  const ours = () => [
    `127.0.0.1:${server.port}`,
    `localhost:${server.port}`,
    `LOCALHOST:${server.port}`,
    `[::1]:${server.port}`,
    "localhost",
    "hooks.example.com",
    "hooks.example.com:8443",
    "10.1.2.3:4680",
  ];
  const others = () => [
    "attacker.example.net",
    `attacker.example.net:${server.port}`,
    `127.0.0.1.nip.io:${server.port}`,
    `localhost.:${server.port}`,
    `localhost.attacker.example.net:${server.port}`,
    "127.0.0.1:1",
    `0.0.0.0:${server.port}`,
    "10.1.2.3",
    "10.1.2.3:4681",
    "xhooks.example.com",
    `user@127.0.0.1:${server.port}`,
    `[::ffff:127.0.0.1]:${server.port}`,
    "2130706433",
  ];

  it("lets the names of this server in", async () => {
    for (const host of ours()) expect([host, (await getWith({ host })).status]).toEqual([host, 200]);
  });

  it("answers 421 to every other name", async () => {
    for (const host of others()) {
      const { status, body } = await getWith({ host });
      expect([host, status, JSON.parse(body).error.code, JSON.parse(body).error.field]).toEqual([
        host,
        421,
        "wrong_host",
        "host",
      ]);
    }
  });

  it("is judged at each request of a connection", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const found: [number, boolean][] = [];
    for (const host of ["hooks.example.com", "attacker.example.net", "hooks.example.com", "10.1.2.3", "localhost"]) {
      const { status, isReused } = await getWith({ host }, "/v1/events", agent);
      found.push([status, isReused]);
    }
    agent.destroy();
    expect(found).toEqual([
      [200, false],
      [421, true],
      [200, true],
      [421, true],
      [200, true],
    ]);
  });

  it("guards the routes that need no key too", async () => {
    expect((await getWith({ host: "attacker.example.net" }, "/healthz")).status).toBe(421);
    expect((await getWith({ host: "attacker.example.net" }, "/nope")).status).toBe(421);
  });

  it("answers 400 to none, and to two", async () => {
    const none = await sendRaw(server.port, "GET /healthz HTTP/1.1\r\n\r\n");
    expect(none).toMatchObject({ status: 400, json: { error: { code: "invalid_request", field: "host" } } });
    const two = await sendRaw(
      server.port,
      `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nHost: attacker.example.net\r\n\r\n`,
    );
    expect(two).toMatchObject({ status: 400, json: { error: { code: "invalid_request", field: "host" } } });
  });

  it("counts the target's authority when the target is a whole URL", async () => {
    const to = (authority: string) =>
      sendRaw(server.port, `GET http://${authority}/healthz HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
    expect((await to("attacker.example.net")).status).toBe(421);
    expect((await to(`127.0.0.1:${server.port}`)).status).toBe(200);
  });
});

describe("Origin and Sec-Fetch-Site", () => {
  it.each([
    [{ origin: "https://attacker.example.net" }, "origin"],
    [{ origin: "null" }, "origin"],
    [{ origin: "http://localhost:3000" }, "origin"],
    [{ "sec-fetch-site": "cross-site" }, "sec-fetch-site"],
    [{ "sec-fetch-site": "same-site" }, "sec-fetch-site"],
    [{ "sec-fetch-site": "none, cross-site" }, "sec-fetch-site"],
    [{ "sec-fetch-site": "" }, "sec-fetch-site"],
  ])("refuses %j", async (headers, field) => {
    const { status, body, cors } = await getWith(headers as Record<string, string>);
    expect(status).toBe(403);
    expect(JSON.parse(body).error).toMatchObject({ code: "forbidden", field });
    expect(cors).toBeUndefined();
  });

  it("lets its own pages, typed addresses and programs in", async () => {
    const own = `http://127.0.0.1:${server.port}`;
    for (const headers of [
      { origin: own },
      { "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "none" },
      { "sec-fetch-mode": "cors" },
    ]) {
      expect((await getWith(headers as unknown as Record<string, string>)).status).toBe(200);
    }
  });

  it("answers a foreign preflight with 403 and no CORS header", async () => {
    const answer = await server.ask("OPTIONS", "/v1/events", {
      headers: { origin: "https://attacker.example.net", "access-control-request-method": "POST" },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("CDN-Loop", () => {
  it("answers 508 to what it sent itself, at every door, and to nothing else", async () => {
    const marked = await startTestServer({ loopMark: "hooks-0123456789abcdef" });
    const post = (headers: Record<string, string>, target = "/v1/events") =>
      marked.ask("POST", target, { headers, json: { type: "a.b", data: {} } });
    try {
      for (const target of ["/v1/events", "/v1/events/batch", "/in/own", "/v1/subscriptions"]) {
        const answer = await post({ "cdn-loop": "somecdn, hooks-0123456789abcdef" }, target);
        expect(answer).toMatchObject({ status: 508, json: { error: { code: "loop_detected", field: "cdn-loop" } } });
      }
      for (const other of ["somecdn; loops=1", "hooks-fedcba9876543210", "hooks"]) {
        expect((await post({ "cdn-loop": other })).status).toBe(202);
      }
      expect((await post({})).status).toBe(202);
    } finally {
      await marked.close();
    }
  });
});

describe("--public-url", () => {
  it("is one more name, with the port that it has, and one more origin", async () => {
    const named = await startTestServer({ publicUrl: new URL("https://relay.example.com/hooks") });
    const statusOf = async (host: string, origin?: string): Promise<number> => {
      const head = [`Host: ${host}`, `Authorization: Bearer ${keyOf("admin")}`];
      if (origin !== undefined) head.push(`Origin: ${origin}`);
      return (await sendRaw(named.port, `GET /v1/events HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n`)).status;
    };
    try {
      expect(await statusOf("relay.example.com")).toBe(200);
      expect(await statusOf("Relay.Example.com:443")).toBe(200);
      for (const host of ["relay.example.com:80", "example.com", "relay.example.com.", "xrelay.example.com"]) {
        expect([host, await statusOf(host)]).toEqual([host, 421]);
      }
      expect(await statusOf("relay.example.com", "https://relay.example.com")).toBe(200);
      // What came in the clear may have been written by anybody on the way.
      expect(await statusOf("relay.example.com", "http://relay.example.com")).toBe(403);
      expect((await named.ask("GET", "/openapi.json", { key: null })).json.servers).toEqual([
        { url: "https://relay.example.com/hooks" },
      ]);
    } finally {
      await named.close();
    }
  });

  it("is not there without it", async () => {
    expect((await getWith({ host: "relay.example.com" })).status).toBe(421);
    expect((await server.ask("GET", "/openapi.json", { key: null })).json.servers).toBeUndefined();
  });
});

describe("the key", () => {
  it.each([
    ["no key", {}],
    ["an unknown key", { authorization: "Bearer hk_wrong" }],
    ["an empty key", { authorization: "Bearer " }],
    ["basic", { authorization: "Basic Zm9vOmJhcg==" }],
    ["8,000 characters", { authorization: `Bearer ${"a".repeat(8000)}` }],
    ["the bare key", { authorization: keyOf("admin") }],
  ])("answers 401 to %s", async (_, headers) => {
    const answer = await server.ask("GET", "/v1/events", { key: null, headers: headers as Record<string, string> });
    expect(answer.status).toBe(401);
    expect(answer.json.error.code).toBe("unauthenticated");
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  it("is never taken from the URL", async () => {
    const answer = await server.ask("GET", `/v1/events?api_key=${keyOf("admin")}`, { key: null });
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain(keyOf("admin"));
  });

  it("is refused when it is given twice", async () => {
    const lines = ["admin", "reader"].map((name) => `Authorization: Bearer ${keyOf(name as "admin")}\r\n`).join("");
    const answer = await sendRaw(server.port, `GET /v1/events HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`);
    expect(answer).toMatchObject({ status: 400, json: { error: { field: "authorization" } } });
  });

  it("is taken whatever the case of Bearer", async () => {
    const answer = await server.ask("GET", "/v1/events", {
      key: null,
      headers: { authorization: `bearer ${keyOf("reader")}` },
    });
    expect(answer.status).toBe(200);
  });

  it("is not needed where nothing is told", async () => {
    for (const path of ["/healthz", "/readyz", "/openapi.json"]) {
      expect((await server.ask("GET", path, { key: null })).status).toBe(200);
    }
  });
});

describe("roles", () => {
  const event = { type: "a.b", data: 1 };
  it.each([
    ["publisher", "POST", "/v1/events", event, 202],
    ["reader", "POST", "/v1/events", event, 403],
    ["listener", "POST", "/v1/events", event, 403],
    ["publisher", "GET", "/v1/events", undefined, 403],
    ["reader", "GET", "/v1/events", undefined, 200],
    ["reader", "GET", "/v1/subscriptions", undefined, 200],
    ["reader", "POST", "/v1/subscriptions", { url: "https://example.com/", events: ["*"] }, 403],
    ["publisher", "POST", "/v1/subscriptions", { url: "https://example.com/", events: ["*"] }, 403],
    ["admin", "POST", "/v1/subscriptions", { url: "https://example.com/", events: ["*"] }, 201],
    ["listener", "GET", "/v1/listen", undefined, 426],
    ["reader", "GET", "/v1/listen", undefined, 403],
    ["listener", "GET", "/v1/meta", undefined, 200],
    ["publisher", "GET", "/v1/event-types", undefined, 200],
  ] as const)("%s %s %s", async (key, method, path, json, status) => {
    const answer = await server.ask(method, path, { key, ...(json === undefined ? {} : { json }) });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.json.error.code).toBe("forbidden");
  });
});

describe("tenant and environment", () => {
  const publish = (
    key: "admin" | "production" | "anyTenant" | "publisher",
    options: { headers?: Record<string, string>; body?: object } = {},
  ) =>
    server.ask("POST", "/v1/events", {
      key,
      headers: options.headers ?? {},
      json: { type: "a.b", data: 1, ...options.body },
    });
  const scopeOf = async (id: string, headers: Record<string, string>) => {
    const { json } = await server.ask("GET", `/v1/events/${id}`, { key: "anyTenant", headers });
    return [json.tenant, json.environment];
  };

  it("come from the key, and from the default environment", async () => {
    const plain = await publish("admin");
    expect(await scopeOf(plain.json.id, {})).toEqual(["default", "development"]);
    const production = await publish("production");
    expect(await scopeOf(production.json.id, { "hooks-environment": "production" })).toEqual(["default", "production"]);
  });

  it("may be named by a key of any, in headers and in the body", async () => {
    const byHeader = await publish("anyTenant", {
      headers: { "hooks-tenant": "acme", "hooks-environment": "staging" },
    });
    const acme = { "hooks-tenant": "acme", "hooks-environment": "staging" };
    expect(await scopeOf(byHeader.json.id, acme)).toEqual(["acme", "staging"]);
    const byBody = await publish("anyTenant", { body: { tenant: "acme", environment: "staging" } });
    expect(await scopeOf(byBody.json.id, acme)).toEqual(["acme", "staging"]);
  });

  it("of another are not found, not forbidden", async () => {
    const { json } = await publish("production");
    expect((await server.ask("GET", `/v1/events/${json.id}`, { key: "reader" })).status).toBe(404);
  });

  it("may be named by a bound key only as they are", async () => {
    expect((await publish("publisher", { headers: { "hooks-environment": "development" } })).status).toBe(202);
    const other = await publish("publisher", { headers: { "hooks-environment": "production" } });
    expect(other).toMatchObject({ status: 403, json: { error: { code: "forbidden", field: "Hooks-Environment" } } });
    const tenant = await publish("admin", { body: { tenant: "acme" } });
    expect(tenant).toMatchObject({ status: 403, json: { error: { field: "tenant" } } });
  });

  it("must be named alike and well", async () => {
    const differ = await publish("anyTenant", {
      headers: { "hooks-environment": "staging" },
      body: { environment: "production" },
    });
    expect(differ).toMatchObject({ status: 400, json: { error: { field: "environment" } } });
    const malformed = await publish("anyTenant", { headers: { "hooks-environment": "Pro duction" } });
    expect(malformed).toMatchObject({ status: 400, json: { error: { field: "Hooks-Environment" } } });
  });

  it("of requests that name none can be set for the server", async () => {
    const staging = await startTestServer({ defaultEnvironment: "staging" });
    try {
      const { json } = await staging.ask("POST", "/v1/events", { json: { type: "a.b", data: 1 } });
      expect((await staging.ask("GET", `/v1/events/${json.id}`)).json.environment).toBe("staging");
    } finally {
      await staging.close();
    }
  });
});
