import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { percentile } from "../report/statistics.ts";
import { clockMs } from "./clock.ts";
import type { SenderData } from "./open-loop-sender.ts";
import { fdOf } from "./past-stream.ts";
import { eventBody } from "./payload.ts";
import { checkAccepted, openConnection, publishRequest } from "./publisher.ts";

const ID_DIGITS = 9;
/** Used in turn: at 2,000 a second each is used every 128 ms, so that a slow answer hardly ever holds up the next. */
const CONNECTIONS = 256;
/** How long after the last request what has not arrived is waited for. */
const LAST_ARRIVALS_MS = 30_000;
/** How often it is looked whether all have come. */
const LOOK_MS = 20;

export interface OpenLoopOptions {
  port: number;
  token: string;
  perSecond: number;
  seconds: number;
  /** Of the same before it, not counted. */
  warmUpSeconds: number;
  /** Event types, in turn. */
  types: readonly string[];
  /** How long after the last request what has not arrived is waited for. Default 30 s. */
  lastArrivalsMs?: number;
}

/** One run: each event's times in ms of clock.ts, by its number; 0: did not happen. */
export interface OpenLoopTimes {
  /** The first that counts. */
  first: number;
  /** When it was to be sent: fixed in advance, so that nothing that is slow makes the rest look better. */
  due: Float64Array;
  sent: Float64Array;
  /** When the publisher had the 202. */
  answered: Float64Array;
  /** First byte at the receiver. */
  arrived: Float64Array;
}

let runs = 0;

/** Publishes at a constant rate, whatever the answers do, and collects when each event was answered and arrived. */
export class OpenLoop {
  readonly #options: OpenLoopOptions;
  /** So that no id comes twice, whatever runs against one daemon. */
  readonly #prefix = `open-${process.pid}-${++runs}-`;
  readonly #times: OpenLoopTimes;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
    const { perSecond, seconds, warmUpSeconds } = options;
    const count = Math.round(perSecond * (warmUpSeconds + seconds));
    this.#times = {
      first: Math.round(perSecond * warmUpSeconds),
      due: shared(count),
      sent: shared(count),
      answered: new Float64Array(count),
      arrived: new Float64Array(count),
    };
  }

  /** To be called for every request at the receiver; ids of others are nobody's. */
  arrived(eventId: string, at: number): void {
    if (!eventId.startsWith(this.#prefix)) return;
    const n = Number(eventId.slice(this.#prefix.length));
    if (this.#times.arrived[n] === 0) this.#times.arrived[n] = at;
  }

  /** `isAwaited`: whether this event's arrival is waited for. Default: all. */
  async run(isAwaited: (n: number) => boolean = () => true): Promise<OpenLoopTimes> {
    const { port, token, perSecond, types, lastArrivalsMs = LAST_ARRIVALS_MS } = this.#options;
    const { due, sent, answered, arrived } = this.#times;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const sockets: Socket[] = [];
    try {
      for (let n = 0; n < CONNECTIONS; n++) sockets.push(await this.#connection(n, failed.reject));
      const requests = types.map((type) => this.#request(port, token, type));
      const data: SenderData = {
        fds: sockets.map(fdOf),
        requests,
        idDigits: ID_DIGITS,
        intervalMs: 1_000 / perSecond,
        due,
        sent,
      };
      const sender = new Worker(new URL("./open-loop-sender.ts", import.meta.url), { workerData: data });
      await Promise.race([once(sender, "message"), failed.promise]);
      await sender.terminate();
      const isDone = (): boolean => due.every((_, n) => answered[n] !== 0 && (arrived[n] !== 0 || !isAwaited(n)));
      for (const endsAt = clockMs() + lastArrivalsMs; clockMs() < endsAt && !isDone(); ) {
        await Promise.race([sleep(LOOK_MS), failed.promise]);
      }
      return this.#times;
    } finally {
      for (const socket of sockets) socket.removeAllListeners("close").destroy();
    }
  }

  async #connection(index: number, onFailure: (error: Error) => void): Promise<Socket> {
    const { answered } = this.#times;
    let n = index;
    const socket = await openConnection(this.#options.port, (answer) => {
      answered[n] = clockMs();
      n += CONNECTIONS;
      try {
        checkAccepted(answer);
      } catch (error) {
        onFailure(error as Error);
      }
    });
    socket.on("error", onFailure);
    socket.on("close", () => onFailure(new Error("the server closed a connection of the publisher")));
    return socket;
  }

  #request(port: number, token: string, type: string): { bytes: Uint8Array; idAt: number } {
    const id = this.#prefix + "0".repeat(ID_DIGITS);
    const body = eventBody(type).replace("{", `{"id":"${id}",`);
    const bytes = publishRequest({ port, token, route: "/v1/events", requests: 1, connections: 1 }, body);
    return { bytes, idAt: bytes.indexOf(id) + this.#prefix.length };
  }
}

function shared(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
}

export interface Waits {
  p50: number;
  p99: number;
  max: number;
  /** Never came. */
  missing: number;
}

/** Ms from one time to another, over the events that count; `isCounted` picks among them. */
export function waitsOf(
  times: OpenLoopTimes,
  to: "answered" | "arrived" | "sent",
  isCounted: (n: number) => boolean = () => true,
): Waits {
  const waits: number[] = [];
  let missing = 0;
  for (let n = times.first; n < times.due.length; n++) {
    if (!isCounted(n)) continue;
    if (times[to][n] === 0) missing += 1;
    else waits.push(times[to][n]! - times.due[n]!);
  }
  waits.sort((one, other) => one - other);
  return { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99), max: waits.at(-1) ?? Number.NaN, missing };
}
