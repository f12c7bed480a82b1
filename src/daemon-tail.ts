// What a running daemon tells live (GET /v1/tail), made from the same records as its log and metrics.

import { toIso, toIsoOrNull } from "./core/instant.ts";
import type { AttemptNews } from "./core/tail.ts";
import type { AttemptRecorded } from "./deliver/attempt-recorded.ts";
import type { Tail } from "./receive/tail.ts";
import type { PublishObserver } from "./service/publish-observer.ts";

/** `name`: of the subscription. */
export function attemptNews(record: AttemptRecorded, name: string): AttemptNews {
  const { errorCode, errorMessage } = record;
  return {
    type: "attempt.recorded",
    at: toIso(record.startedAt + record.durationMs),
    tenant: record.tenant,
    environment: record.environment,
    event_id: record.eventId,
    event_type: record.eventType,
    delivery_id: record.deliveryId,
    subscription: record.subscriptionId,
    subscription_name: name === record.subscriptionId ? null : name,
    attempt: record.attempt,
    trigger: record.trigger,
    outcome: record.outcome,
    status: record.status ?? null,
    error: errorCode === undefined ? (errorMessage ?? null) : `${errorCode}: ${errorMessage ?? ""}`,
    duration_ms: record.durationMs,
    verdict: record.verdict,
    reason: record.reason ?? null,
    next_attempt_at: toIsoOrNull(record.nextAttemptAt),
  };
}

/** Hears of what is published as `next` does, and tells whoever listens. */
export function tellingObserver(tail: Tail, next: PublishObserver): PublishObserver {
  return {
    appended(events, outcomes, durationMs) {
      next.appended(events, outcomes, durationMs);
      if (!tail.hasReaders) return;
      for (const [index, { event }] of events.entries()) {
        if (outcomes[index]?.kind !== "stored") continue;
        tail.tell({
          type: "event.accepted",
          at: toIso(event.createdAt),
          ...event.scope,
          event_id: event.id,
          event_type: event.type,
          deliveries: event.deliveries.length,
        });
      }
    },
    refused: (scope, error) => next.refused(scope, error),
  };
}
