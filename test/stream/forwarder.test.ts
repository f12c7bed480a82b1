import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { parseForwardTarget } from "../../src/stream/forward-target.ts";
import { Forwarder } from "../../src/stream/forwarder.ts";
import type { DeliveryFrame } from "../../src/stream/protocol.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function listen<S extends Server | TcpServer>(server: S, host = "127.0.0.1"): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  open.push({
    close: () => {
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
    },
  });
  return (server.address() as AddressInfo).port;
}

function local(handler: RequestListener, host?: string): Promise<number> {
  return listen(createHttpServer(handler), host);
}

function tcp(handler: (socket: Socket) => void): Promise<number> {
  return listen(
    createTcpServer((socket) => {
      socket.on("error", () => {});
      handler(socket);
    }),
  );
}

function forwarder(target: string, headers: [string, string][] = []): Forwarder {
  const made = new Forwarder({ target: parseForwardTarget(target, true), headers });
  open.push(made);
  return made;
}

function frame(overrides: Partial<DeliveryFrame> = {}): DeliveryFrame {
  return {
    type: "delivery",
    delivery_id: "dlv_1",
    attempt: 1,
    event_id: "evt_1",
    event_type: "order.created",
    method: "POST",
    path: "/",
    query: "",
    headers: [["content-type", "application/json"]],
    body: Buffer.from("{}"),
    deadline_ms: 20_000,
    replay: false,
    ...overrides,
  };
}

const never = new AbortController().signal;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe("Forwarder: the request", () => {
  it("keeps order, case and duplicates of headers, and rewrites the host", async () => {
    let raw: string[] = [];
    const port = await local((request, response) => {
      raw = request.rawHeaders;
      response.end();
    });
    await forwarder(`localhost:${port}`).forward(
      frame({
        headers: [
          ["X-Second", "2"],
          ["Host", "relay.example"],
          ["webhook-id", "evt_1"],
          ["x-tag", "a"],
          ["X-Tag", "b"],
          ["Content-Length", "999"],
          ["Connection", "close"],
          ["Transfer-Encoding", "chunked"],
          ["x-latin", "\u00e9"],
        ],
      }),
      never,
    );
    expect(raw.slice(0, -2)).toEqual([
      "X-Second",
      "2",
      "Host",
      `localhost:${port}`,
      "webhook-id",
      "evt_1",
      "x-tag",
      "a",
      "X-Tag",
      "b",
      "Content-Length",
      "2",
      "x-latin",
      "\u00e9",
    ]);
    expect(raw.slice(-2)).toEqual(["Connection", "keep-alive"]);
  });

  it("passes on a binary body of 1 MiB byte for byte", async () => {
    const body = randomBytes(1024 * 1024);
    let received: Buffer = Buffer.alloc(0);
    const port = await local((request, response) => {
      void bodyOf(request).then((bytes) => {
        received = bytes;
        response.end("ok");
      });
    });
    const answer = await forwarder(String(port)).forward(frame({ body }), never);
    expect(answer).toMatchObject({ kind: "answered", status: 200, truncated: false });
    expect(received.equals(body)).toBe(true);
  });

  it.each([
    ["", "/", "", "/"],
    ["/webhooks", "/", "", "/webhooks"],
    ["/webhooks/", "/a/b", "x=1&x=2", "/webhooks/a/b?x=1&x=2"],
    ["/webhooks?k=v", "/a%2fb", "x=1", "/webhooks/a%2fb?k=v&x=1"],
  ])("joins target %j with path %j and query %j", async (target, path, query, expected) => {
    let url: string | undefined;
    const port = await local((request, response) => {
      url = request.url;
      response.end();
    });
    await forwarder(`localhost:${port}${target}`).forward(frame({ path, query, method: "PUT" }), never);
    expect(url).toBe(expected);
  });

  it("sends a GET without a body as one", async () => {
    let seen: { method: string | undefined; raw: string[] } | undefined;
    const port = await local((request, response) => {
      seen = { method: request.method, raw: request.rawHeaders.map((each) => each.toLowerCase()) };
      response.end();
    });
    await forwarder(String(port)).forward(frame({ method: "GET", headers: [], body: Buffer.alloc(0) }), never);
    expect(seen?.method).toBe("GET");
    expect(seen?.raw).not.toContain("content-length");
    expect(seen?.raw).not.toContain("transfer-encoding");
  });

  it("sets extra headers, in place of the delivery's own of that name", async () => {
    let raw: string[] = [];
    const port = await local((request, response) => {
      raw = request.rawHeaders;
      response.end();
    });
    const extra: [string, string][] = [
      ["X-Team", "mine"],
      ["Host", "app.test"],
    ];
    await forwarder(String(port), extra).forward(frame({ headers: [["x-team", "theirs"]] }), never);
    expect(raw.slice(0, 6)).toEqual(["content-length", "2", "X-Team", "mine", "Host", "app.test"]);
  });

  it.each(["127.0.0.1", "::1"])("finds a program on localhost that listens on %s only", async (host) => {
    const port = await local((_request, response) => response.end("here"), host);
    const answer = await forwarder(`localhost:${port}`).forward(frame(), never);
    expect(answer).toMatchObject({ kind: "answered", status: 200 });
  });

  it("uses one connection for several deliveries, and a new one when the program closed it", async () => {
    const connections = new Set<Socket>();
    const server = createHttpServer((request, response) => {
      connections.add(request.socket);
      response.end();
    });
    const port = await listen(server);
    const to = forwarder(String(port));
    await to.forward(frame(), never);
    await to.forward(frame(), never);
    expect(connections.size).toBe(1);
    // Half-closed behind the agent's back: the next write meets a reset.
    for (const socket of connections) socket.resetAndDestroy();
    expect(await to.forward(frame(), never)).toMatchObject({ kind: "answered", status: 200 });
    expect(connections.size).toBe(2);
  });
});

describe("Forwarder: the answer", () => {
  it("brings status, raw headers and body, undecoded", async () => {
    const port = await local((_request, response) => {
      response.writeHead(418, ["X-B", "1", "x-a", "2", "X-B", "3", "content-encoding", "gzip"]);
      response.end(Buffer.from([0, 255, 1]));
    });
    const answer = await forwarder(String(port)).forward(frame(), never);
    if (answer.kind !== "answered") throw new Error(answer.message);
    expect(answer.status).toBe(418);
    expect(answer.headers.slice(0, 4)).toEqual([
      ["X-B", "1"],
      ["x-a", "2"],
      ["X-B", "3"],
      ["content-encoding", "gzip"],
    ]);
    expect([...answer.body]).toEqual([0, 255, 1]);
  });

  it("follows no redirect", async () => {
    let requests = 0;
    const port = await local((_request, response) => {
      requests += 1;
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect(await forwarder(String(port)).forward(frame(), never)).toMatchObject({ status: 302 });
    expect(requests).toBe(1);
  });

  it.each([
    ["of exactly 64 KiB is whole", 64 * 1024, false],
    ["of one byte more is cut and marked", 64 * 1024 + 1, true],
  ])("a body %s", async (_name, size, truncated) => {
    const port = await local((_request, response) => response.end(Buffer.alloc(size, 7)));
    const answer = await forwarder(String(port)).forward(frame(), never);
    expect(answer).toMatchObject({ kind: "answered", status: 200, truncated });
    expect(answer.kind === "answered" && answer.body.byteLength).toBe(64 * 1024);
  });

  it("an endless body does not turn a 200 into a failure", async () => {
    const port = await local((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(Buffer.alloc(16 * 1024)), 1);
      response.on("close", () => clearInterval(timer));
    });
    const answer = await forwarder(String(port)).forward(frame(), never);
    expect(answer).toMatchObject({ kind: "answered", status: 200, truncated: true });
  });

  it("a body that hangs is cut at the deadline", async () => {
    const port = await local((_request, response) => response.writeHead(200).write("first"));
    const answer = await forwarder(String(port)).forward(frame({ deadline_ms: 100 }), never);
    expect(answer).toMatchObject({ kind: "answered", status: 200, truncated: true });
    expect(answer.kind === "answered" && Buffer.from(answer.body).toString()).toBe("first");
  });
});

describe("Forwarder: failures", () => {
  it("refused", async () => {
    const port = await local(() => {});
    open.pop()?.close();
    const answer = await forwarder(`localhost:${port}`).forward(frame(), never);
    expect(answer).toMatchObject({ kind: "failed", code: "refused" });
    expect(answer.kind === "failed" && answer.message).toBe(`ECONNREFUSED 127.0.0.1:${port}: nothing listens there`);
  });

  it("timeout", async () => {
    const port = await local(() => {});
    const answer = await forwarder(String(port)).forward(frame({ deadline_ms: 100 }), never);
    expect(answer).toMatchObject({ kind: "failed", code: "timeout", message: "no answer within 100 ms" });
    expect(answer.durationMs).toBeGreaterThanOrEqual(99);
  });

  it("dns", async () => {
    const answer = await forwarder("http://nowhere.invalid:80").forward(frame(), never);
    expect(answer).toMatchObject({ kind: "failed", code: "dns", message: expect.stringContaining("nowhere.invalid") });
  });

  it("tls", async () => {
    const port = await tcp((socket) => socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    const answer = await forwarder(`https://localhost:${port}`).forward(frame(), never);
    expect(answer).toMatchObject({ kind: "failed", code: "tls" });
  });

  it("reset, before the status line", async () => {
    const port = await tcp((socket) => socket.once("data", () => socket.resetAndDestroy()));
    expect(await forwarder(String(port)).forward(frame(), never)).toMatchObject({ kind: "failed", code: "reset" });
  });

  it("reset, by a program that hangs up politely without an answer", async () => {
    const port = await tcp((socket) => socket.once("data", () => socket.end()));
    expect(await forwarder(String(port)).forward(frame(), never)).toMatchObject({ kind: "failed", code: "reset" });
  });

  it("what is not HTTP", async () => {
    const port = await tcp((socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.9\r\n")));
    const answer = await forwarder(String(port)).forward(frame(), never);
    expect(answer).toMatchObject({ kind: "failed", code: "reset", message: expect.stringContaining("not HTTP") });
  });

  it("a status that HTTP does not know", async () => {
    const port = await tcp((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 777 Lucky\r\ncontent-length: 0\r\n\r\n")),
    );
    expect(await forwarder(String(port)).forward(frame(), never)).toMatchObject({ kind: "failed", code: "reset" });
  });

  it("aborted, when the listener ends", async () => {
    const stop = new AbortController();
    const port = await local(() => stop.abort());
    const answer = await forwarder(String(port)).forward(frame(), stop.signal);
    expect(answer).toMatchObject({ kind: "failed", code: "aborted" });
  });
});
