import type { Attempt } from "../core/attempt.ts";
import type { AttemptResource, DeliveryResource } from "../core/delivery.ts";
import { toIso, toIsoOrNull } from "../core/instant.ts";
import type { StoredDelivery } from "../store/store.ts";

export function toDeliveryResource(stored: StoredDelivery): DeliveryResource {
  const waits = stored.state === "pending" || stored.state === "retrying";
  return {
    id: stored.id,
    event_id: stored.eventId,
    event_type: stored.eventType,
    subscription: stored.subscriptionId,
    tenant: stored.scope.tenant,
    environment: stored.scope.environment,
    status: stored.state,
    reason: stored.reason ?? null,
    attempt_count: stored.attemptCount,
    last_attempt_at: toIsoOrNull(stored.lastAttemptAt),
    // While it is being sent the column holds the end of the lease, which is nobody's next attempt.
    next_attempt_at: waits ? toIsoOrNull(stored.claimableAt) : null,
    response_status: stored.lastStatus ?? null,
    response_excerpt: stored.lastExcerpt ?? null,
    error: stored.lastError ?? null,
    created_at: toIso(stored.createdAt),
    completed_at: toIsoOrNull(stored.completedAt),
  };
}

export function toAttemptResource(attempt: Attempt): AttemptResource {
  return {
    number: attempt.number,
    started_at: toIso(attempt.startedAt),
    duration_ms: attempt.durationMs,
    outcome: attempt.outcome,
    status: attempt.status ?? null,
    error:
      attempt.errorCode === undefined
        ? (attempt.errorMessage ?? null)
        : `${attempt.errorCode}: ${attempt.errorMessage ?? ""}`,
    phase: attempt.phase,
    remote_address: attempt.remoteAddress ?? null,
    bytes_sent: attempt.bytesSent,
    request_headers: attempt.requestHeaders,
    response_headers: attempt.responseHeaders,
    response_excerpt: attempt.responseExcerpt ?? null,
    truncated: attempt.truncated,
    trigger: attempt.trigger,
    worker: attempt.worker,
  };
}
