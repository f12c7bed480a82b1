import type { SendErrorCode, SendResult } from "../../src/core/attempt.ts";
import { calledBack, type DeliveryTransport, type Outgoing } from "../../src/deliver/transport.ts";
import { type Answer, broken, drawAnswer, POISON } from "./answers.ts";
import { nameOf, type RequestTale, type SubscriptionTale } from "./ledger.ts";
import type { ModeChange, ReceiverMode } from "./plan.ts";
import type { Random } from "./random.ts";
import type { SimulatedDaemon } from "./simulated-daemon.ts";
import type { World } from "./world.ts";

/** Stands for the local programs of all listeners. */
export const TUNNEL = "tunnel://localhost";
const NO_BYTES = new Uint8Array(0);

interface Waiting {
  answer: Answer;
  outgoing: Outgoing;
  resolve(result: SendResult): void;
  reject(error: Error): void;
}

/** The receivers, and the way to them. */
export class Network {
  readonly #world: World;
  readonly #random: Random;
  /** By host, and by URL. */
  readonly #modes = new Map<string, readonly ModeChange[]>();
  readonly #waiting = new Map<RequestTale, Waiting>();
  /** Everybody is healthy. */
  isCalm = false;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork("network");
  }

  /** What a host (`h1`) or a receiver on it (`http://h1.test/s1`) goes through. */
  setModes(place: string, changes: readonly ModeChange[]): void {
    this.#modes.set(place, changes);
  }

  transportOf(daemon: SimulatedDaemon): DeliveryTransport {
    return { room: () => Number.POSITIVE_INFINITY, send: calledBack((outgoing) => this.#send(daemon, outgoing)) };
  }

  /** Every connection of this process is cut. */
  cut(daemon: SimulatedDaemon): void {
    const { time } = this.#world;
    for (const [request, { answer }] of this.#waiting) {
      if (request.daemon === daemon) time.schedule(daemon.owner, 0, () => this.#end(request, broken(answer)));
    }
  }

  /** To a listener's program: whatever it is today. */
  sendThrough(daemon: SimulatedDaemon, outgoing: Outgoing): Promise<SendResult> {
    return this.#send(daemon, outgoing);
  }

  /** What a listener that is lost had in hand is no attempt. */
  giveBack(daemon: SimulatedDaemon, subscription: SubscriptionTale): void {
    const { time } = this.#world;
    for (const request of [...this.#waiting.keys()]) {
      if (request.daemon === daemon && request.subscription === subscription) {
        time.schedule(daemon.owner, 0, () => this.#comeBack(request));
      }
    }
  }

  #send(daemon: SimulatedDaemon, outgoing: Outgoing): Promise<SendResult> {
    const world = this.#world;
    const { time } = world;
    if (!daemon.owner.isAlive) return new Promise(() => {});
    const request = world.checks.requestStarts(daemon, outgoing);
    if (request === undefined) return new Promise(() => {});
    const { subscription, attempts } = request;
    const mode = this.#modeAt(subscription.url ?? TUNNEL, time.now);
    const isPoison = attempts.length === 1 && attempts[0]!.row.event.isPoison && !subscription.isBatching;
    const answer = isPoison
      ? POISON
      : drawAnswer(this.#random, mode, subscription.timeoutMs, time.wall(), world.options.longestAskMs);
    daemon.inFlight += 1;
    daemon.inFlightOf.set(subscription, (daemon.inFlightOf.get(subscription) ?? 0) + 1);
    const what = attempts.map(({ row, roundAttempts }) => `${nameOf(row)} (${roundAttempts + 1})`).join(" ");
    world.note(`${daemon.name} sends r${request.serial}: ${what}, ${isPoison ? "poison" : mode}`);
    if (answer.seenAfterMs !== undefined) {
      time.schedule(time.world, answer.seenAfterMs, () => this.#seen(request, answer));
    }
    world.sent();
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { answer, outgoing, resolve, reject });
      time.schedule(daemon.owner, answer.knownAfterMs, () => this.#end(request, answer));
    });
  }

  #seen(request: RequestTale, answer: Answer): void {
    const { daemon } = request;
    // What a dead process had written may still arrive.
    if (!daemon.owner.isAlive && this.#random.chance(0.5)) return;
    const status = answer.receiverStatus ?? 0;
    request.isSuccessAtReceiver = 200 <= status && status <= 299;
    if (daemon.owner.isAlive) this.#world.passes(daemon, "request sent");
  }

  #comeBack(request: RequestTale): void {
    const world = this.#world;
    const waiting = this.#waiting.get(request);
    if (waiting === undefined || !request.daemon.owner.isAlive) return;
    this.#waiting.delete(request);
    this.#leave(request);
    world.count("given back by a listener that was lost");
    world.note(`${request.daemon.name} has r${request.serial} back: not sent`);
    waiting.resolve({ kind: "not_sent" });
  }

  #leave(request: RequestTale): void {
    const world = this.#world;
    const { daemon, subscription } = request;
    daemon.inFlight -= 1;
    daemon.inFlightOf.set(subscription, daemon.inFlightOf.get(subscription)! - 1);
    request.endedAt = world.time.elapsed;
    request.endedWall = world.time.wall();
  }

  #end(request: RequestTale, answer: Answer): void {
    const world = this.#world;
    const { daemon } = request;
    const waiting = this.#waiting.get(request);
    if (waiting === undefined || !daemon.owner.isAlive) return;
    if (world.passes(daemon, "answer known")) return;
    this.#waiting.delete(request);
    this.#leave(request);
    request.isDrowsy = daemon.isDrowsy;
    request.answer = answer;
    world.checks.requestEnds(request);
    world.note(`${daemon.name} has r${request.serial}: ${answer.status ?? answer.code ?? "a fault of its own"}`);
    if (answer.isPoison) waiting.reject(new Error("poison"));
    else waiting.resolve(toResult(request, answer, waiting.outgoing));
  }

  #modeAt(url: string, now: number): ReceiverMode {
    if (this.isCalm) return "healthy";
    const ofHost = modeAt(this.#modes.get(new URL(url).hostname), now);
    return ofHost === "healthy" ? modeAt(this.#modes.get(url), now) : ofHost;
  }
}

function modeAt(changes: readonly ModeChange[] | undefined, now: number): ReceiverMode {
  return changes?.findLast((change) => change.from <= now)?.mode ?? "healthy";
}

function toResult(request: RequestTale, answer: Answer, { request: { body } }: Outgoing): SendResult {
  const facts = {
    startedAt: request.endedWall - (request.endedAt! - request.startedAt),
    durationMs: request.endedAt! - request.startedAt,
    remoteAddress: String(request.serial),
    bytesSent: body.length,
  };
  if (answer.status === undefined) {
    const code: SendErrorCode = answer.code ?? "protocol_error";
    return { ...facts, kind: "error", code, message: code, phase: "headers" };
  }
  return {
    ...facts,
    kind: "answered",
    status: answer.status,
    responseHeaders: answer.headers,
    responseBody: NO_BYTES,
    truncated: false,
    phase: "done",
  };
}
