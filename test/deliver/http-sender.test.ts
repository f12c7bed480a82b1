import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { AnsweredResult, ErrorResult, SendResult } from "../../src/core/attempt.ts";
import type { Subscription } from "../../src/core/subscription.ts";
import { HttpSender } from "../../src/deliver/http-sender.ts";
import type { Outgoing } from "../../src/deliver/transport.ts";
import { DEVELOPMENT, localRules } from "../support/egress.ts";
import { closedPort, type ReceiverOptions, startReceiver, startTcpReceiver, testRoot } from "../support/receiver.ts";

const BODY = Buffer.from('{"type":"order.paid","data":{"total":1.10}}');
const HEADERS = ["content-type", "application/json", "webhook-id", "evt_1"];

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function sender(extraCa?: string): HttpSender {
  const made = new HttpSender({ egress: localRules(["no-such-host.invalid"]), extraCa });
  closers.push(() => made.close());
  return made;
}

async function receiver(options?: ReceiverOptions) {
  const made = await startReceiver(options);
  closers.push(() => made.close());
  return made;
}

/** Answers every request with these bytes (a string or pieces), then does `after`. */
async function rawReceiver(answer: string | Buffer, after: (socket: Socket) => void = () => {}) {
  const made = await startTcpReceiver((socket) => {
    socket.write(answer);
    after(socket);
  });
  closers.push(() => made.close());
  return made;
}

function post(
  from: HttpSender,
  url: string,
  options: { timeoutMs?: number; body?: Uint8Array } = {},
): Promise<SendResult> {
  return from.post({
    url,
    headers: HEADERS,
    body: options.body ?? BODY,
    timeoutMs: options.timeoutMs ?? 20_000,
    rules: DEVELOPMENT,
  });
}

async function answered(result: Promise<SendResult>): Promise<AnsweredResult & { text: string }> {
  const value = await result;
  if (value.kind !== "answered") throw new Error(`not answered: ${JSON.stringify(value)}`);
  return { ...value, text: Buffer.from(value.responseBody).toString() };
}

async function failed(result: Promise<SendResult>): Promise<ErrorResult> {
  const value = await result;
  if (value.kind !== "error") throw new Error(`not an error: ${JSON.stringify(value)}`);
  return value;
}

describe("a request", () => {
  it("arrives byte for byte, with exactly the headers given and those that HTTP needs", async () => {
    const to = await receiver({ reply: [{ status: 201, headers: { "X-Trace": "a", Server: "test" }, body: "made" }] });
    const result = await answered(post(sender(), `${to.url}/hooks/in?x=1#part`));

    expect(result).toMatchObject({
      kind: "answered",
      status: 201,
      text: "made",
      truncated: false,
      phase: "done",
      remoteAddress: "127.0.0.1",
      bytesSent: BODY.length,
    });
    expect(result.responseHeaders).toContainEqual(["X-Trace", "a"]);
    const request = await to.request(1);
    expect(request).toMatchObject({ method: "POST", path: "/hooks/in?x=1" });
    expect(request.body.equals(BODY)).toBe(true);
    expect(Buffer.concat(to.connections[0]!).toString()).toBe(
      `POST /hooks/in?x=1 HTTP/1.1\r\nhost: 127.0.0.1:${to.port}\r\nconnection: keep-alive\r\n` +
        `content-type: application/json\r\nwebhook-id: evt_1\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
    );
  });

  it("uses a free connection again, and a new one when none is free", async () => {
    const to = await receiver();
    const from = sender();
    for (let n = 0; n < 5; n++) await answered(post(from, to.url));
    expect(to.connections).toHaveLength(1);
    await Promise.all([post(from, to.url), post(from, to.url), post(from, to.url)]);
    expect(to.connections).toHaveLength(3);
    expect(from.connections).toBe(3);
  });

  it("reaches a receiver on IPv6", async () => {
    const { createServer } = await import("node:http");
    const server = createServer((_request, response) => response.writeHead(204).end());
    await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as { port: number };
    expect(await answered(post(sender(), `http://[::1]:${port}/`))).toMatchObject({
      status: 204,
      remoteAddress: "::1",
    });
  });

  it("ignores the proxies of the environment", async () => {
    const proxy = await receiver();
    const to = await receiver();
    const before = { ...process.env };
    Object.assign(process.env, {
      HTTP_PROXY: proxy.url,
      http_proxy: proxy.url,
      ALL_PROXY: proxy.url,
      NODE_USE_ENV_PROXY: "1",
    });
    try {
      expect(await answered(post(sender(), to.url))).toMatchObject({ status: 204 });
    } finally {
      process.env = before;
    }
    expect(proxy.requests).toHaveLength(0);
    expect(to.requests).toHaveLength(1);
  });
});

describe("an answer", () => {
  it.each([301, 302, 303, 307, 308])("%i is not followed", async (status) => {
    const target = await receiver();
    const to = await receiver({ reply: [{ status, headers: { location: target.url } }] });
    const result = await answered(post(sender(), to.url));
    expect(result.status).toBe(status);
    expect(result.responseHeaders).toContainEqual(["location", target.url]);
    expect(target.connections).toHaveLength(0);
  });

  it("is read up to 64 KiB and not beyond, and its status still counts", async () => {
    const to = await receiver({
      reply: [
        { status: 200, body: "x".repeat(65_536) },
        { status: 200, body: "x".repeat(65_537) },
      ],
    });
    const from = sender();
    expect(await answered(post(from, to.url))).toMatchObject({
      status: 200,
      truncated: false,
      responseBody: { length: 65_536 },
    });
    expect(await answered(post(from, to.url))).toMatchObject({
      status: 200,
      truncated: true,
      responseBody: { length: 65_536 },
    });
    expect(await answered(post(from, to.url))).toMatchObject({ status: 200, truncated: true });
  });

  it("with an endless body is a success, and its connection is dropped", async () => {
    let isClosed: () => void = () => {};
    const closed = new Promise<void>((resolve) => {
      isClosed = resolve;
    });
    const to = await rawReceiver("HTTP/1.1 200 OK\r\n\r\n", (socket) => {
      const more = (): void => {
        while (socket.writable && socket.write("y".repeat(16_384)));
      };
      socket.on("drain", more).on("close", isClosed);
      more();
    });
    expect(await answered(post(sender(), to.url))).toMatchObject({ status: 200, truncated: true, phase: "body" });
    await closed;
  });

  it("that is compressed stays as it is", async () => {
    const zipped = gzipSync("z".repeat(1_000_000));
    const to = await receiver({ reply: [{ status: 200, headers: { "content-encoding": "gzip" }, body: zipped }] });
    const result = await answered(post(sender(), to.url));
    expect(Buffer.from(result.responseBody).equals(zipped)).toBe(true);
  });

  it.each([
    ["cut short", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", "half"],
    ["broken in its chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n", "half"],
  ])("whose body is %s still counts by its status", async (_how, answer, text) => {
    const to = await rawReceiver(answer, (socket) => socket.end());
    expect(await answered(post(sender(), to.url))).toMatchObject({ status: 200, truncated: true, text });
  });

  it("that drips counts by its status when the time is up", async () => {
    const to = await rawReceiver("HTTP/1.1 503 No\r\ncontent-length: 1000\r\n\r\n", (socket) => {
      const drip = setInterval(() => socket.write("."), 20);
      socket.on("close", () => clearInterval(drip));
    });
    const result = await answered(post(sender(), to.url, { timeoutMs: 300 }));
    expect(result).toMatchObject({ status: 503, truncated: true, phase: "body" });
    expect(result.durationMs).toBeGreaterThanOrEqual(300);
    expect(result.durationMs).toBeLessThan(1_500);
  });

  it.each([
    ["999", "HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n", 999],
    ["407", "HTTP/1.1 407 Proxy\r\ncontent-length: 0\r\n\r\n", 407],
    [
      "after other 1xx",
      "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 202 Yes\r\ncontent-length: 0\r\n\r\n",
      202,
    ],
  ])("with status %s is taken as it is", async (_name, answer, status) => {
    const to = await rawReceiver(answer);
    expect(await answered(post(sender(), to.url))).toMatchObject({ status });
  });

  it("with 1,500 header lines is taken, and 256 of them are kept", async () => {
    const lines = Array.from({ length: 1_500 }, (_, n) => `x${n}: 1`).join("\r\n");
    const to = await rawReceiver(`HTTP/1.1 200 OK\r\n${lines}\r\ncontent-length: 0\r\n\r\n`);
    expect((await answered(post(sender(), to.url))).responseHeaders).toHaveLength(256);
  });
});

describe("what goes wrong on the way is one classified value", () => {
  it("nobody listens", async () => {
    const port = await closedPort();
    expect(await failed(post(sender(), `http://127.0.0.1:${port}`))).toEqual({
      kind: "error",
      code: "refused",
      message: "the connection was refused (ECONNREFUSED)",
      phase: "connect",
      remoteAddress: "127.0.0.1",
      bytesSent: 0,
      startedAt: expect.any(Number),
      durationMs: expect.any(Number),
    });
  });

  it("the name does not resolve", async () => {
    expect(await failed(post(sender(), "http://no-such-host.invalid/"))).toMatchObject({
      code: "dns_failed",
      phase: "dns",
      remoteAddress: undefined,
    });
  });

  it.each([
    ["garbage", "not http at all\r\n\r\n", "protocol_error"],
    ["HTTP/0.9", "<html>hello</html>", "protocol_error"],
    ["status 0", "HTTP/1.1 0 Zero\r\n\r\n", "protocol_error"],
    ["status 99", "HTTP/1.1 99 Low\r\n\r\n", "protocol_error"],
    ["status -1", "HTTP/1.1 -1 Minus\r\n\r\n", "protocol_error"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na", "protocol_error"],
    [
      "length and chunks",
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      "protocol_error",
    ],
    ["ESC in a header", "HTTP/1.1 200 OK\r\nx\u001b: 1\r\n\r\n", "protocol_error"],
    ["headers of 40 KB", `HTTP/1.1 200 OK\r\nx-big: ${"x".repeat(40_000)}\r\n\r\n`, "headers_too_large"],
    [
      "101 with an upgrade",
      "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
      "protocol_error",
    ],
    ["101 without an upgrade", "HTTP/1.1 101 Switching\r\n\r\n", "protocol_error"],
    ["100 that nobody asked for, and no more", "HTTP/1.1 100 Continue\r\n\r\n", "reset"],
    ["nothing, then the end", "", "reset"],
    ["half a status line", "HTTP/1.1 20", "reset"],
    ["half the headers", "HTTP/1.1 200 OK\r\ncontent-", "reset"],
  ])("the receiver answers %s", async (_name, answer, code) => {
    const to = await rawReceiver(answer, (socket) => socket.end());
    const from = sender();
    const error = await failed(post(from, to.url));
    expect(error).toMatchObject({ code, phase: expect.stringMatching(/^(write|headers)$/) });
    expect(error.message).not.toContain("not http");
    // The sender is none the worse for it.
    const good = await receiver();
    expect(await answered(post(from, good.url))).toMatchObject({ status: 204 });
  });

  it("the receiver resets the connection", async () => {
    const to = await startTcpReceiver((socket) => socket.resetAndDestroy());
    closers.push(() => to.close());
    expect(await failed(post(sender(), to.url))).toMatchObject({ code: "reset" });
  });

  it("a reset after the status line changes nothing", async () => {
    const to = await rawReceiver("HTTP/1.1 201 Made\r\ncontent-length: 9\r\n\r\nabc", (socket) =>
      setImmediate(() => socket.resetAndDestroy()),
    );
    const result = await post(sender(), to.url);
    // The reset may overtake the bytes in the kernel: then no status line came.
    expect(result).toMatchObject(result.kind === "answered" ? { status: 201 } : { code: "reset" });
  });

  it.each([
    ["expired", "the certificate has expired (CERT_HAS_EXPIRED)"],
    ["self-signed", "the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)"],
    ["wrong-name", "the certificate is for another host name (ERR_TLS_CERT_ALTNAME_INVALID)"],
  ] as const)("a certificate is %s", async (certificate, message) => {
    const to = await receiver({ certificate });
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      expect(await failed(post(sender(testRoot()), to.url))).toMatchObject({
        code: "tls_error",
        phase: "tls",
        message,
        bytesSent: 0,
      });
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
    expect(to.requests).toHaveLength(0);
  });

  it("a certificate's root is not trusted, and is when it is given", async () => {
    const to = await receiver({ certificate: "good" });
    expect(await failed(post(sender(), to.url))).toMatchObject({
      code: "tls_error",
      phase: "tls",
      message: "the certificate's issuer is not known (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
    });
    expect(await answered(post(sender(testRoot()), to.url))).toMatchObject({ status: 204 });
    expect(await answered(post(sender(testRoot()), to.url.replace("127.0.0.1", "localhost")))).toMatchObject({
      status: 204,
    });
    expect(to.requests).toHaveLength(2);
  });

  it("plain HTTP behind https:", async () => {
    const to = await receiver();
    expect(await failed(post(sender(), to.url.replace("http:", "https:")))).toMatchObject({
      code: "tls_error",
      phase: "tls",
    });
  });

  it("a URL that is none", async () => {
    expect(await failed(post(sender(), "ftp://127.0.0.1/"))).toMatchObject({ code: "egress_blocked" });
    expect(await failed(post(sender(), ""))).toMatchObject({ code: "egress_blocked" });
  });

  it("a header that HTTP does not allow", async () => {
    const to = await receiver();
    const result = sender().post({
      url: to.url,
      headers: ["x-bad", "a\r\nb: c"],
      body: BODY,
      timeoutMs: 5_000,
      rules: DEVELOPMENT,
    });
    expect(await failed(result)).toMatchObject({ code: "local_error" });
    expect(to.requests).toHaveLength(0);
  });
});

describe("the total time-out", () => {
  async function timesOut(
    url: string,
    phase: string,
    options: { body?: Uint8Array; from?: HttpSender } = {},
  ): Promise<ErrorResult> {
    const result = await failed(post(options.from ?? sender(), url, { timeoutMs: 300, ...options }));
    expect(result).toMatchObject({ code: "timeout", phase });
    expect(result.durationMs).toBeGreaterThanOrEqual(300);
    expect(result.durationMs).toBeLessThan(1_500);
    return result;
  }

  it("ends the TLS handshake", async () => {
    const to = await startTcpReceiver(() => {});
    closers.push(() => to.close());
    expect(await timesOut(to.url.replace("http:", "https:"), "tls")).toMatchObject({
      message: "no answer within 300 ms: timed out in the TLS handshake",
      bytesSent: 0,
    });
  });

  it("ends a request that the receiver does not read", async () => {
    const to = await startTcpReceiver(
      () => {},
      (socket) => socket.pause(),
    );
    closers.push(() => to.close());
    const body = Buffer.alloc(64 * 1024 * 1024);
    const result = await timesOut(to.url, "write", { body });
    expect(result.bytesSent).toBeLessThan(body.length);
  });

  it("ends the wait for an answer", async () => {
    const to = await receiver({ reply: ["hang"] });
    expect(await timesOut(to.url, "headers")).toMatchObject({ bytesSent: BODY.length, remoteAddress: "127.0.0.1" });
  });

  it("ends headers that drip, and 1xx without end", async () => {
    const drip = await rawReceiver("HTTP/1.1 200 OK\r\nx-slow: ", (socket) => {
      const more = setInterval(() => socket.write("."), 20);
      socket.on("close", () => clearInterval(more));
    });
    await timesOut(drip.url, "headers");
    const endless = await rawReceiver("", (socket) => {
      const more = setInterval(() => socket.write("HTTP/1.1 102 Processing\r\n\r\n"), 20);
      socket.on("close", () => clearInterval(more));
    });
    await timesOut(endless.url, "headers");
  });

  it("frees the connection, and the next request gets one of its own", async () => {
    const to = await receiver({ reply: ["hang", 204] });
    const from = sender();
    await timesOut(to.url, "headers", { from });
    expect(await answered(post(from, to.url))).toMatchObject({ status: 204 });
    expect((await to.request(2)).connection).toBe(2);
  });
});

describe("connections that end", () => {
  it("after every answer: each request still gets its own answer", async () => {
    const to = await receiver({
      reply: (request) => ({ status: 200, headers: { connection: "close" }, body: request.text }),
    });
    const from = sender();
    for (let n = 0; n < 20; n++) {
      expect(await answered(post(from, to.url, { body: Buffer.from(`n${n}`) }))).toMatchObject({
        text: `n${n}`,
        truncated: false,
      });
    }
  });

  it("just when the next request goes out: it fails once as reset or succeeds, and nothing hangs", async () => {
    const to = await startTcpReceiver((socket, chunk) => {
      if (chunk.includes("POST"))
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", () => setImmediate(() => socket.destroy()));
    });
    closers.push(() => to.close());
    const from = sender();
    const outcomes = new Set<string>();
    for (let n = 0; n < 300; n++) {
      const result = await post(from, to.url);
      outcomes.add(
        result.kind === "answered" ? `${result.status}` : result.kind === "error" ? result.code : result.kind,
      );
    }
    expect([...outcomes].filter((outcome) => outcome !== "200" && outcome !== "reset")).toEqual([]);
  });

  it("an answer that nobody asked for is not taken for the next one", async () => {
    const to = await startTcpReceiver((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1HTTP/1.1 500 Smuggled\r\ncontent-length: 0\r\n\r\n");
    });
    closers.push(() => to.close());
    const from = sender();
    for (let n = 0; n < 50; n++) {
      const result = await post(from, to.url);
      expect(result.kind === "answered" ? result.status : "error").not.toBe(500);
    }
  });

  it("leaves nothing open after thousands of failures", async () => {
    const port = await closedPort();
    const bad = await receiver({ certificate: "self-signed" });
    const from = sender();
    for (let n = 0; n < 20; n++) {
      await Promise.all(Array.from({ length: 50 }, () => post(from, `http://127.0.0.1:${port}`)));
    }
    for (let n = 0; n < 10; n++) await Promise.all(Array.from({ length: 20 }, () => post(from, bad.url)));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(from.connections).toBe(0);
  });
});

describe("what is sent as soon as an answer is there", () => {
  /** As the dispatcher sends: the next request goes out from within the last one's end. */
  function sendInChain(from: HttpSender, url: string, count: number): Promise<SendResult[]> {
    const results: SendResult[] = [];
    return new Promise((resolve) => {
      const next = (): void => {
        from.send(outgoing(url), (result) => {
          results.push(result);
          if (results.length < count) next();
          else resolve(results);
        });
      };
      next();
    });
  }

  function outgoing(url: string, headers = HEADERS): Outgoing {
    const subscription = { url, timeoutMs: 20_000, egress: DEVELOPMENT } as Subscription;
    return { subscription, request: { headers: [...headers], body: BODY }, delivery: {} as never, attemptNumber: 1 };
  }

  it("goes over the same connection, and gets its own answer", async () => {
    let count = 0;
    const to = await receiver({ reply: () => ({ status: 200, body: String(count++) }) });
    const results = await sendInChain(sender(), to.url, 200);
    const texts = results.map((result) => result.kind === "answered" && Buffer.from(result.responseBody).toString());
    expect(texts).toEqual(Array.from({ length: 200 }, (_, n) => String(n)));
    expect(to.connections).toHaveLength(1);
  });

  it("never gets an answer that came with the last one", async () => {
    const stray = "HTTP/1.1 500 Stray\r\ncontent-length: 0\r\n\r\n";
    const to = await rawReceiver(`HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n${stray}`);
    const results = await sendInChain(sender(), to.url, 50);
    expect(results.map((result) => result.kind === "answered" && result.status)).toEqual(Array(50).fill(200));
  });

  it("is told of its end after it was sent, also when nothing was sent at all", async () => {
    const from = sender();
    const closed = sender();
    await closed.close();
    const to = await receiver();
    for (const [by, outgo, kind] of [
      [from, outgoing(to.url), "answered"],
      [from, outgoing("http://10.0.0.1/"), "error"],
      [from, outgoing("no URL"), "error"],
      [from, outgoing(to.url, ["x-bad\n", "1"]), "error"],
      [closed, outgoing(to.url), "not_sent"],
    ] as const) {
      let hasReturned = false;
      const ended = new Promise((resolve) => by.send(outgo, ({ kind: what }) => resolve([what, hasReturned])));
      hasReturned = true;
      expect(await ended).toEqual([kind, true]);
    }
  });
});

describe("close", () => {
  it("ends what is in flight as a value, and sends nothing afterwards", async () => {
    const to = await receiver({ reply: ["hang"] });
    const from = sender();
    const pending = failed(post(from, to.url));
    await to.request(1);
    await from.close();
    expect(await pending).toMatchObject({ code: "reset", message: "hooks is stopping" });
    expect(await post(from, to.url)).toEqual({ kind: "not_sent" });
    expect(from.connections).toBe(0);
    expect(to.requests).toHaveLength(1);
  });
});
