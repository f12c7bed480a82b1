import { tracingChannel } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { loopMark } from "../../src/core/loop-mark.ts";
import {
  type KeyName,
  keyOf,
  type RawAnswer,
  sendRaw,
  startTestServer,
  type TestServer,
} from "./support/test-server.ts";

const DIRECT = "/v1/events";
/** The same route to the router, which the direct way does not take. */
const ROUTED = "/v1/events?";

const WAIT = { timeout: 30_000 };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ loopMark: loopMark("own") });
});
afterAll(() => server.close());

interface Sent {
  key?: KeyName;
  /** Header lines besides host, key, kind and length; one that is named there replaces them. */
  lines?: readonly string[];
  body?: string;
}

function requestOf(target: string, { key = "publisher", lines = [], body = '{"type":"order.paid","data":{}}' }: Sent) {
  const given = new Set(lines.map((line) => line.split(":", 1)[0]!.toLowerCase()));
  const usual = [
    "Host: localhost",
    `Authorization: Bearer ${keyOf(key)}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ].filter((line) => !given.has(line.split(":", 1)[0]!.toLowerCase()));
  // An empty line stands for a header that is left out.
  const head = [`POST ${target} HTTP/1.1`, ...usual, ...lines.filter((line) => !line.endsWith(":"))];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** How often the framework ran a handler meanwhile. */
async function handledByFramework(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const channel = tracingChannel("fastify.request.handler");
  const seen = {
    start() {
      count += 1;
    },
  };
  channel.subscribe(seen as never);
  try {
    await work();
  } finally {
    channel.unsubscribe(seen as never);
  }
  return count;
}

/**
 * Without what is another in each answer, and that the other way stored it already. The framework says nothing of the
 * connection of a request that it refuses, and keeps it all the same.
 */
function comparable({ status, headers, text }: RawAnswer) {
  const passedOver = ["date", "content-length", ...(status < 400 ? [] : ["connection", "keep-alive"])];
  const lines = [...headers].filter(([name]) => !passedOver.includes(name));
  return { status, lines, text: text.replace(/"(evt|req)_\w+"/g, '"$1"').replace(',"repeated":true', "") };
}

const EVENT = '{"type":"order.paid","data":{}}';
const CHUNKED = { lines: ["Transfer-Encoding: chunked", "Content-Length:"] };

it.each<[string, string, Sent, number]>([
  ["an ordinary one", DIRECT, {}, 0],
  ["one that comes in pieces", DIRECT, { body: `{"type":"order.paid","data":{"text":"${"x".repeat(200_000)}"}}` }, 0],
  ["with a query", ROUTED, {}, 1],
  ["of an unknown length", DIRECT, { ...CHUNKED, body: `${EVENT.length.toString(16)}\r\n${EVENT}\r\n0\r\n\r\n` }, 1],
])(
  "an event goes past the framework, and through it where it is not quite ordinary: %s",
  async (_, target, sent, runs) => {
    const count = await handledByFramework(async () => {
      expect(await sendRaw(server.port, requestOf(target, sent))).toMatchObject({
        status: 202,
        json: { id: expect.any(String) },
      });
    });
    expect(count).toBe(runs);
  },
);

describe("both ways answer the same", () => {
  const twice = "Idempotency-Key: twice";
  it.each<[string, Sent, number]>([
    ["an event", {}, 202],
    ["an event with an id, again", { body: '{"type":"order.paid","data":{},"id":"again"}' }, 202],
    ["another event of that id", { body: '{"type":"order.paid","data":1,"id":"again"}' }, 409],
    ["a key", { lines: ["Idempotency-Key: by_header"] }, 202],
    ["a key given twice", { lines: [twice, twice] }, 400],
    ["a kind with its charset", { lines: ["Content-Type: application/json; charset=utf-8"] }, 202],
    ["an environment", { lines: ["Hooks-Environment: development"] }, 202],
    ["another's environment", { lines: ["Hooks-Environment: production"] }, 403],
    ["a name that is none", { lines: ["Hooks-Tenant: A B"] }, 400],
    ["no JSON", { body: '{"type":' }, 400],
    ["a member twice", { body: '{"type":"a","type":"b","data":{}}' }, 400],
    ["no object", { body: "[]" }, 400],
    ["null", { body: "null" }, 400],
    ["no type", { body: '{"data":{}}' }, 400],
    ["an unknown field", { body: '{"type":"a","data":{},"typ":"b"}' }, 400],
    ["no key", { lines: ["Authorization:"] }, 401],
    ["a key that is not known", { lines: ["Authorization: Bearer hk_test_nobody"] }, 401],
    ["two keys", { lines: ["Authorization: Bearer a", "Authorization: Bearer b"] }, 400],
    ["a reader's key", { key: "reader" }, 403],
    ["another kind", { lines: ["Content-Type: text/plain"] }, 415],
    ["lines of JSON", { lines: ["Content-Type: application/x-ndjson"] }, 415],
    ["a packed body", { lines: ["Content-Encoding: gzip"] }, 415],
    ["another host", { lines: ["Host: example.com"] }, 421],
    ["another site's page", { lines: ["Origin: https://example.com"] }, 403],
    ["what this server sent itself", { lines: [`CDN-Loop: ${loopMark("own")}`] }, 508],
    ["too many headers", { lines: Array.from({ length: 201 }, (_, n) => `X-${n}: a`) }, 431],
    ["an expectation", { lines: ["Expect: 100-nothing"] }, 202],
    ["an offer to change the protocol", { lines: ["Connection: upgrade", "Upgrade: h2c"] }, 202],
    ["a connection that is to be closed", { lines: ["Connection: close"] }, 202],
    // These are the router's either way.
    ["no body", { body: "" }, 400],
    ["a length that is too large", { lines: ["Content-Length: 99999999"] }, 413],
  ])("%s", async (_, sent, status) => {
    const routed = await sendRaw(server.port, requestOf(ROUTED, sent));
    expect(routed.status).toBe(status);
    const direct = await sendRaw(server.port, requestOf(DIRECT, sent));
    expect(comparable(direct)).toEqual(comparable(routed));
  });

  it("whatever is sent", async () => {
    const member = fc.tuple(fc.constantFrom("type", "data", "id", "metadata", "timestamp", "a"), fc.jsonValue());
    const text = fc
      .array(member, { maxLength: 4 })
      .map((members) => `{${members.map(([name, value]) => `"${name}":${JSON.stringify(value)}`).join(",")}}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.string({ minLength: 1 })), async (body) => {
        const routed = await sendRaw(server.port, requestOf(ROUTED, { body }));
        const direct = await sendRaw(server.port, requestOf(DIRECT, { body }));
        expect(comparable(direct)).toEqual(comparable(routed));
      }),
      { numRuns: 100 },
    );
  });
});

it("a body that was cut off or refused takes no room any more", async () => {
  const small = await startTestServer({ bodyBudgetBytes: 20_000 });
  onTestFinished(() => small.close());
  const large = (type: string): string => `{"type":"${type}","data":{"text":"${"x".repeat(15_000)}"}}`;
  const statusOf = async (type: string) => (await sendRaw(small.port, requestOf(DIRECT, { body: large(type) }))).status;
  for (let n = 0; n < 3; n++) {
    await sendRaw(small.port, requestOf(DIRECT, { body: large("cut.off") }).slice(0, -1), "close");
    // The server may hear of it a moment later.
    await expect.poll(() => statusOf("no type"), WAIT).toBe(400);
    expect(await statusOf("taken")).toBe(202);
  }
  // Still one at a time.
  const waiting = connect(small.port, "127.0.0.1");
  onTestFinished(() => void waiting.destroy());
  await once(waiting, "connect");
  waiting.write(requestOf(DIRECT, { body: large("slow") }).slice(0, -1));
  await expect.poll(() => statusOf("taken"), WAIT).toBe(503);
});

it("an event whose publisher hangs up before the answer is stored all the same", async () => {
  const faults = [...server.faults];
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  await new Promise<void>((resolve) => {
    socket.write(requestOf(DIRECT, { body: '{"type":"order.paid","data":{},"id":"hung_up"}' }), () => resolve());
  });
  socket.destroy();
  await expect.poll(async () => (await server.ask("GET", "/v1/events/hung_up")).status, WAIT).toBe(200);
  expect(server.faults).toEqual(faults);
});
