import type { Scope } from "../core/scope.ts";
import type { AppendedEvent, NewEvent } from "../store/store.ts";

/** `traceParent`: the span of whoever published it. */
export interface PublishedEvent {
  event: NewEvent;
  traceParent?: string | undefined;
}

/** Hears of what is published, for metrics, log and traces. It is called on the hot path: whatever it does is paid there. */
export interface PublishObserver {
  /** These were asked for together; each is on disk now, or was before, or is refused as a conflict. */
  appended(events: readonly PublishedEvent[], outcomes: readonly AppendedEvent[], durationMs: number): void;
  /** An event, or a request, that came to nothing. */
  refused(scope: Scope, error: unknown): void;
}
