import type { AnsweredResult } from "../../src/core/attempt.ts";
import type { AttemptRecorded } from "../../src/deliver/attempt-recorded.ts";

/** An answer that a receiver gave. */
export function answered(status: number, fields: Partial<AnsweredResult> = {}): AnsweredResult {
  return {
    kind: "answered",
    status,
    responseHeaders: [],
    responseBody: new Uint8Array(),
    truncated: false,
    startedAt: 0,
    durationMs: 1,
    phase: "done",
    remoteAddress: undefined,
    bytesSent: 0,
    ...fields,
  };
}

/** The record of an attempt that succeeded at once. */
export function attemptRecord(fields: Partial<AttemptRecorded> = {}): AttemptRecorded {
  return {
    tenant: "default",
    environment: "development",
    eventId: "evt_1",
    eventType: "order.paid",
    deliveryId: "dlv_1",
    subscriptionId: "sub_1",
    transport: "http",
    attempt: 1,
    trigger: "auto",
    outcome: "success",
    status: 200,
    errorCode: undefined,
    errorMessage: undefined,
    phase: "done",
    startedAt: 1_760_000_000_000,
    durationMs: 41,
    remoteAddress: "127.0.0.1",
    bytesSent: 2,
    verdict: "succeeded",
    reason: undefined,
    nextAttemptAt: undefined,
    isReplayed: false,
    breaker: undefined,
    trace: undefined,
    worker: "ses_1",
    ...fields,
  };
}
