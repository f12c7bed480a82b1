// One HTTP try of a delivery, as a value: what a receiver does wrong is never an exception.

/** How far an attempt came. */
export type AttemptPhase = "dns" | "connect" | "tls" | "write" | "headers" | "body" | "done";

/** Why no status came back, in the field's words. */
export const SEND_ERROR_CODES = [
  "dns_failed",
  "refused",
  "unreachable",
  "tls_error",
  "timeout",
  "reset",
  "protocol_error",
  "headers_too_large",
  "egress_blocked",
  "local_error", // tunnel: the developer's own program could not be reached (the message says why)
  "refused_by_user",
] as const;
export type SendErrorCode = (typeof SEND_ERROR_CODES)[number];

/** Name and value, in the order received, names as received. */
export type HeaderPairs = [name: string, value: string][];

interface SendFacts {
  /** Unix ms at which the attempt began (before DNS). */
  startedAt: number;
  /** Whole ms. */
  durationMs: number;
  phase: AttemptPhase;
  remoteAddress: string | undefined;
  /** Bytes of the request's body written. */
  bytesSent: number;
}

/** An answer with a status line: the status alone decides (a 2xx with an endless body is still a success). */
export interface AnsweredResult extends SendFacts {
  kind: "answered";
  status: number;
  responseHeaders: HeaderPairs;
  /** The body as far as it was read (at most 64 KiB). */
  responseBody: Uint8Array;
  /** True when the body had more than was read. */
  truncated: boolean;
}

/** No status line came. */
export interface ErrorResult extends SendFacts {
  kind: "error";
  code: SendErrorCode;
  /** For people; holds no secret and nothing of an internal address's answer. */
  message: string;
}

/** Nothing was tried (the tunnel closed before the request went out or was answered): no attempt is used up. */
export interface NotSentResult {
  kind: "not_sent";
}

export type SendResult = AnsweredResult | ErrorResult | NotSentResult;

export type AttemptTrigger = "auto" | "manual" | "replay";

/** A row of `attempts`: everything that is recorded of one try. */
export interface Attempt {
  /** 1 for the first; goes on over replays. */
  number: number;
  startedAt: number;
  durationMs: number;
  outcome: "success" | "failure";
  status: number | undefined;
  errorCode: SendErrorCode | undefined;
  errorMessage: string | undefined;
  phase: AttemptPhase;
  remoteAddress: string | undefined;
  bytesSent: number;
  requestHeaders: HeaderPairs;
  /** At most 32 pairs, values cut at 512 characters. */
  responseHeaders: HeaderPairs;
  /** Undefined when nothing was read or the excerpt is switched off. */
  responseExcerpt: string | undefined;
  truncated: boolean;
  trigger: AttemptTrigger;
  /** Boot id of the process that sent it. */
  worker: string;
}
