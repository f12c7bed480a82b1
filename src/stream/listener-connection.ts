import type { RawData, WebSocket } from "ws";
import type { SendResult } from "../core/attempt.ts";
import type { ClaimedDelivery } from "../core/delivery.ts";
import type { Actor } from "../core/key.ts";
import type { ProfileRequest } from "../core/profiles/profile.ts";
import type { Scope } from "../core/scope.ts";
import type { OriginalRequest } from "../core/sources/source.ts";
import type { Subscription } from "../core/subscription.ts";
import { textOf } from "./message-text.ts";
import type {
  ClientFrame,
  ErrorFrame,
  HelloFrame,
  ProblemFrame,
  ReadyFrame,
  ReplayFrame,
  ResultFrame,
} from "./protocol.ts";
import { encodeFrame, MAX_CREDIT, parseClientFrame } from "./protocol.ts";
import { resultOf, type SentRequest, unansweredResult } from "./tunnel-result.ts";

/** One attempt, as the dispatcher hands it to a transport (src/deliver/transport.ts; the shape is declared here
 * because stream and deliver do not know each other). */
export interface TunnelRequest {
  subscription: Subscription;
  delivery: ClaimedDelivery;
  request: ProfileRequest;
  attemptNumber: number;
  /** What a sender sent to a source, instead of the request. */
  original?: OriginalRequest | undefined;
}

export interface ConnectionLimits {
  /** Between two pings. */
  pingMs: number;
  /** A peer that has sent nothing for this long, not even a pong, is gone. */
  silentMs: number;
  /** The first frame must have come. */
  helloMs: number;
  /** Of bodies in flight, which this process holds until they are answered. Above, it gets no more deliveries. */
  maxInFlightBytes: number;
  /** Bytes that wait for a client that does not read them. Above, it gets no more deliveries … */
  maxBufferedBytes: number;
  /** … and is dropped when it has still not read them after this. */
  stallMs: number;
  /** What the client's error needs on the way when its own deadline ends. */
  answerSlackMs: number;
  /** How long a peer that left a delivery unanswered may take for a sign of life. Within what a lease outlasts a time-out. */
  signMs: number;
}

/** What a connection tells the server that holds it. */
export interface ConnectionOwner {
  hello(connection: ListenerConnection, hello: HelloFrame): void;
  /** It takes more deliveries, or none; not because one was answered: whoever sent that hears of it anyway. */
  room(connection: ListenerConnection): void;
  /** Fewer of its deliveries are in flight. */
  answered(): void;
  replay(connection: ListenerConnection, replay: ReplayFrame): void;
  /** It left of its own will and has answered everything; the owner closes it. */
  drained(connection: ListenerConnection): void;
  /** Once, as the last; its unanswered deliveries have been given back. */
  gone(connection: ListenerConnection, code: number, reason: string): void;
}

interface Pending extends SentRequest {
  attempt: number;
  deadline: NodeJS.Timeout;
  resolve(result: SendResult): void;
}

/** The time a peer has to answer our close frame. */
const CLOSE_MS = 2_000;

/** A listener's WebSocket: its credit, what it has in flight, and whether it is still alive. */
export class ListenerConnection {
  readonly scope: Scope;
  /** Whose key it came in with. */
  readonly actor: Actor | undefined;
  /** What it asked for; undefined until its first frame came. */
  hello: HelloFrame | undefined;
  /** Name of the session that it listens to or will; undefined until hello. */
  sessionName: string | undefined;
  /** The subscription behind that session; undefined until it is open. */
  subscription: Subscription | undefined;
  /** Set by a drain frame: the listener leaves of its own will, and says whether its session goes on collecting. At the
   * end undefined again if it left something unanswered. */
  quit: { keep: boolean } | undefined;
  /** Counts up with each delivery sent by anyone: the smallest has waited longest. */
  lastTurn = 0;

  readonly #socket: WebSocket;
  readonly #owner: ConnectionOwner;
  readonly #limits: ConnectionLimits;
  readonly #now: () => number;
  /** By delivery id. */
  readonly #pending = new Map<string, Pending>();
  /** Of those, what was not answered in time, and that time; it is not known yet why. */
  readonly #overdue = new Map<string, number>();
  readonly #ping: NodeJS.Timeout;
  readonly #silence: NodeJS.Timeout;
  readonly #greeting: NodeJS.Timeout;
  #stall: NodeJS.Timeout | undefined;
  #credit = 0;
  #inFlightBytes = 0;
  #draining = false;
  #gone = false;

  constructor(
    socket: WebSocket,
    { scope, actor }: { scope: Scope; actor?: Actor | undefined },
    owner: ConnectionOwner,
    limits: ConnectionLimits,
    now: () => number,
  ) {
    this.scope = scope;
    this.actor = actor;
    this.#socket = socket;
    this.#owner = owner;
    this.#limits = limits;
    this.#now = now;
    this.#ping = setInterval(() => socket.ping(), limits.pingMs);
    this.#silence = setTimeout(() => this.#drop(1001, "silent"), limits.silentMs);
    this.#greeting = setTimeout(() => this.refuse("invalid_request", "hello did not come in time"), limits.helloMs);
    socket.on("message", (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on("pong", () => this.#heard());
    // ws has answered it by now.
    socket.on("ping", () => this.#isFlooding() || this.#heard());
    socket.on("error", () => {
      // Whatever it was (no UTF-8, too large, reset), ws closes the connection with the fitting code.
    });
    socket.on("close", (code, reason) => this.#end(code, reason.toString()));
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /** How many more deliveries it would take now. */
  get free(): number {
    if (!this.isTaking || this.#limits.maxInFlightBytes <= this.#inFlightBytes) return 0;
    return Math.max(0, this.#credit - this.#pending.size);
  }

  /** Whether it takes deliveries, once it has answered some of those that it has. */
  get isTaking(): boolean {
    if (this.#gone || this.#draining || this.subscription === undefined || this.#credit === 0) return false;
    return this.#socket.readyState === this.#socket.OPEN && !this.#isStalled;
  }

  /** The session is open: deliveries may come. */
  ready(subscription: Subscription, frame: ReadyFrame): void {
    this.#write(encodeFrame(frame));
    this.subscription = subscription;
  }

  problem(frame: Omit<ProblemFrame, "type">): void {
    if (!this.#isFlooding()) this.#write(encodeFrame({ type: "problem", ...frame }));
  }

  /** What the peer sent is not in order: says so and parts. */
  refuse(code: string, message: string): void {
    this.problem({ code, message, fatal: true });
    this.close(1008, message);
  }

  /** Sends a delivery; resolves with what came of it, `not_sent` when the connection ends before the answer. */
  deliver(outgoing: TunnelRequest): Promise<SendResult> {
    const { delivery, request, subscription, attemptNumber, original } = outgoing;
    if (this.free === 0 || this.#pending.has(delivery.id)) return Promise.resolve({ kind: "not_sent" });
    const frame = encodeFrame({
      type: "delivery",
      delivery_id: delivery.id,
      attempt: attemptNumber,
      event_id: delivery.event.id,
      event_type: delivery.event.type,
      method: original?.method ?? "POST",
      path: original?.path ?? "/",
      query: original?.query ?? "",
      headers: original?.headers ?? pairsOf(request.headers),
      body: original?.body ?? request.body,
      deadline_ms: subscription.timeoutMs,
      replay: delivery.trigger !== "auto",
    });
    const bytesSent = (original ?? request).body.byteLength;
    const { promise, resolve } = Promise.withResolvers<SendResult>();
    const deadline = setTimeout(
      () => this.#onDeadline(delivery.id, subscription.timeoutMs),
      subscription.timeoutMs + this.#limits.answerSlackMs,
    );
    this.#pending.set(delivery.id, {
      attempt: attemptNumber,
      startedAt: this.#now(),
      bytesSent,
      deadline,
      resolve,
    });
    this.#inFlightBytes += bytesSent;
    this.#write(frame);
    return promise;
  }

  /** Asks the listener to expect nothing more. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#write(encodeFrame({ type: "drain" }));
  }

  /** Parts now: what is in flight is given back at once, not when the peer has answered. */
  close(code: number, reason: string): void {
    if (this.#gone) return;
    // A close frame has room for 123 bytes.
    const short = reason.replace(/[^\x20-\x7e]/g, "").slice(0, 123);
    this.#socket.close(code, short);
    setTimeout(() => this.#socket.terminate(), CLOSE_MS).unref();
    this.#end(code, short);
  }

  #drop(code: number, reason: string): void {
    this.close(code, reason);
    if (code === 1001) this.#socket.terminate();
  }

  #end(code: number, reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    clearInterval(this.#ping);
    clearTimeout(this.#silence);
    clearTimeout(this.#greeting);
    clearTimeout(this.#stall);
    // It did not finish what it said that it would: what that was is to find it again.
    if (this.#pending.size !== 0) this.quit = undefined;
    for (const id of this.#pending.keys()) this.#take(id)?.resolve({ kind: "not_sent" });
    this.#owner.gone(this, code, reason);
  }

  get #isStalled(): boolean {
    return this.#limits.maxBufferedBytes < this.#socket.bufferedAmount;
  }

  /** Drops a peer that makes us answer again and again and reads none of it: it could fill the memory within its time. */
  #isFlooding(): boolean {
    if (!this.#gone && this.#isStalled) this.#drop(1013, "does not read what it is sent");
    return this.#gone;
  }

  #write(data: string): void {
    if (this.#gone) return;
    this.#socket.send(data, () => this.#onFlushed());
    if (this.#isStalled) {
      this.#stall ??= setTimeout(() => this.#drop(1013, "does not read what it is sent"), this.#limits.stallMs);
    }
  }

  #onFlushed(): void {
    if (this.#stall === undefined || this.#isStalled) return;
    clearTimeout(this.#stall);
    this.#stall = undefined;
    if (!this.#gone) this.#owner.room(this);
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#gone) return;
    if (isBinary) {
      this.close(1003, "frames must be text");
      return;
    }
    const parsed = parseClientFrame(textOf(data));
    if ("problem" in parsed) this.refuse("invalid_request", parsed.problem);
    else if ((parsed.frame.type === "hello") === (this.hello === undefined)) this.#onFrame(parsed.frame);
    else this.refuse("invalid_request", "the first frame, and no other, must be hello");
    // Afterwards: it may have been the answer that was late.
    this.#heard();
  }

  #onFrame(frame: ClientFrame): void {
    switch (frame.type) {
      case "hello":
        clearTimeout(this.#greeting);
        this.hello = frame;
        this.#credit = frame.credit;
        this.#owner.hello(this, frame);
        break;
      case "result":
      case "error":
        this.#onAnswer(frame);
        break;
      case "credit":
        this.#onCredit(frame.add);
        break;
      case "replay":
        this.#owner.replay(this, frame);
        break;
      case "drain":
        if (this.quit !== undefined) break;
        this.quit = { keep: frame.keep ?? false };
        this.#draining = true;
        this.#owner.room(this);
        this.#closeWhenDrained();
        break;
    }
  }

  #onCredit(more: number): void {
    if (MAX_CREDIT < this.#credit + more) {
      this.refuse("invalid_request", `credit.add would lead to a credit of more than ${MAX_CREDIT}`);
      return;
    }
    this.#credit += more;
    this.#owner.room(this);
  }

  /** An answer to what is not in flight here (somebody else's, given twice, too late) changes nothing. */
  #onAnswer(frame: ResultFrame | ErrorFrame): void {
    if (this.#pending.get(frame.delivery_id)?.attempt !== frame.attempt) return;
    const pending = this.#take(frame.delivery_id);
    // Who gives a delivery back gets none, else it would come and go without end.
    if (frame.type === "error" && frame.code === "not_taken") this.#draining = true;
    pending?.resolve(resultOf(frame, pending));
    this.#afterAnswer();
  }

  /** Whether it was the local program that took too long, or the listener that is not there any more, its next sign tells. */
  #onDeadline(deliveryId: string, timeoutMs: number): void {
    const pending = this.#pending.get(deliveryId);
    if (pending === undefined) return;
    pending.deadline = setTimeout(() => this.#drop(1001, "silent"), this.#limits.signMs);
    this.#overdue.set(deliveryId, timeoutMs);
    this.#socket.ping();
  }

  /** The peer is there: what it has not answered in time it will not answer. */
  #heard(): void {
    this.#silence.refresh();
    if (this.#overdue.size === 0) return;
    for (const [deliveryId, timeoutMs] of this.#overdue) {
      const pending = this.#take(deliveryId);
      pending?.resolve(unansweredResult(pending, this.#now(), timeoutMs));
    }
    this.#afterAnswer();
  }

  #afterAnswer(): void {
    this.#owner.answered();
    if (this.quit !== undefined) this.#closeWhenDrained();
  }

  #closeWhenDrained(): void {
    if (this.#pending.size === 0) this.#owner.drained(this);
  }

  #take(deliveryId: string): Pending | undefined {
    const pending = this.#pending.get(deliveryId);
    if (pending === undefined) return undefined;
    clearTimeout(pending.deadline);
    this.#pending.delete(deliveryId);
    this.#overdue.delete(deliveryId);
    this.#inFlightBytes -= pending.bytesSent;
    return pending;
  }
}

/** name, value, name, value … as pairs. */
function pairsOf(headers: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) pairs.push([headers[at]!, headers[at + 1]!]);
  return pairs;
}
