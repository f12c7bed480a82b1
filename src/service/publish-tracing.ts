import type { TraceContext } from "../core/trace-context.ts";

/** What is kept with an event that is traced. */
export interface EventTrace {
  /** Of the span of its publishing, as it is stored. */
  trace: string;
  /** The publisher's span; undefined: the trace begins here. */
  parentSpanId: string | undefined;
}

export interface PublishTracing {
  begin(parent: TraceContext | undefined): EventTrace;
}
