import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RemoteService } from "../../src/client/remote.ts";
import type { HooksError } from "../../src/core/errors.ts";
import { stringifyEvent } from "../../src/core/raw-json.ts";
import { type KeyName, keyOf, startTestServer, type TestServer } from "../receive/support/test-server.ts";

let server: TestServer;
const open: { close(): unknown }[] = [];
const META = {
  version: "1",
  egress_addresses: null,
  limits: {
    event_bytes: 1,
    batch_events: 1,
    batch_bytes: 1,
    json_depth: 1,
    tunnel_body_bytes: 1,
    subscriptions: 1,
    backlog: null,
  },
};
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function remote(
  url = server.url,
  options: { key?: KeyName; environment?: string; timeoutMs?: number; tenant?: string } = {},
): RemoteService {
  const { key = "admin", ...rest } = options;
  const service = new RemoteService({ server: new URL(url), apiKey: keyOf(key), userAgent: "hooks/test", ...rest });
  open.push(service);
  return service;
}

async function errorOf(promise: Promise<unknown>): Promise<HooksError> {
  const error = await promise.then(
    () => new Error("expected a rejection"),
    (reason: unknown) => reason as Error,
  );
  expect(error).toMatchObject({ name: "HooksError" });
  return error as HooksError;
}

/** Something that answers every request with this. */
async function stub(status: number, headers: Record<string, string>, body: string): Promise<string> {
  const http = createServer((_, answer) => answer.writeHead(status, headers).end(body));
  return listen(http);
}

async function listen(http: Server): Promise<string> {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  open.push({
    close() {
      http.closeAllConnections();
      http.close();
    },
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

describe("RemoteService", () => {
  it("answers what the service over the store answers, for every call", async () => {
    const there = remote();
    const here = server.local.serviceFor({ tenant: "default", environment: "development" });

    const created = await there.createSubscription({ url: "https://example.com/in", events: ["order.*"], name: "far" });
    const { secret: _, ...subscription } = created;
    expect(subscription).toEqual(await here.getSubscription(created.id));
    expect(await there.getSubscription("far")).toEqual(subscription);
    expect(await there.listSubscriptions({ enabled: true, q: "far" })).toEqual(
      await here.listSubscriptions({ q: "far" }),
    );
    expect((await there.updateSubscription(created.id, { description: "d" })).description).toBe("d");
    const current = await there.getSubscription(created.id);
    expect((await there.replaceSubscription(created.id, { url: current.url!, events: current.events })).name).toBe("");
    expect((await there.disableSubscription(created.id)).enabled).toBe(false);
    expect((await there.enableSubscription(created.id)).enabled).toBe(true);
    expect((await there.pauseSubscription(created.id)).paused).toBe(true);
    expect((await there.resumeSubscription(created.id)).paused).toBe(false);
    expect((await there.rotateSecret(created.id, { grace: "1h" })).secrets).toHaveLength(2);
    expect(await there.testSubscription(created.id, { type: "order.x", data: Buffer.from("1.0") })).toMatchObject({
      status: 204,
    });
    expect(await there.testSubscription(created.id)).toMatchObject({ success: true });

    const receipt = await there.publish({ type: "order.paid", data: Buffer.from('{"n":1.0}'), id: "far-1" });
    expect(receipt).toEqual({ id: "far-1", deliveries: 1 });
    expect(await there.listEvents({ type: "order.*", limit: 1 })).toEqual(
      await here.listEvents({ type: "order.*", limit: 1 }),
    );
    const batch = await there.publishBatch([
      { type: "order.a", data: Buffer.from("1") },
      { type: "", data: Buffer.from("1") },
    ]);
    expect(batch.results).toMatchObject([{ deliveries: 1 }, { error: { code: "invalid_request", field: "type" } }]);
    expect((await there.listEventTypes()).data).toContainEqual(expect.objectContaining({ name: "order.paid" }));
    expect(await there.meta()).toEqual(await here.meta());

    const deliveries = await there.listDeliveries({ event: "far-1", limit: 10 });
    expect(deliveries).toEqual(await here.listDeliveries({ event: "far-1" }));
    const id = deliveries.data[0]!.id;
    expect(await there.getDelivery(id)).toEqual(await here.getDelivery(id));
    expect((await there.retryDelivery(id)).status).toBe("pending");
    expect((await there.cancelDelivery(id)).status).toBe("cancelled");
    expect(await there.replay({ subscription: created.id, status: "cancelled", dry_run: true })).toMatchObject({
      count: 1,
      dry_run: true,
    });
    expect(await there.replayEvent("far-1")).toEqual({ count: 1, dry_run: false });
    await there.deleteSubscription(created.id);
    expect((await errorOf(there.getSubscription(created.id))).code).toBe("not_found");
  });

  it("keeps the bytes of data both ways", async () => {
    const data = Buffer.from('{ "big":12345678901234567890,"dup":1,"dup":2, "u":"\\u0041" }');
    const metadata = Buffer.from('{"m" : 1.50}');
    const { id } = await remote().publish({ type: "raw.kept", data, metadata });
    const detail = await remote().getEvent(id);
    expect(Buffer.from(detail.data)).toEqual(data);
    expect(Buffer.from(detail.metadata!)).toEqual(metadata);
    const here = await server.local.serviceFor({ tenant: "default", environment: "development" }).getEvent(id);
    expect(stringifyEvent(detail)).toBe(stringifyEvent(here));
  });

  it("gives the server's errors with code, field and hint", async () => {
    const error = await errorOf(remote().createSubscription({ url: "https://example.com", events: [] }));
    expect(error).toMatchObject({ code: "invalid_request", field: "events", message: "events must not be empty" });
    const unknown = await errorOf(
      remote().createSubscription({ url: "https://example.com", events: ["*"], nam: "x" } as never),
    );
    expect(unknown).toMatchObject({ field: "nam", hint: "did you mean name?" });
    const conflicting = remote().publish({ type: "order.paid", data: Buffer.from("2"), id: "far-1" });
    expect(await errorOf(conflicting)).toMatchObject({ code: "conflict", field: "id" });
    const atomic = remote().publishBatch([{ type: "", data: Buffer.from("1") }], { atomic: true });
    expect(await errorOf(atomic)).toMatchObject({ code: "invalid_request", field: "events[0].type" });
    expect(
      await errorOf(remote(server.url, { key: "reader" }).publish({ type: "a", data: Buffer.from("1") })),
    ).toMatchObject({
      code: "forbidden",
    });
  });

  it("names the environment only when somebody did", async () => {
    const staging = remote(server.url, { environment: "staging" });
    const { id } = await staging.publish({ type: "scope.seen", data: Buffer.from("1") });
    expect((await staging.getEvent(id)).environment).toBe("staging");
    expect((await errorOf(remote().getEvent(id))).code).toBe("not_found");
    const production = remote(server.url, { key: "production" });
    const there = await production.publish({ type: "scope.seen", data: Buffer.from("1") });
    expect((await production.getEvent(there.id)).environment).toBe("production");
    expect(await errorOf(remote(server.url, { key: "production", environment: "staging" }).meta())).toMatchObject({
      code: "forbidden",
      field: "Hooks-Environment",
    });
  });

  it("says how to give a key when there is none", async () => {
    const service = new RemoteService({ server: new URL(server.url), apiKey: undefined, userAgent: "hooks/test" });
    const error = await errorOf(service.listSubscriptions());
    expect(error).toMatchObject({ code: "unauthenticated", hint: expect.stringContaining("--api-key") });
    service.close();
  });

  it("sends no data that is not JSON", async () => {
    const error = await errorOf(
      Promise.resolve().then(() => remote().publish({ type: "a", data: Buffer.from('1,"id":"x"') })),
    );
    expect(error).toMatchObject({ code: "invalid_json", field: "data" });
  });

  it("asks for ids as one segment, whatever they hold", async () => {
    for (const id of ["../events", "a/b", "?x=1", "%2e%2e", ".."]) {
      expect((await errorOf(remote().getSubscription(id))).code).toBe("not_found");
    }
    expect((await errorOf(Promise.resolve().then(() => remote().getSubscription("")))).field).toBe("id");
  });
});

describe("a server that does not answer as hooks does", () => {
  it.each([
    [
      "ECONNREFUSED",
      "http://127.0.0.1:1",
      "nothing answers at http://127.0.0.1:1 (ECONNREFUSED)",
      "start it: hooks serve",
    ],
    [
      "ENOTFOUND",
      "https://nowhere.invalid",
      "nowhere.invalid cannot be found",
      "check the name in --server, and the network",
    ],
  ])("%s names the server and what to do", async (_, url, message, hint) => {
    const error = await errorOf(remote(url).meta());
    expect(error).toMatchObject({ code: "unreachable", field: "--server", hint });
    expect(error.message).toContain(message);
  });

  it("speaks no TLS", async () => {
    const error = await errorOf(remote(server.url.replace("http:", "https:")).meta());
    expect(error).toMatchObject({ code: "unreachable" });
    expect(error.message).toContain("does not speak TLS");
  });

  it("takes too long", async () => {
    const silent = await listen(createServer(() => undefined));
    const error = await errorOf(remote(silent, { timeoutMs: 50 }).meta());
    expect(error.message).toContain("did not answer in time");
  });

  it("closes the connection", async () => {
    const rude = await listen(createServer((request) => request.socket.destroy()));
    expect((await errorOf(remote(rude).meta())).message).toContain("closed the connection");
  });

  it.each([
    [502, { "content-type": "text/html" }, "<h1>Bad Gateway</h1>", "unavailable"],
    [503, { "retry-after": "7" }, "", "unavailable"],
    [404, {}, "not here", "unreachable"],
    [401, {}, "who?", "unauthenticated"],
    [301, { location: "https://elsewhere.example.com/" }, "", "unreachable"],
    [200, { "content-type": "text/html" }, "<h1>Welcome to nginx</h1>", "unreachable"],
    [400, {}, '{"error":{"code":"made_up","message":"x"}}', "unreachable"],
    [400, {}, '{"error":"text"}', "unreachable"],
    // Another API's word for it, and no id of a request that hooks would give.
    [404, {}, '{"error":{"code":"not_found","message":"no such page"}}', "unreachable"],
    [500, {}, "null", "unreachable"],
  ])("%i %j %s is %s", async (status, headers, body, code) => {
    const error = await errorOf(remote(await stub(status, headers as Record<string, string>, body)).meta());
    expect(error.code).toBe(code);
    if (status === 301) expect(error.message).toContain("https://elsewhere.example.com/");
    if (status === 503) expect(error.retryAfterMs).toBe(7_000);
  });

  it("had just given up the connection: what may be asked twice is asked again", async () => {
    let requests = 0;
    const http = createServer((_, answer) => {
      requests++;
      answer.end(JSON.stringify(META));
    });
    const service = remote(await listen(http));
    await service.meta();
    // The server closes the idle connection the moment the next request is written.
    http.once("request", () => undefined);
    http.closeAllConnections();
    expect(await service.meta()).toEqual(META);
    expect(requests).toBe(2);
  });
});

describe("the server's URL", () => {
  const at =
    (url: string, apiKey: string | undefined = "hk_x") =>
    () =>
      new RemoteService({ server: new URL(url), apiKey, userAgent: "t" });

  it.each(["http://hooks.example.com", "http://10.0.0.5:4680", "http://localhost.example.com", "http://128.0.0.1"])(
    "%s would show the key to everybody on the way",
    (url) => {
      expect(at(url)).toThrow(expect.objectContaining({ code: "usage", field: "--server" }));
    },
  );

  it.each([
    "http://localhost:4680",
    "http://127.0.0.1:4680",
    "http://127.1.2.3",
    "http://[::1]:4680",
    "https://hooks.example.com",
  ])("%s is fine", (url) => {
    expect(at(url)).not.toThrow();
  });

  it("may not hold a password, nor another protocol", () => {
    expect(at("https://user:pw@hooks.example.com")).toThrow(/user name or password/);
    expect(at("ftp://hooks.example.com")).toThrow(/http:\/\/ or https:\/\//);
  });

  it("may have a path before the API", async () => {
    let path: string | undefined;
    const http = createServer((request, answer) => {
      path = request.url;
      answer.end(JSON.stringify(META));
    });
    await remote(`${await listen(http)}/hooks/`).meta();
    expect(path).toBe("/hooks/v1/meta");
  });
});
