// What `hooks listen --record` writes and `hooks replay FILE` reads: a request as it was forwarded, and what was answered.

import type { HeaderPairs } from "../attempt.ts";

export interface RecordedRequest {
  method: string;
  /** Begins with "/". */
  path: string;
  /** Without "?"; "" when there is none. */
  query: string;
  headers: HeaderPairs;
  body: Uint8Array;
}

export interface RecordedAnswer {
  status: number;
  headers: HeaderPairs;
  body: Uint8Array;
  /** It had more than `body`. */
  truncated: boolean;
}

export interface RecordedExchange {
  /** When it was forwarded, unix ms. */
  at: number;
  eventId: string;
  eventType: string;
  attempt: number;
  durationMs: number;
  request: RecordedRequest;
  /** Undefined: none came, and `failure` says why. */
  answer: RecordedAnswer | undefined;
  failure: { code: string; message: string } | undefined;
}
