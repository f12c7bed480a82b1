import type { SendResult } from "../core/attempt.ts";
import type { ErrorFrame, ResultFrame } from "./protocol.ts";

/** A delivery frame that went out. */
export interface SentRequest {
  /** Unix ms. */
  startedAt: number;
  /** Of the request's body. */
  bytesSent: number;
}

/** What a listener answered, as the result of an attempt like any other. */
export function resultOf(frame: ResultFrame | ErrorFrame, sent: SentRequest): SendResult {
  const facts = factsOf(sent, frame.duration_ms);
  if (frame.type === "result") {
    return {
      ...facts,
      kind: "answered",
      phase: "done",
      status: frame.status,
      responseHeaders: frame.headers,
      responseBody: frame.body,
      truncated: frame.truncated,
    };
  }
  switch (frame.code) {
    case "not_taken":
      return { kind: "not_sent" };
    case "timeout":
      return { ...facts, kind: "error", code: "timeout", phase: "headers", message: frame.message };
    case "refused_by_user":
      return { ...facts, kind: "error", code: "refused_by_user", phase: "connect", message: frame.message };
    default: {
      const message = frame.message === "" ? frame.code : frame.message;
      return { ...facts, kind: "error", code: "local_error", phase: "connect", message };
    }
  }
}

/** No answer came in time, although the listener is there. */
export function unansweredResult(sent: SentRequest, now: number, timeoutMs: number): SendResult {
  const message = `the listener gave no answer within ${timeoutMs} ms`;
  return { ...factsOf(sent, now - sent.startedAt), kind: "error", code: "timeout", phase: "headers", message };
}

function factsOf({ startedAt, bytesSent }: SentRequest, durationMs: number) {
  return { startedAt, durationMs, bytesSent, remoteAddress: undefined };
}
