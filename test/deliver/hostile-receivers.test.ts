import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import path from "node:path";
import tls from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SendResult } from "../../src/core/attempt.ts";
import { HttpSender } from "../../src/deliver/http-sender.ts";
import { DEVELOPMENT, localRules } from "../support/egress.ts";
import { closedPort, startReceiver, startTcpReceiver, type TcpReceiver, testRoot } from "../support/receiver.ts";

/** Longer than any of these attempts may take: an outcome that came by its end is a time-out. */
const LONG_MS = 55_000;
const NO_CONTENT = "HTTP/1.1 204 No Content\r\n\r\n";

function sender(): HttpSender {
  const made = new HttpSender({ egress: localRules() });
  onTestFinished(() => made.close());
  return made;
}

function post(from: HttpSender, url: string, body: string | Buffer = "{}", timeoutMs = LONG_MS): Promise<SendResult> {
  return from.post({ url, headers: [], body: Buffer.from(body), timeoutMs, rules: DEVELOPMENT });
}

async function tcp(...args: Parameters<typeof startTcpReceiver>): Promise<TcpReceiver> {
  const made = await startTcpReceiver(...args);
  onTestFinished(() => made.close());
  return made;
}

/** Answers with `head`, then sends `piece` as fast as it is taken; `closed` when the other side has had enough. */
async function endless(head: string, piece: string | Buffer) {
  const closed = Promise.withResolvers<number>();
  const to = await tcp((socket) => {
    if (socket.listenerCount("drain") > 0) return;
    const more = (): void => {
      while (socket.writable && socket.write(piece));
    };
    socket.on("drain", more).on("close", () => closed.resolve(socket.bytesWritten));
    socket.write(head);
    more();
  });
  return { url: to.url, closed: closed.promise };
}

describe("1xx answers", () => {
  it.each([
    ["100 Continue, which nobody asked for", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["100 Continue with headers", "HTTP/1.1 100 Continue\r\nserver: odd\r\nx: HTTP/1.1 500\r\n\r\n"],
    ["100 Continue twice", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"],
    [
      "100 Continue among others",
      "HTTP/1.1 103 Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 100 Go\r\n\r\nHTTP/1.1 102 P\r\n\r\n",
    ],
    ["as many as are borne", "HTTP/1.1 102 Processing\r\n\r\n".repeat(20)],
  ])("before the answer are passed over: %s", async (_what, before) => {
    const to = await tcp((socket) => socket.write(before + NO_CONTENT));
    const from = sender();
    for (let n = 0; n < 3; n++) {
      expect(await post(from, to.url)).toMatchObject({ kind: "answered", status: 204, truncated: false });
    }
    expect(to.accepted).toBe(1);
  });

  it("100 Continue is passed over over TLS, too", async () => {
    const file = (name: string) => readFileSync(path.join(import.meta.dirname, "../fixtures/tls", name));
    const to = tls.createServer({ key: file("good.key"), cert: file("good.crt") }, (socket) => {
      socket.on("data", () => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${NO_CONTENT}`));
      socket.on("error", () => {});
    });
    to.listen(0, "127.0.0.1");
    await once(to, "listening");
    onTestFinished(() => void to.close());
    const from = new HttpSender({ egress: localRules(), extraCa: testRoot() });
    const { port } = to.address() as AddressInfo;
    for (let n = 0; n < 2; n++) {
      expect(await post(from, `https://127.0.0.1:${port}`)).toMatchObject({ kind: "answered", status: 204 });
    }
    await from.close();
  });

  it("100 Continue is passed over however it is cut", async () => {
    const bytes = `HTTP/1.1 100 Continue\r\n\r\n${NO_CONTENT}`;
    for (let cut = 1; cut < bytes.length; cut += 3) {
      const to = await tcp((socket) => {
        socket.setNoDelay(true);
        socket.write(bytes.slice(0, cut), () => setImmediate(() => socket.write(bytes.slice(cut))));
      });
      expect(await post(sender(), to.url)).toMatchObject({ status: 204 });
    }
  });

  it("one too many, or without end, ends the attempt at once, not at its time-out", async () => {
    const to = await tcp((socket) => socket.write("HTTP/1.1 102 Processing\r\n\r\n".repeat(21) + NO_CONTENT));
    const tooMany = { code: "protocol_error", message: "the receiver sends 1xx without end", phase: "headers" };
    expect(await post(sender(), to.url)).toMatchObject(tooMany);
    for (const status of ["100 Continue", "102 Processing", "199 Whatever"]) {
      const flood = await endless("", `HTTP/1.1 ${status}\r\nx: ${"y".repeat(1_000)}\r\n\r\n`.repeat(50));
      expect(await post(sender(), flood.url)).toMatchObject(tooMany);
      await flood.closed;
    }
  });
});

describe("bytes without end that lead to no answer", () => {
  it.each([
    ["a status text", "HTTP/1.1 200 ", "x".repeat(10_000)],
    ["empty lines", "", "\r\n".repeat(10_000)],
  ])("%s", async (_what, head, piece) => {
    const to = await endless(head, piece);
    expect(await post(sender(), to.url)).toMatchObject({
      code: "protocol_error",
      message: "the receiver sent 256 KiB and no status",
      phase: "headers",
    });
    await to.closed;
  });

  it("a header", async () => {
    const to = await endless("HTTP/1.1 200 OK\r\nx: ", "y".repeat(10_000));
    expect(await post(sender(), to.url)).toMatchObject({ code: "headers_too_large" });
    await to.closed;
  });
});

describe("bytes without end after the status: it counts, the rest is cut", () => {
  it.each([
    ["a body of 10 GB", "content-length: 10000000000\r\n\r\n", "y".repeat(65_536), 65_536],
    ["a body without a length", "\r\n", "y".repeat(65_536), 65_536],
    ["chunks", "transfer-encoding: chunked\r\n\r\n", `1000\r\n${"y".repeat(4_096)}\r\n`, 65_536],
    ["chunks of a byte", "transfer-encoding: chunked\r\n\r\n", "1\r\ny\r\n".repeat(1_000), undefined],
    ["the name of a chunk", "transfer-encoding: chunked\r\n\r\n1;", "e".repeat(10_000), 0],
    ["trailers", "transfer-encoding: chunked\r\n\r\n0\r\nx: ", "t".repeat(10_000), 0],
  ])("%s", async (_what, head, piece, length) => {
    const to = await endless(`HTTP/1.1 200 OK\r\n${head}`, piece);
    const result = await post(sender(), to.url);
    expect(result).toMatchObject({ kind: "answered", status: 200, truncated: true });
    if (result.kind !== "answered") return;
    expect(result.responseBody.length).toBeLessThanOrEqual(65_536);
    if (length !== undefined) expect(result.responseBody).toHaveLength(length);
    await to.closed;
  });

  it("a body that comes byte by byte is put together as it was", async () => {
    const text = Array.from({ length: 3_000 }, (_, n) => String.fromCharCode(33 + (n % 90))).join("");
    const chunks = [...text].map((byte) => `1\r\n${byte}\r\n`).join("");
    const to = await tcp((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`),
    );
    const result = await post(sender(), to.url);
    expect(result).toMatchObject({ kind: "answered", truncated: false });
    expect(result.kind === "answered" && Buffer.from(result.responseBody).toString()).toBe(text);
  });
});

describe("after an answer that is wrong", () => {
  /** Each request's own text comes back, after whatever `spoil` did to every second connection's answer. */
  const WRONGS: [string, (socket: Socket, own: string) => void][] = [
    [
      "another answer behind it",
      (socket, own) => socket.write(`${own}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nWRONG`),
    ],
    ["a part of another answer behind it", (socket, own) => socket.write(`${own}HTTP/1.1 200 OK\r\ncontent-le`)],
    ["bytes behind it", (socket, own) => socket.write(`${own}garbage`)],
    ["an end behind it", (socket, own) => socket.end(own)],
    ["a reset behind it", (socket, own) => socket.write(own, () => setImmediate(() => socket.resetAndDestroy()))],
    [
      "an answer to nobody a moment later",
      (socket, own) =>
        socket.write(own, () => setImmediate(() => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nWRONG"))),
    ],
  ];

  it.each(WRONGS)("with %s, each of 1,000 deliveries gets its own answer or none", async (_what, spoil) => {
    const to = await tcp((socket, chunk) => {
      const text = chunk.toString();
      const id = /id-\d+/.exec(text)?.[0];
      if (id !== undefined) spoil(socket, `HTTP/1.1 200 OK\r\ncontent-length: ${id.length}\r\n\r\n${id}`);
    });
    const from = sender();
    let own = 0;
    for (let n = 0; n < 1_000; n++) {
      const result = await post(from, to.url, `id-${n}`);
      if (result.kind === "answered") {
        expect(Buffer.from(result.responseBody).toString()).toBe(`id-${n}`);
        own += 1;
      } else {
        expect(result).toMatchObject({ kind: "error", code: expect.stringMatching(/^(reset|protocol_error)$/) });
      }
      // What came behind the answer is read before the next request, as it is between deliveries that are apart.
      await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
    }
    expect(own).toBeGreaterThan(900);
  });

  it("that came before the request was read, the connection is not used again", async () => {
    const to = await tcp((socket) => {
      socket.pause();
      if (socket.bytesWritten === 0) socket.write("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n");
    });
    const from = sender();
    const body = Buffer.alloc(32 * 1024 * 1024);
    expect(await post(from, to.url, body)).toMatchObject({ kind: "answered", status: 413 });
    expect(await post(from, to.url, body)).toMatchObject({ kind: "answered", status: 413 });
    expect(to.accepted).toBe(2);
  });

  it("of any kind, the next delivery to the same receiver succeeds", async () => {
    const wrongs = [
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na",
      "garbage\r\n\r\n",
      "<html>",
      "HTTP/1.1 0 Zero\r\n\r\n",
      "HTTP/1.1 99 Low\r\n\r\n",
      "HTTP/1.1 -1 Minus\r\n\r\n",
      "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
      "HTTP/1.1 101 Switching\r\n\r\n",
      "HTTP/1.1 200 OK\r\nx\u001b: 1\r\n\r\n",
      `HTTP/1.1 200 OK\r\nx: ${"y".repeat(40_000)}\r\n\r\n`,
      "",
    ];
    const answers = wrongs.flatMap((wrong) => [wrong, undefined]);
    const to = await tcp((socket) => {
      const wrong = answers.shift();
      if (wrong === undefined) socket.write(NO_CONTENT);
      else socket.end(wrong);
    });
    const from = sender();
    for (const wrong of wrongs) {
      expect(await post(from, to.url), wrong.slice(0, 40)).toMatchObject({
        kind: "error",
        code: wrong === "" ? "reset" : expect.stringMatching(/^(protocol_error|headers_too_large)$/),
      });
      expect(await post(from, to.url)).toMatchObject({ kind: "answered", status: 204 });
    }
  });
});

describe("what takes its time ends with the attempt's, and frees its connection", () => {
  const drip = (head: string, every: string) => (socket: Socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write(every), 10);
    socket.on("close", () => clearInterval(timer));
  };

  it.each([
    ["headers", drip("HTTP/1.1 200 OK\r\nx: ", "y"), { kind: "error", code: "timeout", phase: "headers" }],
    ["a status line", drip("HTTP/1.1 20", ""), { kind: "error", code: "timeout", phase: "headers" }],
    ["a body", drip("HTTP/1.1 200 OK\r\n\r\n", "y"), { kind: "answered", status: 200, truncated: true, phase: "body" }],
    ["nothing", () => {}, { kind: "error", code: "timeout", phase: "headers" }],
  ])("%s", async (_what, onRequest, expected) => {
    const closed = Promise.withResolvers<void>();
    const to = await tcp(onRequest, (socket) => socket.on("close", closed.resolve));
    const from = sender();
    const result = await post(from, to.url, "{}", 400);
    expect(result).toMatchObject(expected);
    expect(result.kind === "not_sent" ? 0 : result.durationMs).toBeGreaterThanOrEqual(400);
    await closed.promise;
    expect(from.connections).toBe(0);
  });

  it.each(["no byte", "half a handshake"])("a TLS handshake of which comes %s", async (what) => {
    const closed = Promise.withResolvers<void>();
    const to = await tcp(
      // The head of a handshake record that is never finished.
      (socket) => what !== "no byte" && socket.write(Buffer.from([0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76])),
      (socket) => socket.on("close", closed.resolve),
    );
    const from = sender();
    expect(await post(from, to.url.replace("http:", "https:"), "{}", 400)).toMatchObject({
      kind: "error",
      code: "timeout",
      phase: "tls",
      bytesSent: 0,
    });
    await closed.promise;
    expect(from.connections).toBe(0);
  });
});

describe("a connection that fails leaves nothing", () => {
  it("in the middle of a TLS handshake", async () => {
    const to = await tcp((socket) => socket.resetAndDestroy());
    const from = sender();
    for (let n = 0; n < 20; n++) {
      expect(await post(from, to.url.replace("http:", "https:"))).toMatchObject({
        code: expect.stringMatching(/^(reset|tls_error)$/),
        phase: "tls",
      });
    }
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(from.connections).toBe(0);
  });

  it("for another origin, and that one works on", async () => {
    const good = await startReceiver();
    onTestFinished(() => good.close());
    const from = sender();
    const port = await closedPort();
    expect(await post(from, good.url)).toMatchObject({ status: 204 });
    expect(await post(from, `http://127.0.0.1:${port}`)).toMatchObject({ code: "refused" });
    expect(await post(from, good.url)).toMatchObject({ status: 204 });
    expect(good.connections).toHaveLength(1);
  });
});
