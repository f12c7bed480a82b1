import type { SendResult } from "../core/attempt.ts";
import type { DialOptions } from "./connect.ts";
import { Connections, connectionKey } from "./connections.ts";
import { Deadlines } from "./deadlines.ts";
import { Exchange } from "./exchange.ts";
import type { DeliveryTransport, Outgoing } from "./transport.ts";

export interface HttpSenderOptions extends DialOptions {
  /** Unix ms, for `startedAt`. */
  now?: () => number;
}

/** A request outside the queue: a subscription's test, `hooks trigger --to`. */
export interface OneOffRequest {
  url: string;
  /** Name, value, name, value … */
  headers: string[];
  body: Uint8Array;
  /** For the whole: DNS, connection, headers and body. */
  timeoutMs: number;
}

interface Target {
  origin: string;
  path: string;
  /** Of the connections that may carry the request. */
  key: string;
}

/** Every receiver is dialled under the same rules. */
const POLICY = "";

/** URLs taken apart that are remembered; beyond it the memory starts afresh. */
const MAX_TARGETS = 10_000;

/**
 * POSTs to receivers. Never follows a redirect, never decompresses, reads at most 64 KiB of an answer, and asks no proxy
 * of the environment. Every outcome is a value: nothing that a receiver does rejects or throws.
 */
export class HttpSender implements DeliveryTransport {
  readonly #now: () => number;
  readonly #connections: Connections;
  readonly #inFlight = new Deadlines<Exchange>();
  readonly #targets = new Map<string, Target>();
  #isClosed = false;

  constructor(options: HttpSenderOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#connections = new Connections(options);
  }

  room(): number {
    return Number.POSITIVE_INFINITY;
  }

  send({ subscription, request }: Outgoing): Promise<SendResult> {
    const { url = "", timeoutMs } = subscription;
    return this.post({ url, headers: request.headers, body: request.body, timeoutMs });
  }

  post(request: OneOffRequest): Promise<SendResult> {
    if (this.#isClosed) return Promise.resolve({ kind: "not_sent" });
    const target = this.#targetOf(request.url);
    if (target === undefined) return Promise.resolve(unusableUrl(this.#now()));
    return new Promise((resolve) => this.#exchange(target, request, resolve));
  }

  #exchange(target: Target, request: OneOffRequest, resolve: (result: SendResult) => void): void {
    const { headers, body, timeoutMs } = request;
    const connection = this.#connections.take(target.origin, POLICY, target.key);
    const exchange = new Exchange({
      connection,
      bodyLength: body.length,
      timeoutMs,
      startedAt: this.#now(),
      onEnd: (ended, result, reusable) => {
        this.#inFlight.delete(ended);
        if (reusable) this.#connections.giveBack(connection);
        else if (result.kind === "error" && result.code === "reset") this.#connections.discardClosed(connection);
        else this.#connections.discard(connection);
        resolve(result);
      },
    });
    this.#inFlight.add(exchange);
    connection.client.dispatch({ path: target.path, method: "POST", headers, body }, exchange);
  }

  /** Connections open or being opened. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Ends what is in flight as failed, closes every connection; what is sent later answers `not_sent`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const exchange of this.#inFlight.all()) exchange.cancel({ code: "reset", message: "hooks is stopping" });
    this.#inFlight.clear();
    await this.#connections.close();
  }

  #targetOf(url: string): Target | undefined {
    const known = this.#targets.get(url);
    if (known !== undefined) return known;
    const parsed = URL.parse(url);
    if (parsed === null || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) return undefined;
    if (MAX_TARGETS <= this.#targets.size) this.#targets.clear();
    const { origin, pathname, search } = parsed;
    const target = { origin, path: pathname + search, key: connectionKey(origin, POLICY) };
    this.#targets.set(url, target);
    return target;
  }
}

function unusableUrl(startedAt: number): SendResult {
  return {
    kind: "error",
    code: "local_error",
    message: "the URL is not one of http: or https:",
    startedAt,
    durationMs: 0,
    phase: "dns",
    remoteAddress: undefined,
    bytesSent: 0,
  };
}
