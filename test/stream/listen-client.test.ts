import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Answer } from "../../src/stream/delivery-desk.ts";
import { ListenClient, type ListenClientOptions } from "../../src/stream/listen-client.ts";
import type { DeliveryFrame, ReadyFrame } from "../../src/stream/protocol.ts";
import { Cable } from "./support/cable.ts";
import { delivery, Tunnel } from "./support/tunnel.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function tunnel(options: ConstructorParameters<typeof Tunnel>[0] = {}): Promise<Tunnel> {
  const made = await new Tunnel(options).start();
  closers.push(() => made.stop());
  return made;
}

const OK: Answer = {
  kind: "answered",
  status: 200,
  headers: [],
  body: Buffer.from("ok"),
  truncated: false,
  durationMs: 1,
};

interface Listening {
  client: ListenClient;
  ended: Promise<void>;
  ready: ReadyFrame[];
  answered: DeliveryFrame[];
  lost: { reason: string; retryInMs: number }[];
  problems: { code: string; message: string }[];
}

function listen(url: string, options: Partial<ListenClientOptions> = {}): Listening {
  const client = new ListenClient({
    endpoint: () => ({ url, key: "key" }),
    hello: { session: "test", events: ["*"], credit: 10 },
    answer: () => Promise.resolve(OK),
    now: () => Date.now(),
    random: () => 0.5,
    ...options,
    timing: { firstDelayMs: 10, longestDelayMs: 50, ...options.timing },
  });
  const listening: Listening = { client, ended: Promise.resolve(), ready: [], answered: [], lost: [], problems: [] };
  client.on("ready", (ready) => listening.ready.push(ready));
  client.on("delivery", (frame) => listening.answered.push(frame));
  client.on("disconnected", (lost) => listening.lost.push(lost));
  client.on("problem", (problem) => listening.problems.push(problem));
  listening.ended = client.run();
  listening.ended.catch(() => {});
  closers.push(() => client.stop());
  return listening;
}

describe("ListenClient", () => {
  it("opens the session, answers deliveries and emits them with their answers", async () => {
    const to = await tunnel();
    const { client, ready } = listen(to.url);
    to.publish(delivery());
    const [frame, answer] = (await once(client, "delivery")) as [DeliveryFrame, Answer];
    expect(frame.event_type).toBe("order.created");
    expect(answer).toEqual(OK);
    await to.until(() => to.results.length === 1);
    expect(to.results[0]?.result).toMatchObject({ kind: "answered", status: 200 });
    expect(ready.length).toBe(1);
  });

  it("reports what the local program did not do", async () => {
    const to = await tunnel();
    listen(to.url, {
      answer: () =>
        Promise.resolve({ kind: "failed", code: "refused", message: "nothing listens there", durationMs: 2 }),
    });
    to.publish(delivery());
    await to.until(() => to.results.length === 1);
    expect(to.results[0]?.result).toMatchObject({ kind: "error", code: "local_error", durationMs: 2 });
  });

  it("asks for a delivery once more while it is connected, and not before, nor when it quits", async () => {
    const asked: (string | undefined)[] = [];
    const to = await tunnel({
      onReplay: ({ deliveryId }) => {
        asked.push(deliveryId);
        return Promise.resolve();
      },
    });
    const { client, ended } = listen(to.url);
    expect(client.replay("dlv_early")).toBe(false);
    await once(client, "ready");
    expect(client.replay("dlv_1")).toBe(true);
    await expect.poll(() => asked, { timeout: 30_000 }).toEqual(["dlv_1"]);
    client.quit({ keep: false });
    expect(client.replay("dlv_late")).toBe(false);
    await ended;
    expect(asked).toEqual(["dlv_1"]);
  });

  it("works on as many deliveries at once as its credit allows", async () => {
    const to = await tunnel();
    const gate = Promise.withResolvers<void>();
    let atOnce = 0;
    listen(to.url, {
      hello: { events: ["*"], credit: 4 },
      answer: () => {
        atOnce += 1;
        if (atOnce === 4) gate.resolve();
        return gate.promise.then(() => OK);
      },
    });
    to.publish(...Array.from({ length: 8 }, () => delivery()));
    await to.until(() => to.results.length === 8);
  });
});

describe("reconnecting", () => {
  it("a cut connection: dials again, resumes by the session's name, and no event is lost", async () => {
    const to = await tunnel();
    const cable = await Cable.to(to.port);
    closers.push(() => cable.close());
    const seen = new Map<string, number>();
    const { client, ready, lost } = listen(cable.url, {
      hello: { session: "mine", events: ["*"], credit: 5 },
      answer: (frame) => {
        seen.set(frame.delivery_id, (seen.get(frame.delivery_id) ?? 0) + 1);
        return new Promise((resolve) => setImmediate(() => resolve(OK)));
      },
    });
    await once(client, "ready");
    for (let cuts = 0; cuts < 10; cuts++) {
      to.publish(...Array.from({ length: 20 }, () => delivery()));
      await once(client, "delivery");
      cable.cut();
      await once(client, "ready");
    }
    await to.until(() => to.results.length === 200);
    expect(lost.length).toBe(10);
    expect(ready.slice(1).every(({ resumed, session }) => resumed && session === "mine")).toBe(true);
    expect(seen.size).toBe(200);
    // The same client remembers what its program has answered: the program got nothing twice.
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
  });

  it("an unanswered delivery goes to another client when the first is gone for good", async () => {
    const to = await tunnel();
    const first = listen(to.url, { answer: () => new Promise(() => {}) });
    const unanswered = delivery();
    to.publish(unanswered);
    await once(first.client, "ready");
    first.client.stop();
    await to.until(() => to.notSent === 1);
    expect(to.results).toEqual([]);
    const second = listen(to.url);
    const [frame] = (await once(second.client, "delivery")) as [DeliveryFrame];
    expect(frame.delivery_id).toBe(unanswered.delivery.id);
    await to.until(() => to.results.length === 1);
  });

  it("an answer that comes while the connection is down is sent when it is up again", async () => {
    const to = await tunnel();
    const cable = await Cable.to(to.port);
    closers.push(() => cable.close());
    const answer = Promise.withResolvers<Answer>();
    const begun = Promise.withResolvers<void>();
    let calls = 0;
    const { client } = listen(cable.url, {
      answer: () => {
        calls += 1;
        begun.resolve();
        return answer.promise;
      },
    });
    to.publish(delivery());
    await begun.promise;
    cable.cut();
    await once(client, "disconnected");
    answer.resolve(OK);
    await to.until(() => to.results.length === 1);
    expect(calls).toBe(1);
  });

  it("half-open: a server that has fallen silent is dropped and dialled again", async () => {
    const to = await tunnel({ keepAlive: { pingMs: 20, silentMs: 5_000 } });
    const cable = await Cable.to(to.port);
    closers.push(() => cable.close());
    const { client, lost } = listen(cable.url, { timing: { silentMs: 1_000 }, answer: () => new Promise(() => {}) });
    await once(client, "ready");
    to.publish(delivery());
    cable.fallSilent();
    await once(client, "ready");
    expect(lost).toEqual([{ reason: "the server was silent for 1 s", retryInMs: expect.any(Number) }]);
    expect(to.notSent).toBe(1);
  });

  it("a server that only pings is not silent", async () => {
    const to = await tunnel({ keepAlive: { pingMs: 20, silentMs: 5_000 } });
    const { client, lost } = listen(to.url, { timing: { silentMs: 1_000 } });
    await once(client, "ready");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(lost).toEqual([]);
  });

  it("a wall clock that jumps (sleep): dials again at once, without the wait", async () => {
    const to = await tunnel();
    let sleptMs = 0;
    const { client, lost } = listen(to.url, {
      now: () => Date.now() + sleptMs,
      timing: { clockCheckMs: 10, firstDelayMs: 60_000, longestDelayMs: 60_000 },
    });
    await once(client, "ready");
    sleptMs = 3_600_000;
    await once(client, "ready");
    expect(lost).toEqual([{ reason: "the clock jumped by 3600 s", retryInMs: 0 }]);
  });

  it("a wall clock that is set right by some seconds changes nothing", async () => {
    const to = await tunnel();
    let offMs = 0;
    const { client, lost } = listen(to.url, { now: () => Date.now() + offMs, timing: { clockCheckMs: 10 } });
    await once(client, "ready");
    offMs = 15_000;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lost).toEqual([]);
  });

  it("waits longer from failure to failure, and asks where to dial each time", async () => {
    let asked = 0;
    const { client, lost } = listen("", {
      endpoint: () => {
        asked += 1;
        return { url: "http://127.0.0.1:1", key: "key" };
      },
      random: () => 0.999,
      timing: { firstDelayMs: 4, longestDelayMs: 20 },
    });
    while (lost.length < 5) await once(client, "disconnected");
    expect(lost.map(({ retryInMs }) => retryInMs)).toEqual([3, 7, 15, 19, 19]);
    expect(lost[0]?.reason).toContain("ECONNREFUSED");
    expect(asked).toBe(5);
    client.stop();
  });

  it("starts again with the first wait after a connection that lasted", async () => {
    const to = await tunnel();
    const cable = await Cable.to(to.port);
    closers.push(() => cable.close());
    const { client, lost } = listen(cable.url, {
      random: () => 0.999,
      timing: { firstDelayMs: 4, longestDelayMs: 1_000, stableMs: 0 },
    });
    for (let cuts = 0; cuts < 4; cuts++) {
      await once(client, "ready");
      cable.cut();
    }
    await once(client, "ready");
    expect(lost.map(({ retryInMs }) => retryInMs)).toEqual([3, 3, 3, 3]);
  });
});

describe("refusals", () => {
  async function answering(status: number, body = ""): Promise<string> {
    const server = createServer();
    server.on("upgrade", (_request, socket) => {
      socket.end(
        `HTTP/1.1 ${status} X\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closers.push(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it("a key that is refused ends it with the server's words, and what a command line can do", async () => {
    const body = '{"error":{"code":"unauthenticated","message":"the key was revoked","hint":"hooks login"}}';
    const { ended } = listen(await answering(401, body));
    await expect(ended).rejects.toMatchObject({
      code: "unauthenticated",
      message: "the key was revoked",
      hint: expect.stringMatching(/^hooks login http:.* or give a key: --api-key-file FILE/),
    });
  });

  it("a key that is refused later ends it too", async () => {
    const to = await tunnel();
    let key = "key";
    const cable = await Cable.to(to.port);
    closers.push(() => cable.close());
    const { client, ended } = listen("", { endpoint: () => ({ url: cable.url, key }) });
    await once(client, "ready");
    key = "revoked";
    cable.cut();
    await expect(ended).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("a server that is no hooks server ends it on the first dial", async () => {
    const { ended } = listen(await answering(404, "<html>"));
    await expect(ended).rejects.toMatchObject({ code: "unreachable", message: "the server answered 404" });
  });

  it.each([500, 502, 503, 429])("a server that answers %s is dialled again", async (status) => {
    const { client, lost } = listen(await answering(status));
    await once(client, "disconnected");
    await once(client, "disconnected");
    expect(lost[0]?.reason).toBe(`the server answered ${status}`);
    client.stop();
  });

  it("what hello asks for and the server never does ends it", async () => {
    const to = await tunnel();
    const { ended, problems } = listen(to.url, { hello: { events: ["*"], credit: 10_000 } });
    await expect(ended).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("hello.credit"),
    });
    expect(problems).toEqual([]);
  });

  it.each(["http://example.com", "http://192.168.0.10:4680"])("a key is never sent in the clear to %s", async (url) => {
    const { ended } = listen(url);
    await expect(ended).rejects.toMatchObject({ code: "usage", field: "--server" });
  });

  it("a server that speaks something else is left, and dialled again", async () => {
    const to = await tunnel();
    const { client, lost, problems } = listen(to.url);
    await once(client, "ready");
    // Not through the typed interface: a frame that no version of ours would send.
    to.publish({ ...delivery(), attemptNumber: 0 });
    await once(client, "disconnected");
    expect(problems[0]).toMatchObject({ code: "protocol", message: expect.stringContaining("delivery.attempt") });
    expect(lost.length).toBe(1);
    client.stop();
  });

  it("a server that takes the connection and says nothing is given up", async () => {
    const server = createTcpServer((socket) => socket.on("error", () => {}));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closers.push(() => void server.close());
    const { client, lost } = listen(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      timing: { handshakeMs: 50 },
    });
    await once(client, "disconnected");
    expect(lost[0]?.reason).toContain("timed out");
    client.stop();
  });
});

describe("the end", () => {
  it("quit: finishes what is in hand, takes nothing new, stops collecting", async () => {
    const to = await tunnel();
    const answer = Promise.withResolvers<Answer>();
    const { client, ended, answered } = listen(to.url, {
      answer: () => answer.promise,
      hello: { events: ["*"], credit: 1 },
    });
    to.publish(delivery(), delivery());
    await once(client, "ready");
    client.quit({ keep: false });
    answer.resolve(OK);
    await ended;
    await to.until(() => to.sessions.closed.length === 1);
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: false }]);
    expect(answered.length).toBe(to.results.length);
    expect(answered.length).toBeLessThanOrEqual(1);
  });

  it("quit with keep: goes on collecting", async () => {
    const to = await tunnel();
    const { client, ended } = listen(to.url);
    await once(client, "ready");
    client.quit({ keep: true });
    await ended;
    await to.until(() => to.sessions.closed.length === 1);
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: true }]);
  });

  it("quit while it waits for the next dial, or dials: ends at once", async () => {
    const { client, ended } = listen("http://127.0.0.1:1", {
      timing: { firstDelayMs: 60_000, longestDelayMs: 60_000 },
    });
    await once(client, "disconnected");
    client.quit({ keep: false });
    await ended;
    expect(client.wasReady).toBe(false);
    const dialling = listen("http://127.0.0.1:1");
    dialling.client.quit({ keep: false });
    await dialling.ended;
  });

  it.each(["cut, then quit", "quit, then cut"])("%s: what is in hand is finished, and comes again", async (order) => {
    const to = await tunnel();
    const cable = await Cable.to(to.port);
    closers.push(() => cable.close());
    const answer = Promise.withResolvers<Answer>();
    const begun = Promise.withResolvers<void>();
    const { client, ended, answered, problems } = listen(cable.url, {
      timing: { firstDelayMs: 60_000, longestDelayMs: 60_000 },
      answer: () => {
        begun.resolve();
        return answer.promise;
      },
    });
    let hasEnded = false;
    void ended.then(() => (hasEnded = true));
    to.publish(delivery());
    await begun.promise;
    const told = once(client, "problem");
    if (order === "quit, then cut") client.quit({ keep: false });
    cable.cut();
    if (order === "cut, then quit") {
      await once(client, "disconnected");
      client.quit({ keep: false });
    }
    await Promise.race([told, ended]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasEnded).toBe(false);
    answer.resolve(OK);
    await ended;
    expect(answered.length).toBe(1);
    expect(problems).toMatchObject([
      { code: "untold", message: expect.stringContaining("of 1 delivery in hand, and sends it again") },
    ]);
    await to.until(() => to.sessions.closed.length === 1);
    expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: true }]);
  });

  it("stop, after a quit whose connection is gone: ends without the program's answer", async () => {
    const to = await tunnel();
    const cable = await Cable.to(to.port);
    closers.push(() => cable.close());
    const begun = Promise.withResolvers<void>();
    const { client, ended } = listen(cable.url, {
      answer: () => {
        begun.resolve();
        return new Promise(() => {});
      },
    });
    to.publish(delivery());
    await begun.promise;
    cable.cut();
    await once(client, "disconnected");
    client.quit({ keep: false });
    await once(client, "problem");
    client.stop();
    await ended;
  });

  it("stop: aborts what is in hand and leaves it unanswered", async () => {
    const to = await tunnel();
    const begun = Promise.withResolvers<AbortSignal>();
    const { client, ended } = listen(to.url, {
      answer: (_frame, signal) => {
        begun.resolve(signal);
        return new Promise(() => {});
      },
    });
    to.publish(delivery());
    const signal = await begun.promise;
    client.stop();
    await ended;
    expect(signal.aborted).toBe(true);
    await to.until(() => to.notSent === 1);
    expect(to.results).toEqual([]);
  });

  it("a server that stops: the client hears of it, answers, and dials again", async () => {
    const to = await tunnel();
    const { client, lost } = listen(to.url);
    await once(client, "ready");
    const draining = once(client, "draining");
    await to.server.close(1_000);
    await draining;
    if (lost.length === 0) await once(client, "disconnected");
    expect(lost[0]?.reason).toBe("the server is stopping");
    client.stop();
  });

  it.each([1, 3, 7])(
    "after maxDeliveries (%i): exactly so many reach the program, the rest is given back",
    async (most) => {
      const to = await tunnel();
      const { ended, answered } = listen(to.url, {
        maxDeliveries: most,
        keep: true,
        hello: { events: ["*"], credit: Math.min(5, most) },
        answer: () => new Promise((resolve) => setTimeout(() => resolve(OK), Math.random() * 10)),
      });
      to.publish(...Array.from({ length: 20 }, () => delivery()));
      await ended;
      await to.until(() => to.sessions.closed.length === 1);
      expect(answered.length).toBe(most);
      expect(to.results.length).toBe(most);
      expect(to.sessions.closed).toEqual([{ subscriptionId: "sub_1", collect: true }]);
    },
  );
});
