import type { TraceContext } from "../core/trace-context.ts";

/** Values of attributes; undefined: left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Span {
  context: TraceContext;
  parentSpanId: string | undefined;
  name: string;
  kind: "client" | "producer";
  /** Unix ms. */
  startedAt: number;
  endedAt: number;
  attributes: Attributes;
  /** Why it failed, for people; undefined: it did not. */
  fault: string | undefined;
  /** Other spans that led to it. */
  links: readonly Pick<TraceContext, "traceId" | "spanId">[];
}

/** SpanKind of the protocol. */
const KINDS = { client: 3, producer: 4 } as const;
const STATUS_ERROR = 2;
const SAMPLED = 1;

/**
 * Spans as a request of OTLP/HTTP with JSON: ids as hexadecimal digits, 64-bit numbers as text.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function encodeSpans(spans: readonly Span[], resource: Attributes, version: string): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: "hooks", version }, spans: spans.map(encodeSpan) }],
      },
    ],
  });
}

function encodeSpan({ context, parentSpanId, name, kind, startedAt, endedAt, attributes, fault, links }: Span): object {
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(context.state === undefined ? {} : { traceState: context.state }),
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    flags: SAMPLED,
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(startedAt),
    endTimeUnixNano: nanoseconds(endedAt),
    attributes: attributesOf(attributes),
    ...(links.length === 0 ? {} : { links: links.map(({ traceId, spanId }) => ({ traceId, spanId })) }),
    status: fault === undefined ? {} : { code: STATUS_ERROR, message: fault },
  };
}

function attributesOf(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: otlpValue(value) }],
  );
}

function otlpValue(value: string | number | boolean): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** To the microsecond, which is more than a double of unix ms has. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1_000)}000`;
}
