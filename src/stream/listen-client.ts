import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { HooksError, toHooksError } from "../core/errors.ts";
import { YoungGeneration } from "../young-generation.ts";
import { type Answer, DeliveryDesk } from "./delivery-desk.ts";
import { isLoopbackHost } from "./loopback.ts";
import type { DeliveryFrame, DrainFrame, HelloFrame, ReadyFrame } from "./protocol.ts";
import { DEFAULT_TIMING, type RedialTiming, redialDelayMs, watchClock } from "./redial.ts";
import { type ConnectionEnd, type ListenEndpoint, TunnelConnection } from "./tunnel-connection.ts";

export interface ListenClientOptions {
  /** Asked before each dial, so that a daemon that comes back on another port is found again. */
  endpoint(): ListenEndpoint | Promise<ListenEndpoint>;
  hello: Omit<HelloFrame, "type" | "client">;
  /** Hands a delivery to the local program. Never rejects; `signal` aborts when the listener ends at once. */
  answer(delivery: DeliveryFrame, signal: AbortSignal): Promise<Answer>;
  /** Take so many deliveries, answer them, and quit. */
  maxDeliveries?: number | undefined;
  /** What a quit after `maxDeliveries` says. */
  keep?: boolean;
  /** Where the first dial fails the run fails, instead of dialling on. */
  dialsOnce?: boolean;
  /** Unix ms. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  timing?: Partial<RedialTiming>;
}

export interface ListenClientEvents {
  /** The session is open; `again` after a loss. */
  ready: [ready: ReadyFrame, again: boolean];
  /** A delivery has been answered. */
  delivery: [delivery: DeliveryFrame, answer: Answer];
  problem: [problem: { code: string; message: string }];
  /** The server asks for no more: it is about to stop. */
  draining: [];
  disconnected: [lost: { reason: string; retryInMs: number }];
}

/** Of V8's young generation, both halves together: of 100,000 deliveries nothing lives long. Measured: 125 MB resident, 163 unheld. */
const YOUNG_BYTES = 16 * 1024 * 1024;
/** Deliveries between two looks at it, which cost 2 µs each. */
const LOOK_AFTER = 16;

/** What the server has, once everything is answered, to close the connection that we drain. */
const LEAVE_MS = 5_000;

/**
 * The developer's end of the tunnel: dials, listens, answers, and dials again for ever, until it quits or its key is
 * refused.
 */
export class ListenClient extends EventEmitter<ListenClientEvents> {
  readonly #options: ListenClientOptions;
  readonly #timing: RedialTiming;
  #hello: HelloFrame;
  readonly #desk: DeliveryDesk;
  readonly #atOnce = new AbortController();
  readonly #youngGeneration = new YoungGeneration(YOUNG_BYTES);
  #taken = 0;
  #connection: TunnelConnection | undefined;
  #quit: DrainFrame | undefined;
  /** Ends the wait before the next dial. */
  #wake: (() => void) | undefined;
  /** Nothing is in hand any more. */
  #onIdle: (() => void) | undefined;
  #wasReady = false;

  constructor(options: ListenClientOptions) {
    super();
    this.#options = options;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#hello = { type: "hello", ...options.hello, client: randomUUID() };
    this.#desk = new DeliveryDesk({
      answer: (delivery) => options.answer(delivery, this.#atOnce.signal),
      most: options.maxDeliveries,
      onFull: () => this.quit({ keep: options.keep ?? false }),
      onAnswered: (delivery, answer) => {
        this.emit("delivery", delivery, answer);
        this.#leaveWhenIdle();
      },
      credit: () => this.#hello.credit,
    });
  }

  /** Deliveries that the local program has not answered yet. */
  get inHand(): number {
    return this.#desk.busy;
  }

  /** True once a session was open. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /**
   * Listens until `quit` or `stop`.
   * @throws HooksError when the key is refused, when the server refuses for good what hello asks for, or when the first
   * dial shows that there is no such server; `unreachable` when it fails at all and `dialsOnce` is set.
   */
  async run(): Promise<void> {
    const unwatch = watchClock(
      this.#timing,
      () => this.#options.now(),
      (jumpMs) => {
        this.#connection?.abandon(`the clock jumped by ${Math.round(jumpMs / 1000)} s`);
        this.#wake?.();
      },
    );
    let failures = 0;
    try {
      while (this.#quit === undefined) {
        const end = await this.#listenOnce();
        if (this.#isOver()) break;
        if (end.refusal !== undefined && (end.refusal.final || !this.#wasReady)) throw end.refusal.error;
        if (this.#options.dialsOnce === true && !this.#wasReady) throw unreachable(end.reason);
        failures = this.#timing.stableMs <= end.upMs ? 1 : failures + 1;
        // After a sleep nothing is known to be wrong with the server: the first dial is not put off.
        const retryInMs = end.abandoned
          ? 0
          : redialDelayMs(failures, end.wasReady, this.#options.random(), this.#timing);
        this.emit("disconnected", { reason: end.reason, retryInMs });
        await this.#pause(retryInMs);
      }
      await this.#finish();
    } finally {
      unwatch();
    }
  }

  /** So many more may be in flight from now on, on this connection and on later ones. */
  addCredit(add: number): void {
    this.#hello = { ...this.#hello, credit: this.#hello.credit + add };
    if (this.#connection?.isReady === true) this.#connection.send({ type: "credit", add });
  }

  /** Asks for this delivery once more. False when nobody can be asked now; that the server refuses it is a `problem`. */
  replay(deliveryId: string): boolean {
    if (this.#connection?.isReady !== true || this.#quit !== undefined) return false;
    this.#connection.send({ type: "replay", delivery_id: deliveryId });
    return true;
  }

  /** Takes no new deliveries, finishes those in hand, and ends. `keep`: the session goes on collecting meanwhile. */
  quit(options: { keep: boolean }): void {
    if (this.#quit !== undefined) return;
    this.#quit = { type: "drain", keep: options.keep };
    this.#connection?.send(this.#quit);
    this.#leaveWhenIdle();
    this.#wake?.();
  }

  /** Ends now: what is in hand is aborted and comes again, for the session goes on collecting. */
  stop(): void {
    this.#quit ??= { type: "drain" };
    this.#atOnce.abort();
    this.#connection?.abandon("stopped");
    this.#wake?.();
  }

  #isOver(): boolean {
    return this.#quit !== undefined;
  }

  /** What is in hand when there is no connection any more. */
  async #finish(): Promise<void> {
    const { busy } = this.#desk;
    const { signal } = this.#atOnce;
    if (busy === 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    signal.addEventListener("abort", () => resolve());
    this.emit("problem", { code: "untold", message: untoldMessage(busy) });
    await promise;
  }

  #leaveWhenIdle(): void {
    if (this.#quit === undefined || this.#desk.busy !== 0) return;
    this.#onIdle?.();
    this.#connection?.leave(this.#connection.isReady ? LEAVE_MS : 0);
  }

  async #listenOnce(): Promise<ConnectionEnd> {
    const endpoint = await this.#endpoint();
    if ("reason" in endpoint) return endpoint;
    if (this.#isOver()) return lost("stopped");
    const { credit } = this.#hello;
    const connection = new TunnelConnection(endpoint, this.#hello, this.#timing, {
      onReady: (ready) => {
        // Given between hello and its answer.
        const add = this.#hello.credit - credit;
        if (0 < add) connection.send({ type: "credit", add });
        this.#onReady(ready);
      },
      onDelivery: (delivery) => {
        if (this.#taken++ % LOOK_AFTER === 0) this.#youngGeneration.hold();
        this.#desk.take(delivery, (frame) => connection.send(frame));
      },
      onProblem: (problem) => this.emit("problem", problem),
      onDraining: () => this.emit("draining"),
    });
    this.#connection = connection;
    const end = await connection.end;
    this.#connection = undefined;
    return end;
  }

  async #endpoint(): Promise<ListenEndpoint | ConnectionEnd> {
    try {
      const endpoint = await this.#options.endpoint();
      checkEncrypted(endpoint.url);
      return endpoint;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { ...lost(reason), refusal: { error: toHooksError(error), final: false } };
    }
  }

  #onReady(ready: ReadyFrame): void {
    const again = this.#wasReady;
    this.#wasReady = true;
    // The server may have chosen the name.
    this.#hello = { ...this.#hello, session: ready.session };
    this.emit("ready", ready, again);
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  }
}

function lost(reason: string): ConnectionEnd {
  return { reason, upMs: 0, wasReady: false, abandoned: false, refusal: undefined };
}

function untoldMessage(count: number): string {
  const [what, them] = count === 1 ? ["1 delivery", "it"] : [`${count} deliveries`, "them"];
  return `the connection is gone: the server cannot be told what becomes of ${what} in hand, and sends ${them} again to the next listener`;
}

function unreachable(reason: string): HooksError {
  return new HooksError("unreachable", `the server cannot be reached: ${reason}`, {
    field: "--server",
    hint: "check --server; on that machine: hooks serve",
  });
}

/** A key never goes over the network in the clear. */
function checkEncrypted(url: string): void {
  const { protocol, hostname, origin } = new URL(url);
  if (protocol === "https:" || isLoopbackHost(hostname)) return;
  throw new HooksError(
    "usage",
    `--server must be https, but on this computer: ${origin} would get the key in the clear`,
    {
      field: "--server",
    },
  );
}
