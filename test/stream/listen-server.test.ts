import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { LISTEN_SUBPROTOCOL } from "../../src/stream/protocol.ts";
import { Cable } from "./support/cable.ts";
import { tunnelSubscription } from "./support/memory-sessions.ts";
import { delivery, RawListener, Tunnel } from "./support/tunnel.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function tunnel(options: ConstructorParameters<typeof Tunnel>[0] = {}): Promise<Tunnel> {
  const made = await new Tunnel(options).start();
  closers.push(() => made.stop());
  return made;
}

const TUNNEL = tunnelSubscription(1);

/** Resolves when the server has handled everything that this listener sent before. */
async function handled(listener: RawListener): Promise<void> {
  const seen = listener.of("problem").length;
  listener.send({ type: "replay" });
  await listener.frame("problem", seen + 1);
}

describe("hello and ready", () => {
  it("opens the session that was asked for and tells of it", async () => {
    const to = await tunnel();
    to.sessions.backlog = { waiting: 18, missedFrom: 1_700_000_000_000, missedTo: 1_700_000_060_000 };
    const listener = await RawListener.ready(to.url, {
      session: "host:/folder",
      events: ["order.*"],
      retry: true,
      timeout_ms: 5_000,
      keep_ms: 60_000,
      name: "me",
    });
    expect(to.sessions.opened).toMatchObject([
      { session: "host:/folder", events: ["order.*"], retry: true, timeoutMs: 5_000, keepMs: 60_000, name: "me" },
    ]);
    expect(listener.frames).toEqual([
      {
        type: "ready",
        session: "host:/folder",
        subscription_id: "sub_1",
        secrets: ["whsec_c2VjcmV0"],
        resumed: false,
        waiting: 18,
        missed_from: "2023-11-14T22:13:20.000Z",
        missed_to: "2023-11-14T22:14:20.000Z",
        inbound: [],
        max_body: 10 * 1024 * 1024,
      },
    ]);
  });

  it("keeps the scopes of keys apart", async () => {
    const to = await tunnel();
    await RawListener.ready(to.url);
    const other = await RawListener.ready(to.url, { events: ["other.*"] }, { "hooks-environment": "staging" });
    expect(other.of("ready")[0]).toMatchObject({ subscription_id: "sub_2" });
    expect(other.of("problem")).toEqual([]);
  });

  it("names a session that has no name", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url, { session: undefined });
    expect(listener.of("ready")[0]?.["session"]).toMatch(/^listen:/);
  });

  it.each([
    ["invalid_request", true, 1008],
    ["conflict", true, 1008],
    ["store_busy", false, 1013],
    ["unavailable", false, 1013],
  ] as const)("a session that cannot be opened (%s) is a problem and the end", async (code, fatal, closeCode) => {
    const to = await tunnel();
    to.sessions.failure = new HooksError(code, "events[0] is no pattern");
    const listener = new RawListener(to.url);
    await once(listener.socket, "open");
    listener.send({ type: "hello", events: ["*"], credit: 1 });
    expect(await listener.frame("problem")).toEqual({
      type: "problem",
      code,
      message: "events[0] is no pattern",
      fatal,
    });
    expect((await listener.close()).code).toBe(closeCode);
  });

  it("an unknown error shows nothing of itself", async () => {
    const to = await tunnel();
    to.sessions.failure = new Error("SELECT secret FROM x at /home/me");
    const listener = new RawListener(to.url);
    await once(listener.socket, "open");
    listener.send({ type: "hello", events: ["*"], credit: 1 });
    expect(await listener.frame("problem")).toMatchObject({
      code: "internal",
      message: "internal error",
      fatal: false,
    });
    expect((await listener.close()).code).toBe(1011);
  });

  it("a peer that says nothing is not waited for", async () => {
    const to = await tunnel({ limits: { helloMs: 20 } });
    expect((await new RawListener(to.url).close()).code).toBe(1008);
  });

  it("a client that goes while its session is being opened leaves it collecting", async () => {
    const to = await tunnel();
    const gate = Promise.withResolvers<void>();
    to.sessions.gate = gate.promise;
    const listener = new RawListener(to.url);
    await once(listener.socket, "open");
    listener.send({ type: "hello", events: ["*"], credit: 1 });
    listener.socket.terminate();
    await to.until(() => to.news.some(({ kind }) => kind === "gone"));
    gate.resolve();
    await to.stop();
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: true }]);
    expect(to.server.room(TUNNEL)).toBe(0);
  });
});

describe("the upgrade", () => {
  function upgrade(
    url: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; headers: object; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; headers: object; body: string }>();
    const request = httpRequest(`${url}/v1/listen`, {
      headers: {
        authorization: "Bearer key",
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-protocol": LISTEN_SUBPROTOCOL,
        ...headers,
      },
    });
    request.on("error", reject);
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: "" });
    });
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.end();
    return promise;
  }

  it("succeeds with the subprotocol, and without compression even when that is offered", async () => {
    const to = await tunnel();
    const answer = await upgrade(to.url, {
      "sec-websocket-extensions": "permessage-deflate; server_max_window_bits=99",
    });
    expect(answer.status).toBe(101);
    expect(answer.headers).toMatchObject({ "sec-websocket-protocol": LISTEN_SUBPROTOCOL });
    expect(answer.headers).not.toHaveProperty("sec-websocket-extensions");
  });

  it.each([
    ["another subprotocol", { "sec-websocket-protocol": "hooks.v999" }, 400, "sec-websocket-protocol"],
    ["an empty subprotocol", { "sec-websocket-protocol": "" }, 400, "sec-websocket-protocol"],
    ["version 12", { "sec-websocket-version": "12" }, 426, undefined],
    ["another upgrade", { upgrade: "h2c" }, 426, undefined],
    ["a bad key", { "sec-websocket-key": "short" }, 400, undefined],
  ])("is refused with %s", async (_name, headers, status, field) => {
    const to = await tunnel();
    const answer = await upgrade(to.url, headers);
    expect(answer.status).toBe(status);
    const { error } = JSON.parse(answer.body) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code: expect.any(String), message: expect.any(String), ...(field && { field }) });
  });

  it("is refused when a tenant has as many connections as it may; one that ends makes room", async () => {
    const to = await tunnel({ maxPerTenant: 2 });
    const [first] = [await RawListener.ready(to.url), await RawListener.ready(to.url, { session: "other" })];
    const refused = await upgrade(to.url, {});
    expect(refused.status).toBe(503);
    expect(refused.headers).toMatchObject({ "retry-after": "1" });
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code: "unavailable" } });
    // Environments are a tenant's own.
    expect((await upgrade(to.url, { "hooks-environment": "staging" })).status).toBe(503);
    first!.socket.close();
    await to.until(() => to.news.some(({ kind }) => kind === "gone"));
    expect((await upgrade(to.url, {})).status).toBe(101);
  });

  it("is refused while the server stops", async () => {
    const to = await tunnel();
    await to.server.close();
    expect((await upgrade(to.url, {})).status).toBe(503);
  });
});

describe("deliveries and credit", () => {
  it("sends what the profile built and records the answer", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url);
    const body = Buffer.from([0, 1, 2, 255]);
    const sent = delivery({ body, headers: ["webhook-id", "evt_x", "X-Tag", "a", "X-Tag", "b"], timeoutMs: 7_000 });
    to.publish(sent);
    const frame = await listener.frame("delivery");
    expect(frame).toEqual({
      type: "delivery",
      delivery_id: sent.delivery.id,
      attempt: 1,
      event_id: sent.delivery.event.id,
      event_type: "order.created",
      method: "POST",
      path: "/",
      query: "",
      headers: [
        ["webhook-id", "evt_x"],
        ["X-Tag", "a"],
        ["X-Tag", "b"],
      ],
      body: body.toString("base64"),
      deadline_ms: 7_000,
      replay: false,
    });
    listener.send({
      type: "result",
      delivery_id: sent.delivery.id,
      attempt: 1,
      status: 503,
      headers: [["x-a", "1"]],
      body: "aGk=",
      truncated: true,
      duration_ms: 12,
    });
    await to.until(() => to.results.length === 1);
    expect(to.results[0]?.result).toMatchObject({
      kind: "answered",
      status: 503,
      responseHeaders: [["x-a", "1"]],
      truncated: true,
      durationMs: 12,
      phase: "done",
      remoteAddress: undefined,
      bytesSent: 4,
    });
  });

  it("never has more in flight than the credit, and uses all of it", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url, { credit: 3 });
    to.publish(...Array.from({ length: 20 }, () => delivery()));
    for (let answered = 0; answered < 10; answered++) {
      await listener.frame("delivery", answered + 3);
      expect(listener.of("delivery").length).toBe(answered + 3);
      listener.answer(listener.of("delivery")[answered]!);
    }
    await listener.frame("delivery", 13);
    listener.send({ type: "credit", add: 2 });
    await listener.frame("delivery", 15);
    await handled(listener);
    expect(listener.of("delivery").length).toBe(15);
    expect(to.server.room(TUNNEL)).toBe(0);
  });

  it("a credit of 0 gets nothing until it is raised", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url, { credit: 0 });
    to.publish(delivery());
    expect(to.server.room(TUNNEL)).toBe(0);
    listener.send({ type: "credit", add: 1 });
    await listener.frame("delivery");
  });

  it.each([
    ["refused", "local_error", "nothing there"],
    ["timeout", "timeout", "nothing there"],
    ["refused_by_user", "refused_by_user", "nothing there"],
  ])("records a local failure (%s) as an attempt", async (code, recorded, message) => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url);
    to.publish(delivery());
    const { delivery_id, attempt } = await listener.frame("delivery");
    listener.send({ type: "error", delivery_id, attempt, code, message: "nothing there", duration_ms: 3 });
    await to.until(() => to.results.length === 1);
    expect(to.results[0]?.result).toMatchObject({ kind: "error", code: recorded, message, durationMs: 3 });
  });

  it("gives up a delivery at its deadline, frees the credit and ignores the late answer", async () => {
    const to = await tunnel({ limits: { answerSlackMs: 0 } });
    const listener = await RawListener.ready(to.url, { credit: 1 });
    to.publish(delivery({ timeoutMs: 30 }));
    const first = await listener.frame("delivery");
    await to.until(() => to.results.length === 1);
    expect(to.results[0]?.result).toMatchObject({ kind: "error", code: "timeout" });
    listener.answer(first);
    to.publish(delivery());
    listener.answer(await listener.frame("delivery", 2));
    await to.until(() => to.results.length === 2);
    expect(to.results[1]?.result).toMatchObject({ kind: "answered", status: 200 });
    expect(listener.closed).toBeUndefined();
  });

  it("refuses a body above the limit with a clear reason and never cuts it", async () => {
    const to = await tunnel({ maxBodyBytes: 10 });
    await RawListener.ready(to.url);
    to.publish(delivery({ body: Buffer.alloc(11) }), delivery({ body: Buffer.alloc(10) }));
    await to.until(() => to.results.length === 1);
    expect(to.results[0]?.result).toMatchObject({
      kind: "error",
      code: "protocol_error",
      message: expect.stringContaining("too_large"),
    });
  });

  it("gives back what a listener does not take, and gives that listener no more", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url, { credit: 1 });
    to.publish(delivery(), delivery());
    const { delivery_id, attempt } = await listener.frame("delivery");
    listener.send({ type: "error", delivery_id, attempt, code: "not_taken", message: "", duration_ms: 0 });
    await to.until(() => to.notSent === 1);
    expect(to.server.room(TUNNEL)).toBe(0);
    expect(to.results).toEqual([]);
  });
});

describe("bodies in flight", () => {
  const KIB = 1024;
  /** What a source got, and what a subscription with a URL would be sent instead. */
  const fromSource = (originalBytes: number, envelopeBytes: number) => ({
    ...delivery({ body: Buffer.alloc(envelopeBytes) }),
    original: { method: "POST", path: "/", query: "", headers: [], body: Buffer.alloc(originalBytes) },
  });

  it.each([
    ["a sender's request, smaller than its event", 10 * KIB, 14 * KIB],
    ["a sender's request, larger than its event", 30 * KIB, KIB],
  ])("are counted as they go out, and as they are answered: %s", async (_name, originalBytes, envelopeBytes) => {
    const most = Math.ceil((100 * KIB) / originalBytes);
    const to = await tunnel({ limits: { maxInFlightBytes: 100 * KIB } });
    const listener = await RawListener.ready(to.url, { credit: 100 });
    // Far more than the limit, one after the other: what is answered is forgotten, to the byte.
    for (let nth = 1; nth <= 60; nth++) {
      to.publish(fromSource(originalBytes, envelopeBytes));
      listener.answer(await listener.frame("delivery", nth));
      await to.until(() => to.results.length === nth);
    }
    to.publish(...Array.from({ length: 2 * most }, () => fromSource(originalBytes, envelopeBytes)));
    await listener.frame("delivery", 60 + most);
    await handled(listener);
    expect(listener.of("delivery").length).toBe(60 + most);
    expect(to.server.room(TUNNEL)).toBe(0);
    for (let nth = 61; nth <= 60 + 2 * most; nth++) listener.answer(await listener.frame("delivery", nth));
    await to.until(() => to.results.length === 60 + 2 * most);
    expect(to.server.room(TUNNEL)).toBe(100);
  });
});

describe("several listeners of one session", () => {
  it("split its deliveries by their room, and hear of each other", async () => {
    const to = await tunnel();
    const [small, large] = [
      await RawListener.ready(to.url, { credit: 2 }),
      await RawListener.ready(to.url, { credit: 4 }),
    ];
    expect(to.server.room(TUNNEL)).toBe(6);
    expect(await large.frame("problem")).toMatchObject({ code: "shared", fatal: false });
    to.publish(...Array.from({ length: 10 }, () => delivery()));
    await small.frame("delivery", 2);
    await large.frame("delivery", 4);
    await handled(small);
    await handled(large);
    expect([small.of("delivery").length, large.of("delivery").length]).toEqual([2, 4]);
  });

  it("take turns while both have room", async () => {
    const to = await tunnel();
    const [one, two] = [await RawListener.ready(to.url, { credit: 5 }), await RawListener.ready(to.url, { credit: 5 })];
    for (let round = 1; round <= 4; round++) {
      to.publish(delivery(), delivery());
      one.answer(await one.frame("delivery", round));
      two.answer(await two.frame("delivery", round));
      await to.until(() => to.results.length === 2 * round);
    }
  });

  it("must want the same events", async () => {
    const to = await tunnel();
    await RawListener.ready(to.url, { events: ["order.*", "a"] });
    await RawListener.ready(to.url, { events: ["a", "order.*", "a"] });
    const other = new RawListener(to.url);
    await once(other.socket, "open");
    other.send({ type: "hello", session: "test", events: ["*"], credit: 1 });
    expect(await other.frame("problem")).toMatchObject({
      code: "conflict",
      fatal: true,
      message: expect.stringContaining("order.*"),
    });
    expect((await other.close()).code).toBe(1008);
    expect(to.sessions.opened.length).toBe(2);
  });

  it.each([
    [{ timeout_ms: 300_000 }, {}, "another timeout (5m)"],
    [{}, { timeout_ms: 5_000 }, "another timeout (30s)"],
    [{ retry: true }, {}, "another choice of --retry (with it)"],
    [{ retry: false }, { retry: true }, "another choice of --retry (without it)"],
    [{ filter: "data.n > 1" }, {}, 'another filter ("data.n > 1")'],
    [{ sources: ["github"] }, {}, "other sources (github)"],
  ])("must want the same of their session: after %j not %j", async (first, second, why) => {
    const to = await tunnel();
    const one = await RawListener.ready(to.url, first);
    const other = new RawListener(to.url);
    await once(other.socket, "open");
    other.send({ type: "hello", session: "test", events: ["*"], credit: 1, ...second });
    expect(await other.frame("problem")).toMatchObject({ code: "conflict", message: expect.stringContaining(why) });
    expect(to.sessions.opened.length).toBe(1);
    // Once nobody else listens, it is as the next one wants it.
    one.socket.terminate();
    await to.until(() => to.server.connected === 0);
    await RawListener.ready(to.url, second);
  });

  it("with copy get a session each", async () => {
    const to = await tunnel();
    const names = [];
    for (let count = 0; count < 3; count++) {
      const listener = await RawListener.ready(to.url, { mode: "copy" });
      names.push(listener.of("ready")[0]?.["session"]);
    }
    expect(names).toEqual(["test", "test:2", "test:3"]);
  });

  it("stays open until the last has quit", async () => {
    const to = await tunnel();
    const [one, two] = [await RawListener.ready(to.url), await RawListener.ready(to.url)];
    one.send({ type: "drain" });
    await one.close();
    to.publish(delivery());
    two.answer(await two.frame("delivery"));
    expect(to.sessions.closed).toEqual([]);
    two.send({ type: "drain" });
    await two.close();
    await to.stop();
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: false }]);
  });

  const AWAY = { client: "away" };
  it.each([
    ["was lost", (one: RawListener) => one.socket.terminate(), true],
    ["has left for a while", (one: RawListener) => one.send({ type: "drain", keep: true }), true],
    ["has quit", (one: RawListener) => one.send({ type: "drain" }), false],
  ])("collects after the last has quit when another %s: whether it does", async (_, leave, collect) => {
    const to = await tunnel();
    const [one, two] = [await RawListener.ready(to.url, AWAY), await RawListener.ready(to.url)];
    leave(one);
    await to.until(() => to.server.connected === 1);
    two.send({ type: "drain" });
    await two.close();
    await to.stop();
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect }]);
  });

  it("collects when all are lost at once", async () => {
    const to = await tunnel();
    await RawListener.ready(to.url, AWAY);
    await RawListener.ready(to.url);
    await to.stop();
    expect(to.sessions.closed.map(({ collect }) => collect)).toEqual([true, true]);
  });

  it("ends with the last that quits once those that were lost came back, and quit", async () => {
    const to = await tunnel();
    const [one, two] = [await RawListener.ready(to.url, AWAY), await RawListener.ready(to.url)];
    one.socket.terminate();
    await to.until(() => to.server.connected === 1);
    const again = await RawListener.ready(to.url, AWAY);
    again.send({ type: "drain" });
    await again.close();
    two.send({ type: "drain" });
    await two.close();
    // As does the next one, which nobody else was at.
    const next = await RawListener.ready(to.url);
    next.send({ type: "drain" });
    await next.close();
    await to.stop();
    expect(to.sessions.closed.map(({ collect }) => collect)).toEqual([false, false]);
  });

  it("waits, if ephemeral, for the one that was lost, and ends after the grace", async () => {
    const to = await tunnel({ ephemeralGraceMs: 10 });
    const options = { ephemeral: true };
    const [one, two] = [await RawListener.ready(to.url, options), await RawListener.ready(to.url, options)];
    one.socket.terminate();
    await to.until(() => to.server.connected === 1);
    two.send({ type: "drain" });
    await expect.poll(() => to.sessions.closed.length, { timeout: 30_000 }).toBe(2);
    expect(to.sessions.closed.map(({ collect }) => collect)).toEqual([true, false]);
  });

  it("does not forget how long one that is away wants it kept", async () => {
    const to = await tunnel();
    const [one, two] = [await RawListener.ready(to.url, AWAY), await RawListener.ready(to.url, { client: "two" })];
    one.send({ type: "drain", keep: true });
    await one.close();
    const heard: (boolean | undefined)[] = [];
    const open = to.sessions.open.bind(to.sessions);
    to.sessions.open = (request) => {
      heard.push(request.isListening?.(TUNNEL.rowId));
      return open(request);
    };
    // Its connection is replaced, and for a moment nobody listens.
    await RawListener.ready(to.url, { client: "two" });
    await two.close();
    expect(heard).toEqual([true]);
  });

  it("remembers many that are away as one", async () => {
    const to = await tunnel();
    const stays = await RawListener.ready(to.url);
    const clients = Array.from({ length: 260 }, (_, number) => ({ client: `c${number}` }));
    const comeAndGo = async (keep: boolean): Promise<void> => {
      const all = await Promise.all(clients.map((client) => RawListener.ready(to.url, client)));
      for (const one of all) one.send({ type: "drain", keep });
      await Promise.all(all.map((one) => one.close()));
    };
    await comeAndGo(true);
    await comeAndGo(false);
    stays.send({ type: "drain" });
    await stays.close();
    await to.stop();
    // Which of the later ones came back, nobody knows.
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: true }]);
  });
});

describe("the end of a listener", () => {
  it("after drain: what is in flight is finished, nothing new comes, collecting stops", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url);
    to.publish(delivery());
    const frame = await listener.frame("delivery");
    listener.send({ type: "drain" });
    listener.send({ type: "credit", add: 1 });
    await handled(listener);
    to.publish(delivery());
    listener.answer(frame);
    expect(await listener.close()).toEqual({ code: 1000, reason: "drained" });
    await to.stop();
    expect(to.results.length).toBe(1);
    expect(listener.of("delivery").length).toBe(1);
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: false }]);
  });

  it("after drain with keep: collecting goes on", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url);
    listener.send({ type: "drain", keep: true });
    await listener.close();
    await to.stop();
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: true }]);
  });

  it("after drain, with something unanswered: it comes back and collecting goes on", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url);
    to.publish(delivery());
    await listener.frame("delivery");
    listener.send({ type: "drain" });
    await handled(listener);
    listener.socket.terminate();
    await to.until(() => to.notSent === 1 && to.server.connected === 0);
    await to.stop();
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: true }]);
    expect(to.news.at(-1)).toMatchObject({ kind: "gone", clean: false });
  });

  it("without drain: what is in flight comes back and collecting goes on", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url);
    to.publish(delivery(), delivery());
    await listener.frame("delivery", 2);
    listener.socket.terminate();
    await to.until(() => to.notSent === 2);
    expect(to.results).toEqual([]);
    const next = await RawListener.ready(to.url);
    expect(next.of("ready")[0]).toMatchObject({ resumed: true });
    for (const nth of [1, 2]) next.answer(await next.frame("delivery", nth));
    await to.until(() => to.results.length === 2);
    await to.until(() => to.sessions.closed.length === 1);
    expect(to.sessions.closed[0]).toEqual({ subscriptionId: "sub_1", collect: true });
  });

  it("of an ephemeral session: collecting stops after the grace", async () => {
    const to = await tunnel({ ephemeralGraceMs: 10 });
    const listener = await RawListener.ready(to.url, { ephemeral: true });
    listener.socket.terminate();
    const closed = (): boolean => to.sessions.closed.length === 2;
    while (!closed()) await new Promise((resolve) => setImmediate(resolve));
    expect(to.sessions.closed.map(({ collect }) => collect)).toEqual([true, false]);
  });

  it("of an ephemeral session whose listener came back: it goes on", async () => {
    const to = await tunnel({ ephemeralGraceMs: 1_500 });
    const listener = await RawListener.ready(to.url, { ephemeral: true });
    const other = await RawListener.ready(to.url, { ephemeral: true, session: "other" });
    listener.socket.terminate();
    await to.until(() => to.news.some(({ kind }) => kind === "gone"));
    const again = await RawListener.ready(to.url, { ephemeral: true });
    // Whose time began later, and is over.
    other.socket.terminate();
    await expect.poll(() => to.sessions.closed.length, { timeout: 30_000 }).toBe(3);
    expect(to.sessions.closed).toEqual([
      { subscriptionId: "sub_1", collect: true },
      { subscriptionId: "sub_2", collect: true },
      { subscriptionId: "sub_2", collect: false },
    ]);
    to.publish(delivery());
    await again.frame("delivery");
  });

  it("of a session that was to be kept, with --ephemeral: it goes on, and the listener is told", async () => {
    const to = await tunnel({ ephemeralGraceMs: 10 });
    const plain = await RawListener.ready(to.url);
    expect(to.sessions.opened[0]).toMatchObject({ concurrency: 256, keepMs: undefined, isEphemeral: false });
    plain.socket.terminate();
    await to.until(() => to.news.some(({ kind }) => kind === "gone"));
    const listener = await RawListener.ready(to.url, { ephemeral: true });
    expect(await listener.frame("problem")).toMatchObject({ code: "kept", fatal: false });
    const other = await RawListener.ready(to.url, { ephemeral: true, session: "other" });
    listener.socket.terminate();
    await to.until(() => to.news.filter(({ kind }) => kind === "gone").length === 2);
    // Whose time began later, and is over.
    other.socket.terminate();
    await expect.poll(() => to.sessions.closed.length, { timeout: 30_000 }).toBe(4);
    expect(to.sessions.closed.filter(({ collect }) => !collect)).toEqual([{ subscriptionId: "sub_2", collect: false }]);
  });

  it("half-open: a peer that no longer answers pings is dropped, and its deliveries come back", async () => {
    const to = await tunnel({ keepAlive: { pingMs: 20, silentMs: 100 } });
    const cable = await Cable.to(to.port);
    closers.push(() => cable.close());
    const listener = await RawListener.ready(cable.url);
    to.publish(delivery());
    await listener.frame("delivery");
    cable.fallSilent();
    await to.until(() => to.notSent === 1);
    expect(to.news.at(-1)).toMatchObject({ kind: "gone", reason: "silent", clean: false });
    expect(to.server.room(TUNNEL)).toBe(0);
  });

  it("half-open: a peer that only answers pings stays", async () => {
    const to = await tunnel({ keepAlive: { pingMs: 10, silentMs: 1_000 } });
    const listener = await RawListener.ready(to.url);
    let pings = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    listener.socket.on("ping", () => {
      pings += 1;
      if (pings === 150) resolve();
    });
    await promise;
    expect(listener.closed).toBeUndefined();
  });

  it("that dials again: its dead connection is replaced at once", async () => {
    const to = await tunnel();
    const cable = await Cable.to(to.port);
    closers.push(() => cable.close());
    const dead = await RawListener.ready(cable.url, { client: "laptop-1" });
    to.publish(delivery());
    await dead.frame("delivery");
    cable.fallSilent();
    const alive = await RawListener.ready(to.url, { client: "laptop-1", events: ["other"] });
    await alive.frame("delivery");
    expect(to.notSent).toBe(1);
    expect(alive.of("problem")).toEqual([]);
  });

  it("that stops reading: it is dropped with 1013 once too much waits for it, others are not held up", async () => {
    const to = await tunnel({ limits: { maxBufferedBytes: 256 * 1024, stallMs: 50 } });
    const deaf = await RawListener.ready(to.url, { session: "deaf", credit: 1_000 });
    const other = await RawListener.ready(to.url, { session: "other" });
    deaf.socket.pause();
    const body = Buffer.alloc(512 * 1024);
    to.publish(...Array.from({ length: 60 }, () => delivery({ body })));
    to.publish(delivery({ subscriptionRowId: 2 }));
    other.answer(await other.frame("delivery"));
    await to.until(() => to.results.length === 1);
    await to.until(() => to.news.some((news) => news.kind === "gone" && news.code === 1013));
    expect(to.results.length).toBe(1);
    expect(to.notSent).toBeGreaterThan(0);
    deaf.socket.terminate();
  });

  it("that is only slow: it gets everything", async () => {
    const to = await tunnel({ limits: { maxBufferedBytes: 256 * 1024, stallMs: 20_000 } });
    const slow = await RawListener.ready(to.url, { credit: 1_000 });
    slow.socket.pause();
    const body = Buffer.alloc(512 * 1024);
    to.publish(...Array.from({ length: 60 }, () => delivery({ body })));
    expect(to.server.room(TUNNEL)).toBe(0);
    slow.socket.resume();
    for (let nth = 1; nth <= 60; nth++) slow.answer(await slow.frame("delivery", nth));
    await to.until(() => to.results.length === 60);
  });
});

describe("close", () => {
  it("drains: tells the listeners, waits for the answers in flight, closes with 1001, keeps collecting", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url);
    to.publish(delivery());
    const frame = await listener.frame("delivery");
    const closed = to.server.close(10_000);
    await listener.frame("drain");
    to.publish(delivery());
    listener.answer(frame);
    await closed;
    expect((await listener.close()).code).toBe(1001);
    expect(to.results.length).toBe(1);
    expect(listener.of("delivery").length).toBe(1);
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: true }]);
  });

  it("waits no longer than it was told", async () => {
    const to = await tunnel();
    const listener = await RawListener.ready(to.url);
    to.publish(delivery());
    await listener.frame("delivery");
    await to.server.close(10);
    expect(to.notSent).toBe(1);
  });
});

describe("replay", () => {
  it("is passed on with the session's subscription; what fails is a problem, not the end", async () => {
    const asked: object[] = [];
    const to = await tunnel({
      onReplay: ({ subscription, deliveryId, eventId }) => {
        asked.push({ id: subscription.id, deliveryId, eventId });
        return deliveryId === undefined
          ? Promise.reject(new HooksError("not_found", "no event evt_9"))
          : Promise.resolve();
      },
    });
    const listener = await RawListener.ready(to.url);
    listener.send({ type: "replay", delivery_id: "dlv_1" });
    listener.send({ type: "replay", event_id: "evt_9" });
    expect(await listener.frame("problem")).toEqual({
      type: "problem",
      code: "not_found",
      message: "no event evt_9",
      fatal: false,
    });
    listener.send({ type: "replay" });
    expect(await listener.frame("problem", 2)).toMatchObject({ code: "invalid_request", fatal: false });
    expect(asked).toEqual([
      { id: "sub_1", deliveryId: "dlv_1", eventId: undefined },
      { id: "sub_1", deliveryId: undefined, eventId: "evt_9" },
    ]);
  });
});
