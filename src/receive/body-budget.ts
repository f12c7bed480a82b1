import type { IncomingMessage } from "node:http";
import { HooksError } from "../core/errors.ts";
import { InFlight, NOWHERE, type Placed } from "../core/in-flight.ts";

const RETRY_AFTER_MS = 1_000;

/** Room that is kept for one body. */
export interface HeldBody extends Placed {
  /** 0 once it was given back. */
  bytes: number;
  /** Undefined: too small for anybody to be kept out by it. */
  readonly arrival: Arrival | undefined;
}

/** What tells whether a body comes slowly. */
interface Arrival {
  readonly request: IncomingMessage;
  /** When its room was taken, on the clock of `performance.now()`; and what had come over its connection by then. */
  readonly since: number;
  readonly readBefore: number;
}

export interface BodyBudgetOptions {
  limitBytes: number;
  /** So long a body may take, however slowly it comes, when others want its room. */
  slowAfterMs: number;
  /** To be cut off: others want its room, and it does not come. */
  onSlow(request: IncomingMessage): void;
}

/** Below this a sender is slow: 64 KiB are one event of the largest usual size, or a hundred small ones. */
const SLOW_BYTES_PER_MS = 64;

/** So many bytes of every connection that there may be are less than what is held: they are not looked after. */
const SMALL_BYTES = 4_096;

/**
 * How many bytes of request bodies are held at once: sixty batches of 10 MiB that come together would else take more
 * than a gigabyte. A body counts from before its first byte is read until what is in it is stored or refused. Who
 * announces much and sends it byte by byte keeps nobody out: where room is short, such senders lose theirs.
 */
export class BodyBudget {
  readonly #options: BodyBudgetOptions;
  readonly #bodies = new InFlight<HeldBody>();
  #held = 0;

  constructor(options: BodyBudgetOptions) {
    this.#options = options;
  }

  /**
   * Takes room for the body that a request announces; undefined: it needs none.
   *
   * @param mostBytes what the route takes: the size of a body that does not say its own (chunked). One that says it is
   *   larger is refused elsewhere, unread, and takes nothing.
   * @throws HooksError `unavailable` when there is no room. A single body always has.
   */
  take(request: IncomingMessage, mostBytes: number): HeldBody | undefined {
    const length = request.headers["content-length"];
    const announced = length === undefined ? mostBytes : Number(length);
    if (request.headers["transfer-encoding"] === undefined && length === undefined) return undefined;
    if (mostBytes < announced) return undefined;
    if (!this.#hasRoom(announced)) this.#cutSlow(announced);
    if (!this.#hasRoom(announced)) {
      throw new HooksError("unavailable", "more is being sent than can be taken at once; nothing was stored", {
        hint: "try again in a second; smaller batches, or fewer at once, always pass",
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    this.#held += announced;
    if (announced <= SMALL_BYTES) return { bytes: announced, arrival: undefined, place: NOWHERE };
    const arrival = { request, since: performance.now(), readBefore: request.socket.bytesRead };
    const body = { bytes: announced, arrival, place: NOWHERE };
    this.#bodies.add(body);
    return body;
  }

  /** A second time does nothing. */
  giveBack(body: HeldBody): void {
    this.#held -= body.bytes;
    body.bytes = 0;
    this.#bodies.delete(body);
  }

  #hasRoom(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#options.limitBytes;
  }

  /** The oldest first, and no more than must be. One that has come whole is being stored: it is not slow. */
  #cutSlow(wanted: number): void {
    const now = performance.now();
    const since = ({ arrival }: HeldBody): number => arrival?.since ?? now;
    for (const body of this.#bodies.all().sort((one, other) => since(one) - since(other))) {
      if (body.arrival === undefined) continue;
      const { request, since, readBefore } = body.arrival;
      const ms = now - since;
      if (ms < this.#options.slowAfterMs) return;
      if (request.complete || SLOW_BYTES_PER_MS * ms <= request.socket.bytesRead - readBefore) continue;
      this.giveBack(body);
      this.#options.onSlow(request);
      if (this.#hasRoom(wanted)) return;
    }
  }
}
