import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { HeaderPairs } from "../../src/core/attempt.ts";
import { HOP_BY_HOP } from "../../src/core/hop-by-hop.ts";
import type { Answer } from "../../src/stream/delivery-desk.ts";
import { parseForwardTarget } from "../../src/stream/forward-target.ts";
import { Forwarder } from "../../src/stream/forwarder.ts";
import { ListenClient } from "../../src/stream/listen-client.ts";
import { type DeliveryFrame, encodeFrame, parseClientFrame, parseServerFrame } from "../../src/stream/protocol.ts";
import { delivery, Tunnel } from "./support/tunnel.ts";

const MIB = 1024 * 1024;
const LATIN1 = "latin1";
const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A request as its bytes were. */
interface RawRequest {
  line: string;
  headers: HeaderPairs;
  body: Buffer;
}

/** A program that reads requests from the socket itself, and answers with these bytes. */
async function program(answer: () => string | Buffer): Promise<{ target: string; requests: RawRequest[] }> {
  const requests: RawRequest[] = [];
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    let chunks: Buffer[] = [];
    let missing = 0;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      missing -= chunk.length;
      if (0 < missing) return;
      bytes = Buffer.concat([bytes, ...chunks]);
      chunks = [];
      const headEnd = bytes.indexOf("\r\n\r\n");
      if (headEnd === -1) return;
      const [line = "", ...lines] = bytes.toString(LATIN1, 0, headEnd).split("\r\n");
      const headers = lines.map((each): [string, string] => {
        const at = each.indexOf(": ");
        return [each.slice(0, at), each.slice(at + 2)];
      });
      const length = Number(headers.find(([name]) => name.toLowerCase() === "content-length")?.[1] ?? 0);
      missing = headEnd + 4 + length - bytes.length;
      if (0 < missing) return;
      requests.push({ line, headers, body: bytes.subarray(headEnd + 4, headEnd + 4 + length) });
      bytes = bytes.subarray(headEnd + 4 + length);
      missing = 0;
      socket.write(answer());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(() => void server.close());
  return { target: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function forwarderTo(target: string): Forwarder {
  const forwarder = new Forwarder({ target: parseForwardTarget(target, false), headers: [] });
  open.push(() => forwarder.close());
  return forwarder;
}

/** As it comes out at the other end of the wire. */
function overTheWire(frame: DeliveryFrame): DeliveryFrame {
  const parsed = parseServerFrame(Buffer.from(encodeFrame(frame)).toString());
  if (!("frame" in parsed) || parsed.frame.type !== "delivery") throw new Error(JSON.stringify(parsed));
  return parsed.frame;
}

/** The same of an answer: what the server records. */
function recorded(answer: Answer): { status: number; headers: HeaderPairs; body: Buffer; truncated: boolean } {
  if (answer.kind !== "answered") throw new Error(answer.message);
  const { status, headers, body, truncated, durationMs } = answer;
  const frame = { delivery_id: "dlv_1", attempt: 1, status, headers, body, truncated, duration_ms: durationMs };
  const parsed = parseClientFrame(Buffer.from(encodeFrame({ type: "result", ...frame })).toString());
  if (!("frame" in parsed) || parsed.frame.type !== "result") throw new Error(JSON.stringify(parsed));
  return { ...parsed.frame, body: Buffer.from(parsed.frame.body) };
}

function frameOf(overrides: Partial<DeliveryFrame>): DeliveryFrame {
  return {
    type: "delivery",
    delivery_id: "dlv_1",
    attempt: 1,
    event_id: "evt_1",
    event_type: "order.created",
    method: "POST",
    path: "/",
    query: "",
    headers: [],
    body: new Uint8Array(),
    deadline_ms: 30_000,
    replay: false,
    ...overrides,
  };
}

const NEVER = new AbortController().signal;
const OWN = new Set([...HOP_BY_HOP, "host", "content-length"]);
const pairsOf = (headers: HeaderPairs): HeaderPairs => headers.filter(([name]) => !OWN.has(name.toLowerCase()));

/** Characters of these codes. */
function textOf(codes: readonly [from: number, to: number][], minLength: number, maxLength: number) {
  const all = codes.flatMap(([from, to]) =>
    Array.from({ length: to - from + 1 }, (_, n) => String.fromCharCode(from + n)),
  );
  return fc.string({ unit: fc.constantFrom(...all), minLength, maxLength });
}

const NAME = textOf(
  [
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x61, 0x7a],
    [0x2d, 0x2d],
    [0x5f, 0x5f],
    [0x21, 0x21],
  ],
  1,
  12,
);
// No blank at either end: those belong to the line, not to the value.
const VALUE = textOf(
  [
    [0x20, 0x7e],
    [0x80, 0xff],
    [0x09, 0x09],
  ],
  0,
  30,
).map((value) => value.replace(/^[ \t]+|[ \t]+$/g, ""));

describe("a request through the tunnel", () => {
  it("arrives with its method, path, query, headers in their order, case and number, and body", async () => {
    const { target, requests } = await program(() => "HTTP/1.1 204 No Content\r\n\r\n");
    const forwarder = forwarderTo(target);
    const request = fc.record({
      method: fc.constantFrom("POST", "PUT", "PATCH", "DELETE", "GET", "OPTIONS", "PROPFIND", "M-SEARCH"),
      path: textOf(
        [
          [0x21, 0x3e],
          [0x40, 0x7e],
          [0x80, 0xff],
        ],
        0,
        20,
      ).map((rest) => `/${rest}`),
      query: textOf(
        [
          [0x21, 0x7e],
          [0x80, 0xff],
        ],
        0,
        20,
      ),
      headers: fc.array(fc.tuple(NAME, VALUE), { maxLength: 20 }),
      body: fc.uint8Array({ maxLength: 2_000 }),
    });
    await fc.assert(
      fc.asyncProperty(request, async (sent) => {
        const answer = await forwarder.forward(overTheWire(frameOf(sent)), NEVER);
        expect(answer).toMatchObject({ kind: "answered", status: 204 });
        const came = requests.at(-1)!;
        expect(came.line).toBe(`${sent.method} ${sent.path}${sent.query === "" ? "" : `?${sent.query}`} HTTP/1.1`);
        expect(pairsOf(came.headers)).toEqual(pairsOf(sent.headers));
        expect([...came.body]).toEqual([...sent.body]);
      }),
      { numRuns: 150 },
    );
  });

  it("has a body of 10 MiB of any bytes, and an answer of 64 KiB; more of an answer is cut, and said", async () => {
    const answers = [64 * 1024, 10 * MIB].map((length) => randomBytes(length));
    let nth = 0;
    const { target, requests } = await program(() => {
      const body = answers[nth++]!;
      return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`), body]);
    });
    const to = await new Tunnel().start();
    open.push(() => to.stop());
    const forwarder = forwarderTo(target);
    const client = new ListenClient({
      endpoint: () => ({ url: to.url, key: "key" }),
      hello: { session: "test", events: ["*"], credit: 1 },
      answer: (frame, signal) => forwarder.forward(frame, signal),
      now: Date.now,
      random: Math.random,
    });
    open.push(() => client.stop());
    client.run().catch(() => {});
    const bodies = [randomBytes(10 * MIB), randomBytes(10 * MIB)];
    to.publish(...bodies.map((body) => delivery({ body, headers: ["X-One", "a", "x-one", "b"] })));
    await to.until(() => to.results.length === 2);
    expect(requests.map(({ body }, index) => body.equals(bodies[index]!))).toEqual([true, true]);
    expect(pairsOf(requests[0]!.headers)).toEqual([
      ["X-One", "a"],
      ["x-one", "b"],
    ]);
    for (const [index, { result }] of to.results.entries()) {
      if (result.kind !== "answered") throw new Error(result.kind);
      expect(Buffer.from(result.responseBody).equals(answers[index]!.subarray(0, 64 * 1024))).toBe(true);
      expect(result.truncated).toBe(index === 1);
    }
  });
});

describe("an answer through the tunnel", () => {
  const zipped = gzipSync("hello");
  const packed = brotliCompressSync("hello");
  const head = (status: string, ...lines: string[]): string =>
    `HTTP/1.1 ${status}\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
  const cases: [
    name: string,
    method: string,
    answer: string | Buffer,
    status: number,
    headers: HeaderPairs,
    body: string | Buffer,
  ][] = [
    [
      "several of one name",
      "POST",
      head(
        "200 OK",
        "Set-Cookie: a=1",
        "X-Trace: 7",
        "set-cookie: b=2; Path=/",
        "SET-COOKIE: a=1",
        "content-length: 0",
      ),
      200,
      [
        ["Set-Cookie", "a=1"],
        ["X-Trace", "7"],
        ["set-cookie", "b=2; Path=/"],
        ["SET-COOKIE", "a=1"],
        ["content-length", "0"],
      ],
      "",
    ],
    [
      "in chunks",
      "POST",
      `${head("201 Created", "Transfer-Encoding: chunked")}3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nX-Late: 1\r\n\r\n`,
      201,
      [["Transfer-Encoding", "chunked"]],
      "abcdefg",
    ],
    [
      "compressed: as it came",
      "POST",
      Buffer.concat([
        Buffer.from(head("200 OK", "Content-Encoding: gzip", `Content-Length: ${zipped.length}`)),
        zipped,
      ]),
      200,
      [
        ["Content-Encoding", "gzip"],
        ["Content-Length", String(zipped.length)],
      ],
      zipped,
    ],
    [
      "compressed otherwise",
      "POST",
      Buffer.concat([Buffer.from(head("200 OK", "content-encoding: br", `content-length: ${packed.length}`)), packed]),
      200,
      [
        ["content-encoding", "br"],
        ["content-length", String(packed.length)],
      ],
      packed,
    ],
    ["204", "POST", head("204 No Content", "X-A: b"), 204, [["X-A", "b"]], ""],
    ["304", "GET", head("304 Not Modified", "ETag: x"), 304, [["ETag", "x"]], ""],
    [
      "of HEAD, whose length is of a body that does not come",
      "HEAD",
      head("200 OK", "Content-Length: 1000"),
      200,
      [["Content-Length", "1000"]],
      "",
    ],
    [
      "after others that say that it is still to come",
      "POST",
      `${head("100 Continue")}${head("103 Early Hints", "Link: </a>; rel=preload")}${head("102 Processing")}${head("200 OK", "content-length: 2")}ok`,
      200,
      [["content-length", "2"]],
      "ok",
    ],
    [
      "with bytes beyond ASCII",
      "POST",
      Buffer.from(head("200 OK", "X-Name: J\u00fcrgen \u00ff", "content-length: 0"), LATIN1),
      200,
      [
        ["X-Name", "J\u00fcrgen \u00ff"],
        ["content-length", "0"],
      ],
      "",
    ],
    [
      "with a name of 300 letters",
      "POST",
      head("500 Oh", `${"x".repeat(300)}: 1`, "content-length: 0"),
      500,
      [
        ["x".repeat(300), "1"],
        ["content-length", "0"],
      ],
      "",
    ],
  ];

  it.each(cases)("%s", async (_name, method, bytes, status, headers, body) => {
    const { target } = await program(() => bytes);
    const answer = await forwarderTo(target).forward(frameOf({ method }), NEVER);
    expect(recorded(answer)).toMatchObject({ status, headers, truncated: false });
    expect(recorded(answer).body.equals(Buffer.from(body))).toBe(true);
  });

  it("that switches protocols, which nobody asked for, is a failure", async () => {
    const { target } = await program(() => head("101 Switching Protocols", "Connection: upgrade", "Upgrade: x"));
    expect(await forwarderTo(target).forward(frameOf({}), NEVER)).toMatchObject({ kind: "failed", code: "reset" });
  });

  it("whatever its headers are, is a frame that the server takes", async () => {
    let lines: string[] = [];
    const { target } = await program(() => Buffer.from(head("200 OK", ...lines, "content-length: 0"), LATIN1));
    const forwarder = forwarderTo(target);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(NAME, VALUE), { maxLength: 30 }), async (headers) => {
        const sent = pairsOf(headers);
        lines = sent.map(([name, value]) => `${name}: ${value}`);
        const answer = await forwarder.forward(frameOf({}), NEVER);
        expect(pairsOf(recorded(answer).headers)).toEqual(sent);
      }),
      { numRuns: 150 },
    );
  });
});
