import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket as ClientSocket } from "ws";
import type { SendResult } from "../../../src/core/attempt.ts";
import type { Scope } from "../../../src/core/scope.ts";
import { type ListenerNews, ListenServer, type ListenServerOptions } from "../../../src/stream/listen-server.ts";
import type { TunnelRequest } from "../../../src/stream/listener-connection.ts";
import { textOf } from "../../../src/stream/message-text.ts";
import { LISTEN_SUBPROTOCOL } from "../../../src/stream/protocol.ts";
import { MemorySessions, tunnelSubscription } from "./memory-sessions.ts";

export const SCOPE: Scope = { tenant: "default", environment: "development" };

/** A listen server on a port of its own, with a queue in place of store and dispatcher. */
export class Tunnel {
  readonly sessions = new MemorySessions();
  readonly news: ListenerNews[] = [];
  /** Results of deliveries that were answered or failed, in that order. */
  readonly results: { deliveryId: string; result: SendResult }[] = [];
  /** How often a delivery came back unanswered. */
  notSent = 0;
  readonly server: ListenServer;
  readonly #http: Server;
  readonly #queue: TunnelRequest[] = [];
  readonly #changed = new EventTarget();

  constructor(options: Partial<ListenServerOptions> = {}) {
    this.server = new ListenServer({
      sessions: this.sessions,
      onRoom: () => this.#pump(),
      onNews: (news) => {
        this.news.push(news);
        this.#change();
      },
      now: () => Date.now(),
      ...options,
    });
    this.#http = createServer((_request, response) => response.writeHead(404).end());
    this.#http.on("upgrade", (request, socket, head) => {
      if (request.headers.authorization !== "Bearer key") {
        socket.end("HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        return;
      }
      const environment = request.headers["hooks-environment"];
      const scope = typeof environment === "string" ? { ...SCOPE, environment } : SCOPE;
      this.server.handleUpgrade(request, socket, head, { scope });
    });
  }

  async start(port = 0): Promise<this> {
    this.#http.listen(port, "127.0.0.1");
    await once(this.#http, "listening");
    return this;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await this.server.close(0);
    this.#http.closeAllConnections();
    this.#http.close();
  }

  /** Queues deliveries; each is sent when there is room, and again when it came back unanswered. */
  publish(...deliveries: TunnelRequest[]): void {
    this.#queue.push(...deliveries);
    this.#pump();
  }

  /** Resolves once `condition` holds; looks whenever something happened. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#changed.addEventListener("change", () => resolve(), { once: true }));
    }
  }

  #pump(): void {
    // A queue keeps the order of events: what comes back goes before what is new.
    for (let at = 0; at < this.#queue.length; ) {
      const outgoing = this.#queue[at]!;
      if (this.server.room(outgoing.subscription) === 0) {
        at += 1;
        continue;
      }
      this.#queue.splice(at, 1);
      void this.server.send(outgoing).then((result) => this.#onResult(outgoing, result));
    }
  }

  #onResult(outgoing: TunnelRequest, result: SendResult): void {
    if (result.kind === "not_sent") {
      this.notSent += 1;
      this.#queue.unshift(outgoing);
    } else {
      this.results.push({ deliveryId: outgoing.delivery.id, result });
    }
    this.#change();
    queueMicrotask(() => this.#pump());
  }

  #change(): void {
    this.#changed.dispatchEvent(new Event("change"));
  }
}

let number = 0;

export function delivery(
  overrides: { subscriptionRowId?: number; timeoutMs?: number; body?: Uint8Array; headers?: string[] } = {},
): TunnelRequest {
  const { subscriptionRowId = 1, timeoutMs = 30_000 } = overrides;
  const body = overrides.body ?? Buffer.from('{"type":"order.created","data":{}}');
  const subscription = tunnelSubscription(subscriptionRowId, { timeoutMs });
  number += 1;
  return {
    subscription,
    delivery: {
      rowId: number,
      id: `dlv_${number}`,
      subscriptionRowId,
      scope: SCOPE,
      event: {
        id: `evt_${number}`,
        type: "order.created",
        timestamp: 1_700_000_000_000 + number,
        data: Buffer.from("{}"),
        metadata: undefined,
        version: undefined,
      },
      attemptCount: 0,
      roundAttempts: 0,
      createdAt: 1_700_000_000_000 + number,
      trigger: "auto",
    },
    request: { headers: overrides.headers ?? ["content-type", "application/json"], body },
    attemptNumber: 1,
  };
}

/** A listener that speaks by hand, frame by frame. */
export class RawListener {
  readonly socket: ClientSocket;
  readonly frames: Record<string, unknown>[] = [];
  closed: { code: number; reason: string } | undefined;
  readonly #changed = new EventTarget();

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new ClientSocket(`${url.replace("http", "ws")}/v1/listen`, [LISTEN_SUBPROTOCOL], {
      headers: { authorization: "Bearer key", ...headers },
      perMessageDeflate: false,
      maxPayload: 16 * 1024 * 1024,
    });
    this.socket.on("error", () => {});
    this.socket.on("message", (data) => {
      this.frames.push(JSON.parse(textOf(data)) as Record<string, unknown>);
      this.#changed.dispatchEvent(new Event("change"));
    });
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#changed.dispatchEvent(new Event("change"));
    });
  }

  /** Connected, and `hello` answered. */
  static async ready(url: string, hello: object = {}, headers: Record<string, string> = {}): Promise<RawListener> {
    const listener = new RawListener(url, headers);
    await once(listener.socket, "open");
    listener.send({ type: "hello", session: "test", events: ["*"], credit: 10, ...hello });
    await listener.frame("ready");
    return listener;
  }

  send(frame: object | string): void {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  answer(frame: Record<string, unknown>, status = 200): void {
    const { delivery_id, attempt } = frame;
    this.send({
      type: "result",
      delivery_id,
      attempt,
      status,
      headers: [],
      body: "",
      truncated: false,
      duration_ms: 1,
    });
  }

  of(type: string): Record<string, unknown>[] {
    return this.frames.filter((frame) => frame["type"] === type);
  }

  /** The `nth` frame of this type. */
  async frame(type: string, nth = 1): Promise<Record<string, unknown>> {
    await this.until(() => this.of(type).length >= nth);
    return this.of(type)[nth - 1]!;
  }

  async close(): Promise<{ code: number; reason: string }> {
    await this.until(() => this.closed !== undefined);
    return this.closed!;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#changed.addEventListener("change", () => resolve(), { once: true }));
    }
  }
}
