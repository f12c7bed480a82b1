import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import type { HeaderPairs } from "../core/attempt.ts";
import { HOP_BY_HOP } from "../core/hop-by-hop.ts";
import type { Answer, LocalAnswer } from "./delivery-desk.ts";
import type { ForwardTarget } from "./forward-target.ts";
import { describeFailure } from "./local-failure.ts";
import { isLocalhostName } from "./loopback.ts";
import { type DeliveryFrame, MESSAGE_MAX_CHARS, RESULT_MAX_BODY_BYTES, RESULT_MAX_HEADERS } from "./protocol.ts";

export interface ForwarderOptions {
  target: ForwardTarget;
  /** Set on every request; one that the delivery has too is replaced. */
  headers: HeaderPairs;
}

class DeadlineError extends Error {}

/** Hands deliveries to the local program: the bytes, and the headers with order, case and duplicates, as they came. */
export class Forwarder {
  readonly #target: ForwardTarget;
  readonly #extra: HeaderPairs;
  readonly #agent: http.Agent;

  constructor(options: ForwarderOptions) {
    this.#target = options.target;
    this.#extra = options.headers;
    const Agent = options.target.url.protocol === "https:" ? https.Agent : http.Agent;
    this.#agent = new Agent({ keepAlive: true });
  }

  /** Never rejects. `signal` gives the request up. */
  async forward(delivery: DeliveryFrame, signal: AbortSignal): Promise<Answer> {
    const startedAt = performance.now();
    const durationMs = (): number => Math.round(performance.now() - startedAt);
    const deadlineAt = startedAt + delivery.deadline_ms;
    try {
      const answer = await this.#request(delivery, deadlineAt, signal);
      if (answer.status < 100 || 599 < answer.status) {
        const message = `${this.#target.url.host} answered ${answer.status}, which is no HTTP status`;
        return { kind: "failed", code: "reset", message, durationMs: durationMs() };
      }
      return { kind: "answered", ...answer, durationMs: durationMs() };
    } catch (error) {
      const { code, message } = signal.aborted
        ? { code: "aborted" as const, message: "the listener ended before the answer came" }
        : error instanceof DeadlineError
          ? { code: "timeout" as const, message: `no answer within ${delivery.deadline_ms} ms` }
          : describeFailure(error, this.#target.url.host);
      return { kind: "failed", code, message: message.slice(0, MESSAGE_MAX_CHARS), durationMs: durationMs() };
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #request(delivery: DeliveryFrame, deadlineAt: number, signal: AbortSignal): Promise<RawAnswer> {
    const first = this.#start(delivery);
    try {
      return await this.#finish(first, delivery.body, deadlineAt, signal);
    } catch (error) {
      // Almost always the program closed its idle connection just as we wrote to it, and has read nothing of this.
      const stale = first.reusedSocket && isReset(error) && !signal.aborted;
      if (!stale) throw error;
      return await this.#finish(this.#start(delivery), delivery.body, deadlineAt, signal);
    }
  }

  #start(delivery: DeliveryFrame): ClientRequest {
    const { url } = this.#target;
    const { request } = url.protocol === "https:" ? https : http;
    return request({
      agent: this.#agent,
      protocol: url.protocol,
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? undefined : url.port,
      method: delivery.method,
      path: requestPath(url, delivery),
      // A flat list: Node then sends order, case and duplicates as they are.
      headers: requestHeaders(url, delivery, this.#extra).flat(),
      ...(isLocalhostName(url.hostname) ? { lookup: lookupLocalhost, autoSelectFamily: true } : {}),
    });
  }

  #finish(request: ClientRequest, body: Uint8Array, deadlineAt: number, signal: AbortSignal): Promise<RawAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
    // Once the status line is there it decides: whatever happens to the body after that only cuts it.
    let reading: AnswerReader | undefined;
    const end = (error: Error): void => {
      if (reading === undefined) reject(error);
      else reading.finish(true);
      request.destroy();
    };
    // After a sleep the time is over, and the answer has long been there: it is read first.
    const late = (): unknown => setImmediate(() => end(new DeadlineError()));
    const deadline = setTimeout(late, Math.max(0, deadlineAt - performance.now()));
    const abort = (): void => {
      reject(new Error("aborted"));
      request.destroy();
    };
    signal.addEventListener("abort", abort, { once: true });
    request.on("error", end);
    request.on("close", () => end(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    request.on("response", (response) => {
      reading = new AnswerReader(response, resolve);
    });
    request.end(body);
    return promise.finally(() => {
      clearTimeout(deadline);
      signal.removeEventListener("abort", abort);
    });
  }
}

type RawAnswer = Omit<LocalAnswer, "kind" | "durationMs">;

class AnswerReader {
  readonly #response: IncomingMessage;
  readonly #resolve: (answer: RawAnswer) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(response: IncomingMessage, resolve: (answer: RawAnswer) => void) {
    this.#response = response;
    this.#resolve = resolve;
    response.on("data", (chunk: Buffer) => this.#onData(chunk));
    response.on("end", () => this.finish(false));
    response.on("error", () => this.finish(true));
  }

  /** Answers with what has been read; later calls change nothing. */
  finish(truncated: boolean): void {
    const { rawHeaders, statusCode } = this.#response;
    const headers: HeaderPairs = [];
    for (let at = 0; at + 1 < rawHeaders.length && headers.length < RESULT_MAX_HEADERS; at += 2) {
      headers.push([rawHeaders[at]!, rawHeaders[at + 1]!]);
    }
    const body = Buffer.concat(this.#chunks).subarray(0, RESULT_MAX_BODY_BYTES);
    this.#resolve({ status: statusCode ?? 0, headers, body, truncated });
  }

  #onData(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes <= RESULT_MAX_BODY_BYTES) return;
    this.finish(true);
    this.#response.destroy();
  }
}

/** A delivery as the request that its program gets: for people who send it by other means. */
export function forwardedRequest(
  target: ForwardTarget,
  delivery: DeliveryFrame,
  extra: HeaderPairs,
): { url: string; headers: HeaderPairs } {
  return {
    url: target.url.origin + requestPath(target.url, delivery),
    headers: requestHeaders(target.url, delivery, extra),
  };
}

/** The target's path, and below it the delivery's; both queries. */
function requestPath(target: URL, delivery: DeliveryFrame): string {
  const path = delivery.path === "/" ? target.pathname : target.pathname.replace(/\/$/, "") + delivery.path;
  const query = [target.search.slice(1), delivery.query].filter((part) => part !== "").join("&");
  return query === "" ? path : `${path}?${query}`;
}

function requestHeaders(target: URL, delivery: DeliveryFrame, extra: HeaderPairs): HeaderPairs {
  const replaced = new Set(extra.map(([name]) => name.toLowerCase()));
  const headers: HeaderPairs = [];
  let hasHost = replaced.has("host");
  let hasLength = false;
  for (const [name, value] of delivery.headers) {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || replaced.has(lower)) continue;
    if (lower === "host") {
      if (!hasHost) headers.push([name, target.host]);
      hasHost = true;
    } else if (lower === "content-length") {
      if (!hasLength) headers.push([name, String(delivery.body.byteLength)]);
      hasLength = true;
    } else {
      headers.push([name, value]);
    }
  }
  if (!hasHost) headers.unshift(["host", target.host]);
  // A request without a body, such as a GET, needs no length; to those of other methods Node would add an empty chunk.
  const needsLength = delivery.body.byteLength !== 0 || !/^(GET|HEAD|DELETE|OPTIONS|TRACE)$/.test(delivery.method);
  if (!hasLength && needsLength) headers.push(["content-length", String(delivery.body.byteLength)]);
  return [...headers, ...extra];
}

function isReset(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ECONNRESET" || code === "EPIPE";
}

/** A program that listens on one family only is found whatever the hosts file says. */
const lookupLocalhost: LookupFunction = (_name, options, callback) => {
  const all = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
  if (options.all === true) callback(null, all);
  else callback(null, "127.0.0.1", 4);
};
