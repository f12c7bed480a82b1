import type { SendResult } from "../core/attempt.ts";
import type { Scope } from "../core/scope.ts";
import type { InboundAnswer } from "./inbound.ts";

interface Waiting {
  resolve(answer: InboundAnswer | undefined): void;
  timer: NodeJS.Timeout;
}

/**
 * Of a connection, or about the bytes as they went over that one; and what a browser would take as this server's word: the
 * dashboard has the same origin.
 */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "date",
  "set-cookie",
  "clear-site-data",
  "strict-transport-security",
  "content-security-policy",
  "alt-svc",
]);
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What listeners' programs answer to events whose senders wait for it (`live` sources). */
export class LiveAnswers {
  /** By scope and event. */
  readonly #waiting = new Map<string, Waiting>();

  answerOf(
    scope: Scope,
    eventId: string,
    withinMs: number,
  ): { answer: Promise<InboundAnswer | undefined>; forget(): void } {
    const key = keyOf(scope, eventId);
    const { promise, resolve } = Promise.withResolvers<InboundAnswer | undefined>();
    const timer = setTimeout(() => resolve(undefined), withinMs);
    const waiting = { resolve, timer };
    this.#waiting.set(key, waiting);
    return {
      answer: promise,
      forget: () => {
        clearTimeout(timer);
        resolve(undefined);
        if (this.#waiting.get(key) === waiting) this.#waiting.delete(key);
      },
    };
  }

  /** What came of a delivery to a listener of a source. An answer that was cut is none. */
  came(scope: Scope, eventId: string, result: SendResult): void {
    const waiting = this.#waiting.get(keyOf(scope, eventId));
    if (waiting === undefined) return;
    if (result.kind !== "answered" || result.truncated || result.status < 200) {
      // Given back: the listener's next connection may answer it yet.
      if (result.kind !== "not_sent") waiting.resolve(undefined);
      return;
    }
    const headers = result.responseHeaders.filter(
      ([name, value]) => !NOT_PASSED_ON.has(name.toLowerCase()) && NAME.test(name) && VALUE.test(value),
    );
    headers.push(["content-security-policy", "default-src 'none'; sandbox"]);
    waiting.resolve({ status: result.status, headers, body: result.responseBody });
  }
}

function keyOf({ tenant, environment }: Scope, eventId: string): string {
  return `${tenant}/${environment}/${eventId}`;
}
