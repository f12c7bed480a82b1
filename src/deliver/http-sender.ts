import type { SendResult } from "../core/attempt.ts";
import type { ReceiverRules, Refusal } from "../core/egress/policy.ts";
import { readTargetUrl, type TargetUrl } from "../core/egress/target-url.ts";
import type { NameAnswer } from "../core/name-answer.ts";
import type { AddressRule, DialOptions } from "./connect.ts";
import { Connections, type ConnectionTarget, connectionKey } from "./connections.ts";
import { Deadlines } from "./deadlines.ts";
import { Exchange } from "./exchange.ts";
import type { DeliveryTransport, Outgoing } from "./transport.ts";

/** Who may be sent to: core's `EgressRules`. */
export interface PolicySource {
  policyFor(rules: ReceiverRules): UrlRule;
}

export interface UrlRule extends AddressRule {
  refusalOfUrl(url: TargetUrl): Refusal | undefined;
}

export interface HttpSenderOptions extends DialOptions {
  /** Nothing is sent but what these let through. */
  egress: PolicySource;
  /** Unix ms, for `startedAt`. */
  now?: () => number;
}

/** A request outside the queue: a subscription's test or handshake, `hooks trigger --to`, a cassette's. */
export interface OneOffRequest {
  /** Default: POST. */
  method?: string | undefined;
  url: string;
  /** Name, value, name, value … */
  headers: string[];
  body: Uint8Array;
  /** For the whole: DNS, connection, headers and body. */
  timeoutMs: number;
  /** What the receiver may be. */
  rules: ReceiverRules;
}

interface Target extends ConnectionTarget {
  path: string;
}

/** Why nothing is sent to a URL. */
interface NoTarget {
  refused: string;
}

/** URLs taken apart that are remembered; beyond it the memory starts afresh. */
const MAX_TARGETS = 10_000;

/**
 * The one way out: every request to a receiver (of a delivery, a retry, a replay, a test, a probe, `trigger --to`) is
 * sent here, under the policy that its receiver has, and by no other means. Never follows a redirect, never
 * decompresses, reads at most 64 KiB of an answer, and asks no proxy of the environment. Every outcome is a value:
 * nothing that a receiver does rejects or throws.
 */
export class HttpSender implements DeliveryTransport {
  readonly #now: () => number;
  readonly #connections: Connections;
  readonly #inFlight = new Deadlines<Exchange>();
  readonly #egress: PolicySource;
  readonly #targets = new Map<UrlRule, Map<string, Target | NoTarget>>();
  #targetCount = 0;
  #isClosed = false;

  constructor(options: HttpSenderOptions) {
    this.#now = options.now ?? Date.now;
    this.#egress = options.egress;
    this.#connections = new Connections(options);
  }

  room(): number {
    return Number.POSITIVE_INFINITY;
  }

  send({ subscription, request }: Outgoing, onEnd: (result: SendResult) => void): void {
    const { url = "", timeoutMs, egress } = subscription;
    this.#begin({ url, headers: request.headers, body: request.body, timeoutMs, rules: egress }, onEnd);
  }

  post(request: OneOffRequest): Promise<SendResult> {
    return new Promise((resolve) => this.#begin(request, resolve));
  }

  /** `onEnd` is called after this has returned. */
  #begin(request: OneOffRequest, onEnd: (result: SendResult) => void): void {
    if (this.#isClosed) {
      queueMicrotask(() => onEnd({ kind: "not_sent" }));
      return;
    }
    const target = this.#targetOf(request.url, this.#egress.policyFor(request.rules));
    if ("refused" in target) {
      const result = blocked(target.refused, this.#now());
      queueMicrotask(() => onEnd(result));
      return;
    }
    this.#exchange(target, request, onEnd);
  }

  #exchange(target: Target, request: OneOffRequest, onEnd: (result: SendResult) => void): void {
    const { headers, body, timeoutMs } = request;
    const connection = this.#connections.take(target);
    let isDispatching = true;
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
        // What undici does not take at all ends before it was begun.
        if (isDispatching) queueMicrotask(() => onEnd(result));
        else onEnd(result);
      },
    });
    this.#inFlight.add(exchange);
    connection.client.dispatch({ path: target.path, method: request.method ?? "POST", headers, body }, exchange);
    isDispatching = false;
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

  /** What a name comes to now; nobody is dialled. Takes `withinMs` at most. */
  lookUp(host: string, withinMs: number): Promise<NameAnswer> {
    return this.#connections.lookUp(host, withinMs);
  }

  #targetOf(url: string, policy: UrlRule): Target | NoTarget {
    let ofPolicy = this.#targets.get(policy);
    const known = ofPolicy?.get(url);
    if (known !== undefined) return known;
    if (MAX_TARGETS <= this.#targetCount) {
      this.#targets.clear();
      this.#targetCount = 0;
      ofPolicy = undefined;
    }
    if (ofPolicy === undefined) {
      ofPolicy = new Map();
      this.#targets.set(policy, ofPolicy);
    }
    const target = targetOf(url, policy);
    ofPolicy.set(url, target);
    this.#targetCount += 1;
    return target;
  }
}

function targetOf(url: string, policy: UrlRule): Target | NoTarget {
  const read = readTargetUrl(url);
  if (!("href" in read)) return { refused: `the URL ${read.what}` };
  const refusal = policy.refusalOfUrl(read);
  if (refusal !== undefined) return { refused: `the URL ${refusal.what}` };
  const { origin, path, host, port } = read;
  return { origin, path, host, port, policy, key: connectionKey(origin, policy) };
}

function blocked(message: string, startedAt: number): SendResult {
  return {
    kind: "error",
    code: "egress_blocked",
    message,
    startedAt,
    durationMs: 0,
    phase: "dns",
    remoteAddress: undefined,
    bytesSent: 0,
  };
}
