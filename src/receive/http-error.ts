import { type ErrorCode, HooksError } from "../core/errors.ts";

/** Code → status, the whole table: a code without a status does not compile. */
export const STATUS_OF_CODE: Record<ErrorCode, number> = {
  invalid_request: 400,
  invalid_json: 400,
  unknown_event_type: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  conflict: 409,
  gone_version: 409,
  too_large: 413,
  unsupported_media_type: 415,
  wrong_host: 421,
  url_refused: 422,
  upgrade_required: 426,
  rate_limited: 429,
  headers_too_large: 431,
  loop_detected: 508,
  unavailable: 503,
  // The store's troubles: their messages name files, so they leave as `unavailable` (toPublicError).
  store_busy: 503,
  store_full: 503,
  store_unusable: 503,
  interrupted: 503,
  // Never meant for a caller over HTTP: a bug when one gets here.
  usage: 500,
  unreachable: 500,
  daemon_running: 500,
  failed: 500,
  internal: 500,
};

/** When to come back if the error itself does not say, in ms. */
const DEFAULT_RETRY_AFTER_MS = 1_000;
const STORE_FULL_RETRY_AFTER_MS = 10_000;

const MESSAGE_MAX_CHARS = 500;
const FIELD_MAX_CHARS = 200;

/** An error that is answered with another status than its code's: an atomic batch answers 422 for a bad event. */
export class StatusOverride extends Error {
  readonly status: number;
  readonly error: HooksError;

  constructor(status: number, error: HooksError) {
    super(error.message, { cause: error });
    this.status = status;
    this.error = error;
  }
}

/** On every answer. */
export const COMMON_HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** What leaves the process: status, headers and the one error form. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** @param status instead of the code's own. */
export function toErrorAnswer(error: HooksError, requestId: string, status?: number): ErrorAnswer {
  const shown = toPublicError(error);
  const headers: Record<string, string> = {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
  };
  const statusCode = status ?? STATUS_OF_CODE[shown.code];
  if (statusCode === 401) headers["www-authenticate"] = "Bearer";
  if (statusCode === 426) headers["upgrade"] = "websocket";
  if (statusCode === 429 || statusCode === 503) {
    headers["retry-after"] = String(Math.max(1, Math.ceil((shown.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) / 1000)));
  }
  const { code, message, field, hint } = shown;
  const body = JSON.stringify({
    error: {
      code,
      message: printable(message, MESSAGE_MAX_CHARS),
      field: field === undefined ? undefined : printable(field, FIELD_MAX_CHARS),
      hint: hint === undefined ? undefined : printable(hint, MESSAGE_MAX_CHARS),
      request_id: requestId,
    },
  });
  return { status: statusCode, headers, body };
}

/** The code under which an error leaves the process. */
export function toPublicCode(code: ErrorCode): ErrorCode {
  return toPublicError(new HooksError(code, "")).code;
}

/** The same error as strangers may see it: no file of the store, nothing of what is ours to repair. */
export function toPublicError(error: HooksError): HooksError {
  const status = STATUS_OF_CODE[error.code];
  if (status === 500) return new HooksError("internal", "internal error", { cause: error });
  if (status !== 503) return error;
  const retryAfterMs = error.retryAfterMs ?? (error.code === "store_full" ? STORE_FULL_RETRY_AFTER_MS : undefined);
  const message = {
    store_busy: "the store is busy; nothing was stored",
    store_full: "the store is full; nothing was stored",
    store_unusable: "the store cannot be used",
    interrupted: "the server is stopping",
  }[error.code as string];
  if (message === undefined) return error;
  return new HooksError("unavailable", message, { hint: "try again later", retryAfterMs, cause: error });
}

/**
 * Text that quotes a caller cannot move a terminal's cursor or turn the direction of what follows: control
 * characters, bidirectional marks and zero-width characters are written as escapes. The line break before a suggestion of
 * ours stays: a command line shows it as one.
 */
export function printable(text: string, maxChars: number): string {
  const visible = text
    .slice(0, maxChars)
    .replace(
      /\n(?! {2}did you mean ")|[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  return maxChars < text.length || maxChars < visible.length ? `${visible.slice(0, maxChars - 1)}…` : visible;
}
