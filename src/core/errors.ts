/** Every way in which hooks itself can fail, as one closed list. A receiver's failure is not here: that is a value (attempt.ts). */
export const ERROR_CODES = [
  // What a caller did wrong.
  "usage", // a command line, a setting or a configuration file (exit 2; never sent over HTTP)
  "invalid_request",
  "invalid_json",
  "unknown_event_type",
  "unauthenticated",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "request_timeout",
  "conflict",
  "gone_version",
  "too_large",
  "unsupported_media_type",
  "wrong_host",
  "url_refused",
  "upgrade_required",
  "headers_too_large",
  "rate_limited",
  "loop_detected", // a request of a daemon that came back to it
  // What stands in the way.
  "unavailable", // the store is behind, or the daemon is stopping: try again
  "unreachable", // the server, or something else that should answer, does not
  "store_busy", // another process holds the lock for too long
  "store_full", // no space on the disk
  "store_unusable", // not ours, newer, read-only, damaged: the file is left as it was
  "daemon_running", // a second daemon on one store
  // The thing itself.
  "failed", // a signature is invalid, a delivery failed, an expectation was not met (exit 1)
  "interrupted",
  "internal", // ours: logged with its stack, shown without
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
  /** The field, flag, header, key or file that is wrong, as the caller wrote it: `retry.delays[2]`, `--port`. */
  field?: string | undefined;
  /** What to do now; a command to paste where there is one. */
  hint?: string | undefined;
  /** For `unavailable` and `rate_limited`: when to come back, in ms. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/**
 * The one error class. `message` is for the person who caused it: it names the field or id and says what is accepted;
 * it holds no path of ours, no SQL, no stack and no secret.
 */
export class HooksError extends Error {
  override readonly name = "HooksError";
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.hint = details.hint;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** A field of a request that is not as it must be. `message` is a whole sentence that begins with the field's name. */
export function invalid(field: string, message: string, hint?: string): HooksError {
  return new HooksError("invalid_request", message, { field, hint });
}

export function isHooksError(error: unknown): error is HooksError {
  return error instanceof HooksError;
}

/** What a store answers when something stands in its way for a while: a lock, a full disk, one write that failed. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["store_busy", "store_full", "unavailable"]);

/** Whatever the store was asked for is worth trying again. */
export function isPassing(error: unknown): error is HooksError {
  return isHooksError(error) && PASSING.has(error.code);
}

/** What is shown of any error: an unknown one is ours, and no detail of it leaves the process. */
export function toHooksError(error: unknown): HooksError {
  return isHooksError(error) ? error : new HooksError("internal", "internal error", { cause: error });
}
