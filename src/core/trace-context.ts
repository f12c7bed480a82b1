// W3C Trace Context: who caused what. https://www.w3.org/TR/trace-context/

/** A span, as it is named to whoever goes on. */
export interface TraceContext {
  /** 32 hexadecimal digits, lower case. */
  traceId: string;
  /** 16 of them. */
  spanId: string;
  /** Whether its spans are recorded. */
  isSampled: boolean;
  /** `tracestate` of other systems, passed on as it came; undefined: none. */
  state: string | undefined;
}

const VERSION_00 = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;
/** Of a version that is not known yet the first four parts are read (section 3.2.4). */
const LATER_VERSION = /^(?!00|ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/;
const STATE = /^[\x20-\x7e]{1,512}$/;

/** What the two headers say; undefined when `traceparent` is none: then the trace begins here. */
export function parseTraceContext(traceparent: string | undefined, tracestate?: string): TraceContext | undefined {
  if (traceparent === undefined || 512 < traceparent.length) return undefined;
  const text = traceparent.trim();
  const [, traceId = "", spanId = "", flags = ""] = VERSION_00.exec(text) ?? LATER_VERSION.exec(text) ?? [];
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined;
  const state = tracestate?.trim() ?? "";
  return {
    traceId,
    spanId,
    isSampled: (Number.parseInt(flags, 16) & 1) === 1,
    state: STATE.test(state) ? state : undefined,
  };
}

export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}

/** Both headers as one text, to be kept with an event. */
export function storedTrace(context: TraceContext): string {
  const traceparent = formatTraceparent(context);
  return context.state === undefined ? traceparent : `${traceparent} ${context.state}`;
}

/** The opposite. */
export function parseStoredTrace(text: string): TraceContext | undefined {
  const space = text.indexOf(" ");
  return space === -1 ? parseTraceContext(text) : parseTraceContext(text.slice(0, space), text.slice(space + 1));
}

/** Which new traces are recorded; `followsParent`: of one that goes on, whoever began it decides. */
export interface Sampler {
  /** 0–1, of those that begin here. */
  ratio: number;
  followsParent: boolean;
}

export function isSampled(
  { ratio, followsParent }: Sampler,
  traceId: string,
  parent: TraceContext | undefined,
): boolean {
  if (followsParent && parent !== undefined) return parent.isSampled;
  // Of the id's last 52 bits, which are random: every process decides the same of one trace.
  return Number.parseInt(traceId.slice(-13), 16) < ratio * 2 ** 52;
}
