import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import path from "node:path";

/** A request as it arrived. */
export interface ReceivedRequest {
  /** 1 for the first that this receiver got. */
  number: number;
  method: string;
  path: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** In the order and case received. */
  rawHeaders: readonly [string, string][];
  body: Buffer;
  /** Body as text. */
  text: string;
  /** Unix ms, when the body was complete. */
  receivedAt: number;
  /** 1 for the first connection. */
  connection: number;
}

/** What to answer: a status, more of an answer, nothing ever, or a connection that is torn down. */
export type Reply =
  | number
  | { status: number; headers?: Record<string, string | string[]>; body?: string | Uint8Array }
  | "hang"
  | "reset";

export type Responder = (request: ReceivedRequest) => Reply | Promise<Reply>;

export interface ReceiverOptions {
  /** Default: 204 to everything. A list answers the first request with its first entry, and so on; the last stays. */
  reply?: Responder | readonly Reply[];
  /** A certificate of test/fixtures/tls: then it speaks HTTPS. */
  certificate?: "good" | "expired" | "wrong-name" | "self-signed";
  /** Default: a free one. */
  port?: number;
}

export interface Receiver {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  url: string;
  port: number;
  requests: readonly ReceivedRequest[];
  /** Raw bytes of each connection, as far as they came. Not with TLS. */
  connections: readonly Buffer[][];
  /** Changes what is answered from the next request on. */
  reply(reply: Responder | readonly Reply[]): void;
  /** Resolves with the n-th request (1 …), also when it has come already. */
  request(n: number): Promise<ReceivedRequest>;
  /** Requests that came and are not answered. */
  readonly inFlight: number;
  /** Most that were in flight at one time. */
  readonly maxInFlight: number;
  close(): Promise<void>;
}

/** A real HTTP(S) server on a free port of 127.0.0.1 that does as it is told and remembers what it got. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const connections: Buffer[][] = [];
  const numbers = new WeakMap<net.Socket, number>();
  const waiting: { n: number; resolve: (request: ReceivedRequest) => void }[] = [];
  let responder = toResponder(options.reply ?? (() => 204));
  let inFlight = 0;
  let maxInFlight = 0;

  const handle = async (message: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    inFlight += 1;
    maxInFlight = Math.max(maxInFlight, inFlight);
    response.once("close", () => {
      inFlight -= 1;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const request: ReceivedRequest = {
      number: requests.length + 1,
      method: message.method ?? "",
      path: message.url ?? "",
      headers: message.headers as Record<string, string>,
      rawHeaders: pairs(message.rawHeaders),
      body,
      text: body.toString(),
      receivedAt: Date.now(),
      connection: numbers.get(message.socket) ?? 0,
    };
    requests.push(request);
    for (const waiter of waiting.filter(({ n }) => n === request.number)) waiter.resolve(request);
    const reply = await responder(request);
    if (reply === "hang") return;
    if (reply === "reset") {
      if (message.socket instanceof net.Socket) message.socket.resetAndDestroy();
      return;
    }
    const { status, headers = {}, body: answer } = typeof reply === "number" ? { status: reply } : reply;
    response.writeHead(status, headers).end(answer);
  };
  const listener: http.RequestListener = (message, response) => {
    // A request that is broken off is no failure of the receiver.
    handle(message, response).catch(() => response.destroy());
  };
  const server =
    options.certificate === undefined
      ? http.createServer(listener)
      : https.createServer(tlsFiles(options.certificate), listener);
  server.on(options.certificate === undefined ? "connection" : "secureConnection", (socket: net.Socket) => {
    const bytes: Buffer[] = [];
    numbers.set(socket, connections.push(bytes));
    if (options.certificate === undefined) socket.on("data", (chunk: Buffer) => bytes.push(chunk));
    socket.on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    url: `${options.certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    requests,
    connections,
    reply: (reply) => {
      responder = toResponder(reply);
    },
    request: (n) => {
      const come = requests[n - 1];
      if (come !== undefined) return Promise.resolve(come);
      return new Promise((resolve) => waiting.push({ n, resolve }));
    },
    get inFlight() {
      return inFlight;
    },
    get maxInFlight() {
      return maxInFlight;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface TcpReceiver {
  url: string;
  port: number;
  /** Connections so far. */
  readonly accepted: number;
  close(): Promise<void>;
}

/** A bare TCP server for what no HTTP library would answer. `onRequest` is called with each chunk that arrives. */
export async function startTcpReceiver(
  onRequest: (socket: net.Socket, chunk: Buffer) => void,
  onConnection: (socket: net.Socket) => void = () => {},
): Promise<TcpReceiver> {
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  const server = net.createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => onRequest(socket, chunk));
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get accepted() {
      return accepted;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function closedPort(): Promise<number> {
  const receiver = await startTcpReceiver(() => {});
  await receiver.close();
  return receiver.port;
}

const TLS_FOLDER = path.join(import.meta.dirname, "../fixtures/tls");

/** The root that signed the test certificates, PEM. */
export function testRoot(): string {
  return readFileSync(path.join(TLS_FOLDER, "ca.crt"), "utf8");
}

function tlsFiles(name: string): { key: Buffer; cert: Buffer } {
  return {
    key: readFileSync(path.join(TLS_FOLDER, `${name}.key`)),
    cert: readFileSync(path.join(TLS_FOLDER, `${name}.crt`)),
  };
}

function toResponder(reply: Responder | readonly Reply[]): Responder {
  if (typeof reply === "function") return reply;
  let next = 0;
  return () => reply[Math.min(next++, reply.length - 1)] ?? 204;
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, n) => [flat[2 * n] ?? "", flat[2 * n + 1] ?? ""]);
}
