import type { AttemptPhase, AttemptTrigger, HeaderPairs, SendErrorCode } from "../core/attempt.ts";
import type { BreakerState } from "../core/breaker.ts";
import type { ClaimedDelivery, DeliveryReason, RecordedAttempt } from "../core/delivery.ts";
import type { Subscription, Transport } from "../core/subscription.ts";
import { parseStoredTrace, parseTraceContext } from "../core/trace-context.ts";

/**
 * The one wide record of an attempt, made once it is on disk. Log line, live stream and metrics are made from it, so
 * they cannot disagree. Holds no payload, no header value and no secret. Times in unix ms.
 */
export interface AttemptRecorded {
  tenant: string;
  environment: string;
  eventId: string;
  eventType: string;
  deliveryId: string;
  subscriptionId: string;
  transport: Transport;
  /** 1 for the delivery's first. */
  attempt: number;
  trigger: AttemptTrigger;
  outcome: "success" | "failure";
  status: number | undefined;
  errorCode: SendErrorCode | undefined;
  errorMessage: string | undefined;
  phase: AttemptPhase;
  startedAt: number;
  durationMs: number;
  remoteAddress: string | undefined;
  bytesSent: number;
  /** What becomes of the delivery. */
  verdict: "succeeded" | "retry" | "failed";
  /** Why it is given up; undefined when it is not. */
  reason: DeliveryReason | undefined;
  /** Undefined when none follows. */
  nextAttemptAt: number | undefined;
  /** A person had the delivery sent again: its age says nothing of how quick anybody was. */
  isReplayed: boolean;
  /** The subscription's circuit breaker, when this attempt changed it. */
  breaker: BreakerState | undefined;
  /** Undefined: nobody traced it. */
  trace: AttemptTrace | undefined;
  /** Boot id of the process that sent it. */
  worker: string;
}

/** The span of an attempt. */
export interface AttemptTrace {
  traceId: string;
  spanId: string;
  /** Of publishing its event. */
  parentSpanId: string;
  isSampled: boolean;
  /** Of the trace that its request went out in: that of the first event of a batch. */
  requestTraceId: string;
  state: string | undefined;
}

export function attemptRecorded(
  { attempt, verdict, breaker }: RecordedAttempt,
  delivery: ClaimedDelivery,
  subscription: Pick<Subscription, "id" | "transport">,
): AttemptRecorded {
  return {
    tenant: delivery.scope.tenant,
    environment: delivery.scope.environment,
    eventId: delivery.event.id,
    eventType: delivery.event.type,
    deliveryId: delivery.id,
    subscriptionId: subscription.id,
    transport: subscription.transport,
    attempt: attempt.number,
    trigger: attempt.trigger,
    outcome: attempt.outcome,
    status: attempt.status,
    errorCode: attempt.errorCode,
    errorMessage: attempt.errorMessage,
    phase: attempt.phase,
    startedAt: attempt.startedAt,
    durationMs: attempt.durationMs,
    remoteAddress: attempt.remoteAddress,
    bytesSent: attempt.bytesSent,
    verdict: verdict.kind,
    reason: verdict.kind === "failed" ? verdict.reason : undefined,
    nextAttemptAt: verdict.kind === "retry" ? verdict.at : undefined,
    isReplayed: delivery.attemptCount !== delivery.roundAttempts || attempt.trigger !== "auto",
    breaker,
    trace: delivery.event.trace === undefined ? undefined : traceOf(delivery.event.trace, attempt.requestHeaders),
    worker: attempt.worker,
  };
}

function traceOf(stored: string, requestHeaders: HeaderPairs): AttemptTrace | undefined {
  const event = parseStoredTrace(stored);
  const request = parseTraceContext(requestHeaders.findLast(([name]) => name === "traceparent")?.[1]);
  if (event === undefined || request === undefined) return undefined;
  const { traceId, spanId: parentSpanId, isSampled, state } = event;
  return { traceId, spanId: request.spanId, parentSpanId, isSampled, requestTraceId: request.traceId, state };
}
