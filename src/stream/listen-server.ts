import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { SendResult } from "../core/attempt.ts";
import { HooksError, toHooksError } from "../core/errors.ts";
import type { Actor } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import type { Subscription } from "../core/subscription.ts";
import type { ListenSessions, WhileUnheard } from "../service/listen-sessions.ts";
import {
  type ConnectionLimits,
  type ConnectionOwner,
  ListenerConnection,
  type TunnelRequest,
} from "./listener-connection.ts";
import type { ReplayFrame } from "./protocol.ts";
import { DELIVERY_MAX_BODY_BYTES, LISTEN_SUBPROTOCOL, MESSAGE_MAX_CHARS, SERVER_MAX_FRAME_BYTES } from "./protocol.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";
import { SessionRoster } from "./session-roster.ts";

export interface ListenServerOptions {
  sessions: ListenSessions;
  /** A listener of this subscription has room, or takes no more: wakes the dispatcher. */
  onRoom(subscriptionRowId: number): void;
  /** Unix ms. */
  now(): number;
  /** A listener asks for a delivery again. What is thrown becomes a problem frame. */
  onReplay?(replay: ListenerReplay): Promise<void>;
  /** For the log. */
  onNews?(news: ListenerNews): void;
  keepAlive?: { pingMs: number; silentMs: number } | undefined;
  limits?: Partial<Omit<ConnectionLimits, "pingMs" | "silentMs">>;
  maxBodyBytes?: number;
  /** By which others reach the server. */
  publicUrl?: string | undefined;
  /** Where it listens, for what no public URL is known of. */
  url?(): string | undefined;
  /** Connections of one tenant. Default 1,000: whoever has a listener's key may not take all that there are. */
  maxPerTenant?: number | undefined;
  ephemeralGraceMs?: number;
}

/** Exactly one of the two ids is there. */
export interface ListenerReplay {
  subscription: Subscription;
  /** Whose key it came in with. */
  actor: Actor | undefined;
  deliveryId: string | undefined;
  eventId: string | undefined;
}

export type ListenerNews =
  | { kind: "connected"; subscription: Subscription; name: string; resumed: boolean }
  /** `subscription` is undefined when it never came to a session; `code` and `reason` are the WebSocket's. */
  | { kind: "gone"; subscription: Subscription | undefined; code: number; reason: string; clean: boolean }
  | { kind: "fault"; error: unknown };

const DEFAULT_LIMITS: ConnectionLimits = {
  pingMs: 15_000,
  silentMs: 35_000,
  helloMs: 10_000,
  maxInFlightBytes: 32 * 1024 * 1024,
  maxBufferedBytes: 4 * 1024 * 1024,
  stallMs: 10_000,
  answerSlackMs: 2_000,
  signMs: 10_000,
};

const MAX_PER_TENANT = 1_000;
const STOPPING = "the server is stopping";
const ENOUGH = "end those that nobody needs; one listener takes many deliveries at once: --concurrency";
const HINT = "to listen: hooks listen --forward localhost:3000";

/** The server's end of the tunnel: WebSockets of listeners, and a transport for the deliveries of their sessions. */
export class ListenServer {
  readonly #options: ListenServerOptions;
  readonly #limits: ConnectionLimits;
  readonly #maxBodyBytes: number;
  readonly #webSockets: WebSocketServer;
  readonly #roster: SessionRoster;
  readonly #owner: ConnectionOwner;
  #lastTurn = 0;
  #closing = false;
  /** While draining: looks whether anything is still in flight. */
  #onAnswer: (() => void) | undefined;

  constructor(options: ListenServerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.keepAlive, ...options.limits };
    this.#maxBodyBytes = options.maxBodyBytes ?? DELIVERY_MAX_BODY_BYTES;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: SERVER_MAX_FRAME_BYTES,
      handleProtocols: () => LISTEN_SUBPROTOCOL,
    });
    this.#webSockets.on("wsClientError", (error, socket, request) => refuseHandshake(error, socket, request));
    this.#roster = new SessionRoster({
      sessions: options.sessions,
      maxBodyBytes: this.#maxBodyBytes,
      publicUrl: options.publicUrl,
      url: () => options.url?.(),
      ephemeralGraceMs: options.ephemeralGraceMs ?? 60_000,
      onListening: (connection, resumed) => this.#onListening(connection, resumed),
      onFault: (error) => options.onNews?.({ kind: "fault", error }),
    });
    this.#owner = {
      hello: (connection, hello) => void this.#roster.open(connection, hello),
      room: (connection) => this.#onRoom(connection),
      answered: () => this.#onAnswer?.(),
      replay: (connection, replay) => void this.#replay(connection, replay),
      // Closed only then: a listener whose connection is closed in good order knows that its session is as it asked.
      drained: (connection) => void this.#roster.leave(connection).then(() => connection.close(1000, "drained")),
      gone: (connection, code, reason) => this.#onGone(connection, code, reason),
    };
  }

  /** Takes over an upgrade request whose host, origin and key have been checked: the key is `actor`'s, for `scope`. */
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    admitted: { scope: Scope; actor?: Actor | undefined },
  ): void {
    if (this.#closing) {
      refuseUpgrade(socket, new HooksError("unavailable", STOPPING));
      return;
    }
    const most = this.#options.maxPerTenant ?? MAX_PER_TENANT;
    if (most <= this.#roster.countOf(admitted.scope.tenant)) {
      refuseUpgrade(socket, new HooksError("unavailable", `there are ${most} listeners already`, { hint: ENOUGH }));
      return;
    }
    const offered = request.headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
    if (isWebSocket(request) && !offered.includes(LISTEN_SUBPROTOCOL)) {
      const field = "sec-websocket-protocol";
      const message = `${field} must offer ${LISTEN_SUBPROTOCOL}`;
      refuseUpgrade(socket, new HooksError("invalid_request", message, { field, hint: HINT }));
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#roster.add(
        new ListenerConnection(webSocket, admitted, this.#owner, this.#limits, () => this.#options.now()),
      );
    });
  }

  /** For whoever tidies up after listeners that are gone. */
  get whileUnheard(): WhileUnheard {
    return this.#roster.whileUnheard;
  }

  /** Listeners that are connected. */
  get connected(): number {
    return this.#roster.connections.size;
  }

  /** Whether somebody gets what comes to this source. */
  listensTo(scope: Scope, source: string): boolean {
    for (const { scope: theirs, hello, subscription } of this.#roster.connections) {
      const isTheirs = theirs.tenant === scope.tenant && theirs.environment === scope.environment;
      if (isTheirs && subscription !== undefined && hello?.sources?.includes(source) === true) return true;
    }
    return false;
  }

  /** How many more deliveries of this subscription its listeners would take now; 0 while nobody listens. */
  room(subscription: Subscription): number {
    let room = 0;
    for (const connection of this.#roster.listenersOf(subscription.rowId)) room += connection.free;
    return room;
  }

  /** Whether somebody listens who goes on taking deliveries, whatever is in hand now. */
  isThere({ rowId }: Subscription): boolean {
    for (const connection of this.#roster.listenersOf(rowId)) if (connection.isTaking) return true;
    return false;
  }

  /** Through the listener with the most room. `not_sent` when there is none, or it is lost before it answers. */
  send(outgoing: TunnelRequest): Promise<SendResult> {
    const bytes = (outgoing.original ?? outgoing.request).body.byteLength;
    if (this.#maxBodyBytes < bytes) return Promise.resolve(tooLarge(bytes, this.#maxBodyBytes, this.#options.now()));
    const connection = this.#pick(outgoing.subscription.rowId);
    if (connection === undefined) return Promise.resolve({ kind: "not_sent" });
    connection.lastTurn = ++this.#lastTurn;
    return connection.deliver(outgoing);
  }

  /**
   * For the daemon's end: no listener comes in; those that are here are told to expect nothing more, and are closed
   * with 1001 when everything in flight has been answered, at the latest after `drainMs`. What is unanswered then comes
   * back `not_sent`. The sessions go on collecting.
   */
  async close(drainMs = 10_000): Promise<void> {
    this.#closing = true;
    const { connections } = this.#roster;
    for (const connection of connections) connection.drain();
    await this.#answered(drainMs);
    for (const connection of connections) connection.close(1001, STOPPING);
    await this.#roster.close();
    this.#webSockets.close();
  }

  async #answered(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.#onAnswer = () => {
      if ([...this.#roster.connections].every((connection) => connection.inFlight === 0)) resolve();
    };
    this.#onAnswer();
    await promise;
    clearTimeout(timer);
  }

  /** The most room; of equals, the one that has waited longest. */
  #pick(subscriptionRowId: number): ListenerConnection | undefined {
    let best: ListenerConnection | undefined;
    for (const connection of this.#roster.listenersOf(subscriptionRowId)) {
      const lead = connection.free - (best?.free ?? 0);
      if (0 < lead || (lead === 0 && best !== undefined && connection.lastTurn < best.lastTurn)) best = connection;
    }
    return best;
  }

  #onListening(connection: ListenerConnection, resumed: boolean): void {
    const { subscription, hello } = connection;
    if (subscription === undefined) return;
    this.#options.onNews?.({ kind: "connected", subscription, name: hello?.name ?? "", resumed });
    if (this.#closing) connection.close(1001, STOPPING);
    this.#onRoom(connection);
  }

  #onRoom(connection: ListenerConnection): void {
    if (connection.subscription !== undefined) this.#options.onRoom(connection.subscription.rowId);
  }

  #onGone(connection: ListenerConnection, code: number, reason: string): void {
    const { subscription, quit } = connection;
    void this.#roster.remove(connection);
    this.#options.onNews?.({ kind: "gone", subscription, code, reason, clean: quit !== undefined });
    this.#onAnswer?.();
    if (subscription === undefined) return;
    // Once what it had in flight has come back unsent: another listener of the session may have room for it, and what was
    // to come later must not come first.
    setImmediate(() => this.#options.onRoom(subscription.rowId));
  }

  async #replay(connection: ListenerConnection, replay: ReplayFrame): Promise<void> {
    const { subscription } = connection;
    try {
      if (subscription === undefined || (replay.delivery_id === undefined) === (replay.event_id === undefined)) {
        throw new HooksError("invalid_request", "replay must name either delivery_id or event_id");
      }
      if (this.#options.onReplay === undefined) throw new HooksError("unavailable", "this server replays nothing");
      await this.#options.onReplay({
        subscription,
        actor: connection.actor,
        deliveryId: replay.delivery_id,
        eventId: replay.event_id,
      });
    } catch (error) {
      const { code, message } = toHooksError(error);
      connection.problem({ code, message: message.slice(0, MESSAGE_MAX_CHARS), fatal: false });
    }
  }
}

function tooLarge(bytes: number, most: number, now: number): SendResult {
  return {
    kind: "error",
    code: "protocol_error",
    message: `too_large: the body has ${bytes} bytes, a listener takes at most ${most}`,
    phase: "write",
    startedAt: now,
    durationMs: 0,
    remoteAddress: undefined,
    bytesSent: 0,
  };
}

/** A request that is no WebSocket handshake as we take it. */
function refuseHandshake(error: Error, socket: Duplex, request: IncomingMessage): void {
  const refusal = isWebSocket(request)
    ? new HooksError("invalid_request", error.message, { hint: HINT })
    : new HooksError("upgrade_required", "a WebSocket of version 13 is needed here", { hint: HINT });
  refuseUpgrade(socket, refusal);
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket" && headers["sec-websocket-version"] === "13";
}
