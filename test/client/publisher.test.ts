import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { createPublisher, type Publisher, type PublisherOptions, type PublishResult } from "../../src/index.ts";
import { keyOf, startTestServer, type TestServer } from "../receive/support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const QUICK = { firstDelayMs: 1, longestDelayMs: 2 };

function publisherTo(url: string, options: PublisherOptions = {}): Publisher {
  const publisher = createPublisher({ server: url, apiKey: keyOf("publisher"), retry: QUICK, ...options });
  onTestFinished(() => publisher.close());
  return publisher;
}

function service() {
  return server.local.serviceFor({ tenant: "default", environment: "development" });
}

interface Sent {
  id: string;
  type: string;
  data: unknown;
}

/** Answers 202 for a request's events. */
function accept(answer: ServerResponse, events: readonly Sent[]): void {
  answer.writeHead(202, { "content-type": "application/json" });
  answer.end(JSON.stringify({ results: events.map(({ id }) => ({ id, deliveries: 0 })) }));
}

function refuse(answer: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  answer.writeHead(status, { "content-type": "application/json", ...headers });
  answer.end(JSON.stringify({ error: { code, message: `${code} by the stub`, request_id: "req_1" } }));
}

/** A server whose `answer` decides what each request gets; `requests` are the events of each, as they came. */
async function startStub(
  answer: (answer: ServerResponse, events: Sent[], request: IncomingMessage, at: number) => void,
): Promise<{ url: string; requests: Sent[][] }> {
  const requests: Sent[][] = [];
  const stub = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { events } = JSON.parse(Buffer.concat(chunks).toString()) as { events: Sent[] };
      requests.push(events);
      answer(response, events, request, requests.length - 1);
    });
  });
  stub.listen(0, "127.0.0.1");
  await once(stub, "listening");
  onTestFinished(() => {
    stub.close();
    stub.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(stub.address() as AddressInfo).port}`, requests };
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("was not rejected");
    },
    (error: unknown) => error,
  );
}

async function all(results: AsyncIterable<PublishResult>): Promise<PublishResult[]> {
  const list: PublishResult[] = [];
  for await (const result of results) list.push(result);
  return list;
}

describe("publish", () => {
  it("stores the event with everything that was given", async () => {
    const publisher = publisherTo(server.url);
    const at = new Date("2026-01-02T03:04:05.678Z");
    const receipt = await publisher.publish(
      "order.paid",
      { n: 1.5, text: "ü" },
      { id: "lib-1", timestamp: at, metadata: { by: "me" }, version: "2" },
    );
    expect(receipt).toEqual({ id: "lib-1", deliveries: 0 });
    const event = await service().getEvent("lib-1");
    expect(event).toMatchObject({ type: "order.paid", timestamp: at.toISOString(), version: "2" });
    expect(Buffer.from(event.data).toString()).toBe('{"n":1.5,"text":"ü"}');
    expect(Buffer.from(event.metadata!).toString()).toBe('{"by":"me"}');
  });

  it("makes ids that differ and sort by time, each an id of ours", async () => {
    const publisher = publisherTo(server.url);
    const first = await publisher.publish("order.paid", null);
    const receipts = await Promise.all(Array.from({ length: 600 }, () => publisher.publish("order.paid", 1)));
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(600);
    for (const { id } of receipts) expect(id).toMatch(/^evt_[0-9a-z]{26}$/);
    expect(first.id.slice(0, 12) <= receipts[0]!.id.slice(0, 12)).toBe(true);
  });

  it("rejects with what the server says of this event, and of no other", async () => {
    const publisher = publisherTo(server.url);
    const [bad, good] = await Promise.allSettled([publisher.publish("not a type", 1), publisher.publish("a.b", 1)]);
    expect(bad).toMatchObject({ reason: { code: "invalid_request", field: "type" } });
    expect((bad as PromiseRejectedResult).reason).toBeInstanceOf(HooksError);
    expect(good.status).toBe("fulfilled");
    await publisher.publish("a.b", 1, { id: "lib-same" });
    expect(await publisher.publish("a.b", 1, { id: "lib-same" })).toMatchObject({ id: "lib-same" });
    expect(await rejection(publisher.publish("a.b", 2, { id: "lib-same" }))).toMatchObject({ code: "conflict" });
  });

  it.each<[unknown, RegExp]>([
    [undefined, /data is missing/],
    [() => 1, /data is missing/],
    [10n, /data cannot be written as JSON/],
  ])("sends nothing that is not JSON: %s", async (data, message) => {
    const publisher = publisherTo(server.url);
    const error = await rejection(publisher.publish("a.b", data));
    expect(error).toMatchObject({ code: "invalid_request", field: "data" });
    expect((error as Error).message).toMatch(message);
    expect(await rejection(publisher.publish("a.b", 1, { timestamp: new Date(Number.NaN) }))).toMatchObject({
      field: "timestamp",
    });
  });

  it("does not try again what is refused, and speaks of options, not of flags", async () => {
    const publisher = publisherTo(server.url, { apiKey: "hk_wrong" });
    const error = (await rejection(publisher.publish("a.b", 1))) as HooksError;
    expect(error.code).toBe("unauthenticated");
    expect(`${error.message} ${error.hint} ${error.field}`).not.toMatch(/--server|--api-key/);
  });
});

describe("batches", () => {
  it("of one moment go together, and what comes meanwhile goes with the next", async () => {
    const held: (() => void)[] = [];
    const stub = await startStub((answer, events) => held.push(() => accept(answer, events)));
    const arrived = async (count: number) => {
      while (held.length < count) await new Promise((resolve) => setImmediate(resolve));
    };
    const publisher = publisherTo(stub.url, { requests: 1 });
    const first = [1, 2, 3].map((n) => publisher.publish("a.b", n));
    await arrived(1);
    const second = [4, 5].map((n) => publisher.publish("a.b", n));
    expect(publisher.size).toBe(5);
    held[0]?.();
    await Promise.all(first);
    await arrived(2);
    held[1]?.();
    await Promise.all(second);
    expect(stub.requests.map((events) => events.map(({ data }) => data))).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(publisher.size).toBe(0);
  });

  it("are at most so many events and bytes; what is larger goes alone", async () => {
    const stub = await startStub(accept);
    const publisher = publisherTo(stub.url, { batch: { maxEvents: 3, maxBytes: 400 }, requests: 1 });
    const data = ["a", "b", "c", "d", "x".repeat(1_000), "e"];
    await Promise.all(data.map((text) => publisher.publish("a.b", text)));
    expect(stub.requests.map((events) => events.length)).toEqual([3, 1, 1, 1]);
    expect(stub.requests.flat().map(({ data: sent }) => sent)).toEqual(data);
  });

  it("wait for company as long as they are told to, unless somebody flushes", async () => {
    const stub = await startStub(accept);
    const publisher = publisherTo(stub.url, { batch: { maxWaitMs: 60_000, maxEvents: 2 } });
    const alone = publisher.publish("a.b", 1);
    const pair = publisher.publish("a.b", 2);
    await Promise.all([alone, pair]);
    const last = publisher.publish("a.b", 3);
    await publisher.flush();
    await last;
    expect(stub.requests.map((events) => events.length)).toEqual([2, 1]);
  });

  it("are cut in halves for a proxy that takes less, until one event is too large by itself", async () => {
    const stub = await startStub((answer, events) =>
      events.length > 2 || events.some(({ data }) => data === 6)
        ? answer.writeHead(413, { "content-type": "text/html" }).end("<h1>413</h1>")
        : accept(answer, events),
    );
    const publisher = publisherTo(stub.url);
    const settled = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map((n) => publisher.publish("a.b", n)));
    expect(settled.map(({ status }) => status)).toEqual([...Array(5).fill("fulfilled"), "rejected", "fulfilled"]);
    expect(settled[5]).toMatchObject({ reason: { code: "too_large" } });
  });
});

describe("retries", () => {
  it.each<[string, (answer: ServerResponse, request: IncomingMessage) => void]>([
    ["503", (answer) => refuse(answer, 503, "unavailable")],
    ["429", (answer) => refuse(answer, 429, "rate_limited", { "retry-after": "0" })],
    ["500", (answer) => refuse(answer, 500, "internal")],
    ["a proxy's 502", (answer) => answer.writeHead(502).end("<h1>Bad Gateway</h1>")],
    ["a connection that is cut", (_, request) => request.socket.destroy()],
    [
      "an answer that is cut",
      (answer) => {
        answer.writeHead(202, { "content-length": "100" });
        answer.write("{");
        answer.destroy();
      },
    ],
  ])("%s: the same events with the same ids", async (_, fail) => {
    const stub = await startStub((answer, events, request, at) =>
      at < 3 ? fail(answer, request) : accept(answer, events),
    );
    const publisher = publisherTo(stub.url);
    const receipts = await Promise.all([publisher.publish("a.b", 1), publisher.publish("a.b", 2)]);
    expect(stub.requests).toHaveLength(4);
    for (const events of stub.requests) expect(events.map(({ id }) => id)).toEqual(receipts.map(({ id }) => id));
  });

  it("after an answer that was lost nothing is stored twice", async () => {
    let isLost = true;
    const proxy = await startStub((answer, events, request) => {
      void fetch(`${server.url}/v1/events/batch`, {
        method: "POST",
        headers: { authorization: String(request.headers.authorization), "content-type": "application/json" },
        body: JSON.stringify({ events }),
      }).then(async (real) => {
        const body = await real.text();
        if (isLost) {
          isLost = false;
          request.socket.destroy();
        } else answer.writeHead(real.status, { "content-type": "application/json" }).end(body);
      });
    });
    const publisher = publisherTo(proxy.url);
    const { id } = await publisher.publish("lost.answer", { n: 1 });
    expect(proxy.requests).toHaveLength(2);
    expect((await service().listEvents({ type: "lost.answer" })).data.map((event) => event.id)).toEqual([id]);
  });

  it("of one event of a batch only, when only it is to come later", async () => {
    const stub = await startStub((answer, events, _, at) => {
      const results = events.map(({ id, data }) =>
        at === 0 && data === 2 ? { error: { code: "unavailable", message: "later" } } : { id, deliveries: 0 },
      );
      answer.writeHead(202, { "content-type": "application/json" }).end(JSON.stringify({ results }));
    });
    const publisher = publisherTo(stub.url);
    await Promise.all([1, 2, 3].map((n) => publisher.publish("a.b", n)));
    expect(stub.requests.map((events) => events.map(({ data }) => data))).toEqual([[1, 2, 3], [2]]);
  });

  it("end, and the last error is told", async () => {
    const stub = await startStub((answer) => refuse(answer, 503, "unavailable"));
    const publisher = publisherTo(stub.url, { retry: { ...QUICK, attempts: 3 } });
    expect(await rejection(publisher.publish("a.b", 1))).toMatchObject({ code: "unavailable" });
    expect(stub.requests).toHaveLength(3);
  });

  it("wait as long as the server says, all requests of it", async () => {
    const times: number[] = [];
    const stub = await startStub((answer, events, _, at) => {
      times.push(Date.now());
      if (at === 0) refuse(answer, 429, "rate_limited", { "retry-after": "1" });
      else accept(answer, events);
    });
    const publisher = publisherTo(stub.url);
    const first = publisher.publish("a.b", 1);
    while (stub.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    // The answer is on its way; what is published once it is here rests, too.
    await Promise.all([first, publisher.publish("a.b", 2)]);
    const again = stub.requests.findIndex((events, at) => at > 0 && events.some(({ data }) => data === 1));
    expect(times[again]! - times[0]!).toBeGreaterThanOrEqual(990);
  });

  it("are not made for who asks to be left alone for long, nor for what is no hooks server", async () => {
    const stub = await startStub((answer) => refuse(answer, 503, "unavailable", { "retry-after": "3600" }));
    const error = await rejection(publisherTo(stub.url).publish("a.b", 1));
    expect(error).toMatchObject({ code: "unavailable", retryAfterMs: 3_600_000 });
    const other = await startStub((answer) => answer.writeHead(200).end("<h1>Welcome</h1>"));
    expect(await rejection(publisherTo(other.url).publish("a.b", 1))).toMatchObject({ code: "unreachable" });
    expect([stub.requests.length, other.requests.length]).toEqual([1, 1]);
  });
});

describe("back-pressure", () => {
  it("ready waits for room, and past the limit nothing more is taken", async () => {
    const held: (() => void)[] = [];
    const stub = await startStub((answer, events) => held.push(() => accept(answer, events)));
    const publisher = publisherTo(stub.url, { queue: { highWaterMark: 2, limit: 3 }, requests: 1 });
    await publisher.ready();
    const taken = [1, 2, 3].map((n) => publisher.publish("a.b", n));
    expect([publisher.isFull, publisher.size]).toEqual([true, 3]);
    expect(await rejection(publisher.publish("a.b", 4))).toMatchObject({
      code: "unavailable",
      hint: expect.stringContaining("publisher.ready()"),
    });
    let isReady = false;
    const ready = publisher.ready().then(() => {
      isReady = true;
    });
    while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(isReady).toBe(false);
    held[0]?.();
    await Promise.all([...taken, ready]);
    expect([publisher.isFull, publisher.size]).toEqual([false, 0]);
  });
});

describe("flush and close", () => {
  it("send what waits, and then nothing more is taken", async () => {
    const stub = await startStub(accept);
    const publisher = publisherTo(stub.url, { batch: { maxWaitMs: 60_000 } });
    const waiting = publisher.publish("a.b", 1);
    await publisher.close();
    expect(await waiting).toMatchObject({ deliveries: 0 });
    expect(await rejection(publisher.publish("a.b", 2))).toMatchObject({ code: "unavailable" });
    await publisher.close();
    expect(stub.requests).toHaveLength(1);
  });

  it("by `await using`, and flush never rejects", async () => {
    const stub = await startStub((answer) => refuse(answer, 400, "invalid_request"));
    let refused: Promise<unknown>;
    {
      await using publisher = createPublisher({ server: stub.url, apiKey: "hk_x" });
      refused = rejection(publisher.publish("a.b", 1));
      await publisher.flush();
    }
    expect(await refused).toMatchObject({ code: "invalid_request" });
  });
});

describe("a signal", () => {
  it("takes one event back while it waits", async () => {
    const stub = await startStub(accept);
    const publisher = publisherTo(stub.url, { batch: { maxWaitMs: 60_000 } });
    const abort = new AbortController();
    const given = rejection(publisher.publish("a.b", 1, { signal: abort.signal }));
    const other = publisher.publish("a.b", 2);
    abort.abort(new Error("not wanted"));
    expect(await given).toMatchObject({ message: "not wanted" });
    await publisher.flush();
    await other;
    expect(stub.requests.map((events) => events.map(({ data }) => data))).toEqual([[2]]);
    expect(await rejection(publisher.publish("a.b", 3, { signal: abort.signal }))).toMatchObject({
      message: "not wanted",
    });
  });

  it("of the publisher gives everything up, also what is on its way or rests", async () => {
    const abort = new AbortController();
    const stub = await startStub((answer) => refuse(answer, 503, "unavailable", { "retry-after": "300" }));
    const publisher = publisherTo(stub.url, { signal: abort.signal, requests: 1 });
    const sent = rejection(publisher.publish("a.b", 1));
    while (stub.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const waiting = rejection(publisher.publish("a.b", 2));
    abort.abort(new Error("the end"));
    expect(await sent).toMatchObject({ message: "the end" });
    expect(await waiting).toMatchObject({ message: "the end" });
    expect(await rejection(publisher.publish("a.b", 3))).toMatchObject({ message: "the end" });
    expect(stub.requests).toHaveLength(1);
  });
});

describe("publishMany", () => {
  it("answers what became of each, in order, from any iterable", async () => {
    const publisher = publisherTo(server.url);
    async function* source() {
      for (let n = 0; n < 2_500; n++) yield { type: n === 7 ? "bad type" : "many.async", data: { n } };
    }
    const results = await all(publisher.publishMany(source()));
    expect(results.map(({ index }) => index)).toEqual(Array.from({ length: 2_500 }, (_, at) => at));
    expect(results.filter(({ accepted }) => !accepted)).toMatchObject([
      { index: 7, type: "bad type", error: { code: "invalid_request", field: "type" } },
    ]);
    const stored = await service().listEvents({ type: "many.async", limit: 200 });
    expect(stored.data).toHaveLength(200);
    const listed = await all(
      publisher.publishMany([
        { type: "a.b", data: 1 },
        { type: "a.b", data: undefined },
      ]),
    );
    expect(listed).toMatchObject([{ accepted: true }, { accepted: false, error: { field: "data" } }]);
    expect(await all(publisher.publishMany([]))).toEqual([]);
  });

  it("reads no further than the high-water mark ahead of its results", async () => {
    const stub = await startStub(accept);
    const publisher = publisherTo(stub.url, { queue: { highWaterMark: 5 } });
    let read = 0;
    function* source() {
      for (; read < 100; read++) yield { type: "a.b", data: read };
    }
    let taken = 0;
    for await (const result of publisher.publishMany(source())) {
      expect(result.index).toBe(taken++);
      expect(read - taken).toBeLessThanOrEqual(6);
    }
    expect([taken, read]).toEqual([100, 100]);
  });

  it("holds no result back while its source has nothing", async () => {
    const publisher = publisherTo(server.url);
    const more = Promise.withResolvers<void>();
    async function* source() {
      yield { type: "a.b", data: 1 };
      await more.promise;
      yield { type: "a.b", data: 2 };
    }
    const results = publisher.publishMany(source());
    expect((await results.next()).value).toMatchObject({ index: 0, accepted: true });
    more.resolve();
    expect((await results.next()).value).toMatchObject({ index: 1 });
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  it("stopped early ends its source; what was taken from it is sent", async () => {
    const stub = await startStub(accept);
    const publisher = publisherTo(stub.url, { queue: { highWaterMark: 4 } });
    let isEnded = false;
    let taken = 0;
    function* source() {
      try {
        for (;;) yield { type: "a.b", data: taken++ };
      } finally {
        isEnded = true;
      }
    }
    for await (const result of publisher.publishMany(source())) if (result.index === 2) break;
    await publisher.flush();
    expect(isEnded).toBe(true);
    expect(stub.requests.flat().map(({ data }) => data)).toEqual(Array.from({ length: taken }, (_, at) => at));
  });

  it("passes on what its source throws, after the results of what came before", async () => {
    const publisher = publisherTo(server.url);
    function* source() {
      yield { type: "a.b", data: 1 };
      throw new Error("no more rows");
    }
    const results = publisher.publishMany(source());
    expect((await results.next()).value).toMatchObject({ accepted: true });
    expect(await rejection(results.next())).toMatchObject({ message: "no more rows" });
  });

  it("ends with its signal, also while it waits for a source that never answers", async () => {
    const publisher = publisherTo(server.url);
    const abort = new AbortController();
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const results = publisher.publishMany(never, { signal: abort.signal });
    const next = rejection(results.next());
    abort.abort(new Error("enough"));
    expect(await next).toMatchObject({ message: "enough" });
  });
});

describe("options", () => {
  it.each<[PublisherOptions, RegExp]>([
    [{ server: "nonsense" }, /^server must be an address/],
    [{ server: "http://hooks.example.com", apiKey: "hk_x" }, /^server is http:\/\/hooks\.example\.com: the API key/],
    [{ server: "https://u:p@hooks.example.com" }, /must not contain a user name/],
    [{ batch: { maxEvents: 0 } }, /batch\.maxEvents must be a whole number from 1 to 1000, got 0/],
    [{ batch: { maxBytes: 1.5 } }, /batch\.maxBytes/],
    [{ batch: { maxWaitMs: -1 } }, /batch\.maxWaitMs/],
    [{ queue: { highWaterMark: 10, limit: 5 } }, /queue\.limit must be a whole number from 10/],
    [{ requests: Number.NaN }, /requests must be/],
    [{ retry: { attempts: 0 } }, /retry\.attempts/],
    [{ timeoutMs: 0 }, /timeoutMs/],
  ])("%j is refused", (options, message) => {
    expect(() => createPublisher(options)).toThrow(message);
  });
});
