import type { Scope } from "../core/scope.ts";
import {
  formatTraceparent,
  isSampled,
  parseStoredTrace,
  type Sampler,
  storedTrace,
  type TraceContext,
} from "../core/trace-context.ts";
import type { AttemptRecorded } from "../deliver/attempt-recorded.ts";
import type { Span } from "./span.ts";

export interface TracerOptions {
  sampler: Sampler;
  random(size: number): Buffer;
  /** What is sampled. */
  add(span: Span): void;
  /** Where a subscription's requests go; undefined: it is gone. */
  urlOf(subscriptionId: string): string | undefined;
}

/** An event that was published. Times unix ms. */
export interface PublishedTrace {
  scope: Scope;
  id: string;
  type: string;
  bytes: number;
  deliveries: number;
  /** As `begin` gave it. */
  trace: string;
  parentSpanId: string | undefined;
  startedAt: number;
  endedAt: number;
  repeated: boolean;
}

/** Makes the spans of publishing and of each attempt, and the contexts that are handed on. */
export class Tracer {
  readonly #options: TracerOptions;
  /** Span of the request of the last attempt. */
  #lastRequest: string | undefined;

  constructor(options: TracerOptions) {
    this.#options = options;
  }

  /** The span of publishing an event: in the publisher's trace where he names one, else in a new one. */
  begin(parent: TraceContext | undefined): { trace: string; parentSpanId: string | undefined } {
    const traceId = parent?.traceId ?? this.#id(16);
    return {
      trace: storedTrace({
        traceId,
        spanId: this.#id(8),
        isSampled: isSampled(this.#options.sampler, traceId, parent),
        state: parent?.state,
      }),
      parentSpanId: parent?.spanId,
    };
  }

  /** Headers of a request with these events: a span of its own in the trace of the first that is traced. */
  requestHeaders(events: readonly { trace?: string | undefined }[]): string[] {
    const stored = events.find(({ trace }) => trace !== undefined)?.trace;
    const parent = stored === undefined ? undefined : parseStoredTrace(stored);
    // What was stored while nobody traced begins no trace of its own: half of one explains nothing.
    if (parent === undefined) return [];
    const headers = ["traceparent", formatTraceparent({ ...parent, spanId: this.#id(8) })];
    return parent.state === undefined ? headers : [...headers, "tracestate", parent.state];
  }

  published({
    scope,
    id,
    type,
    bytes,
    deliveries,
    trace,
    parentSpanId,
    startedAt,
    endedAt,
    repeated,
  }: PublishedTrace): void {
    const context = parseStoredTrace(trace);
    if (context?.isSampled !== true) return;
    this.#options.add({
      context,
      parentSpanId,
      name: `publish ${type}`,
      kind: "producer",
      startedAt,
      endedAt,
      attributes: {
        "messaging.system": "hooks",
        "messaging.operation.name": "publish",
        "messaging.operation.type": "send",
        "messaging.destination.name": type,
        "messaging.message.id": id,
        "messaging.message.body.size": bytes,
        "hooks.tenant": scope.tenant,
        "hooks.environment": scope.environment,
        "hooks.deliveries": deliveries,
        ...(repeated ? { "hooks.repeated": true } : {}),
      },
      fault: undefined,
      links: [],
    });
  }

  attempt(record: AttemptRecorded): void {
    const { trace, subscriptionId, startedAt, durationMs, status, errorCode, outcome } = record;
    if (trace?.isSampled !== true) return;
    const { traceId, spanId, parentSpanId, requestTraceId, state } = trace;
    // A batch is one request: its other events have spans of their own, each in its own trace, that lead to it.
    const isFirst = this.#lastRequest !== spanId && traceId === requestTraceId;
    this.#lastRequest = spanId;
    const url = URL.parse(this.#options.urlOf(subscriptionId) ?? "");
    const isFailure = outcome === "failure";
    this.#options.add({
      context: { traceId, spanId: isFirst ? spanId : this.#id(8), isSampled: true, state },
      parentSpanId,
      name: "POST",
      kind: "client",
      startedAt,
      endedAt: startedAt + durationMs,
      attributes: {
        "http.request.method": "POST",
        // A receiver's path and query may be its key.
        "url.full": url === null ? undefined : `${url.origin}/REDACTED`,
        "server.address": url?.hostname,
        "server.port": url === null ? undefined : Number(url.port || (url.protocol === "https:" ? 443 : 80)),
        "network.peer.address": record.remoteAddress,
        "http.response.status_code": status,
        "error.type": isFailure ? (errorCode ?? String(status)) : undefined,
        "http.request.resend_count": record.attempt === 1 ? undefined : record.attempt - 1,
        "http.request.body.size": record.bytesSent,
        "hooks.tenant": record.tenant,
        "hooks.environment": record.environment,
        "hooks.event.id": record.eventId,
        "hooks.event.type": record.eventType,
        "hooks.delivery.id": record.deliveryId,
        "hooks.subscription.id": subscriptionId,
        "hooks.attempt": record.attempt,
        "hooks.trigger": record.trigger,
        "hooks.verdict": record.verdict,
        "hooks.reason": record.reason,
        "hooks.phase": record.phase,
      },
      fault: isFailure ? (errorCode ?? `HTTP ${status}`) : undefined,
      links: isFirst ? [] : [{ traceId: requestTraceId, spanId }],
    });
  }

  #id(bytes: number): string {
    // All zeros would be no id; that this ever comes is no reason to hope.
    for (;;) {
      const id = this.#options.random(bytes).toString("hex");
      if (!/^0+$/.test(id)) return id;
    }
  }
}
