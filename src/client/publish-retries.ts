import type { ErrorCode, HooksError } from "../core/errors.ts";
import { wholeNumber } from "./library-options.ts";
import { codeOf, isCertificateTrouble } from "./unreachable.ts";

export interface RetryOptions {
  /** How often a request is made at most, the first time included; default 10. 1: no retries. */
  attempts?: number | undefined;
  /** Before the second attempt; doubled before each further one. Default 100. */
  firstDelayMs?: number | undefined;
  /** Default 10,000. A server that names a longer wait (`Retry-After`) gets it, up to ten minutes. */
  longestDelayMs?: number | undefined;
}

/** What passes by itself. Everything else would be refused again. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "unavailable",
  "rate_limited",
  "request_timeout",
  "store_busy",
  "store_full",
  "internal",
]);
/** Who asks to be left alone for longer is not waited for: the caller is told for how long. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/** When, and how often, what failed is asked again. */
export class PublishRetries {
  readonly #attempts: number;
  readonly #firstDelayMs: number;
  readonly #longestDelayMs: number;

  /** @throws TypeError */
  constructor({ attempts, firstDelayMs, longestDelayMs }: RetryOptions = {}) {
    this.#attempts = wholeNumber("retry.attempts", attempts, 1, 1_000) ?? 10;
    this.#firstDelayMs = wholeNumber("retry.firstDelayMs", firstDelayMs, 1, 3_600_000) ?? 100;
    this.#longestDelayMs = wholeNumber("retry.longestDelayMs", longestDelayMs, 1, 24 * 3_600_000) ?? 10_000;
  }

  /**
   * The wait before the next attempt, in ms; undefined: there is none. Every event has its id before it is first sent,
   * so sending one again never makes a second one of it.
   * @param attempt how many were made.
   */
  delayAfter(error: HooksError, attempt: number): number | undefined {
    if (this.#attempts <= attempt || !isPassing(error)) return undefined;
    if (LONGEST_RETRY_AFTER_MS < (error.retryAfterMs ?? 0)) return undefined;
    const doubled = Math.min(this.#firstDelayMs * 2 ** Math.min(attempt - 1, 30), this.#longestDelayMs);
    // Half of it by chance: publishers that failed together do not come back together.
    const delay = doubled / 2 + (Math.random() * doubled) / 2;
    return Math.max(delay, error.retryAfterMs ?? 0);
  }
}

function isPassing({ code, cause }: HooksError): boolean {
  if (PASSING.has(code)) return true;
  // `unreachable` without a cause is an answer that was not of hooks: the address is wrong.
  if (code !== "unreachable" || !(cause instanceof Error)) return false;
  // What came is not in our form.
  if (cause instanceof SyntaxError) return false;
  // A connection that failed for one of these fails again.
  const reason = codeOf(cause);
  return !isCertificateTrouble(reason) && !/EPROTO|ERR_SSL/.test(reason);
}
