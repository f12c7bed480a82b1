import type { RecordedAttempt } from "../../core/delivery.ts";
import type { HealthThresholds } from "../../core/health.ts";
import type { HeaderSets, HeaderSetText } from "./header-sets.ts";
import type { PackedValue } from "./packed-events.ts";

/** Attempts to record, as one flat list (see packed-events.ts). */
export interface PackedAttempts {
  worker: string;
  count: number;
  values: PackedValue[];
  /** The header sets that the attempts name by their place here. */
  sets: HeaderSetText[];
  /** The same of the types of their events. */
  types: string[];
  /** From where on a subscription is unhealthy, which its owner is told. */
  thresholds: HealthThresholds;
}

/** Places in the list, from the start of each attempt. `firstColumn` … `lastColumn` go into the row as they are. */
export const PACKED_ATTEMPT = {
  deliveryRowId: 0,
  subscriptionRowId: 1,
  /** succeeded, retrying or failed: what the verdict asks for. */
  state: 2,
  reason: 3,
  retryAt: 4,
  /** 1 when the verdict disables the subscription. */
  disable: 5,
  endedAt: 6,
  /** Null: unchanged. */
  breakerOpenings: 7,
  breakerOpenUntil: 8,
  worker: 9,
  /** Places in `sets`; null: none. */
  requestSet: 10,
  responseSet: 11,
  /** Place in `types`. */
  type: 12,
  /** 1 when an attempt before it tells of the same request. */
  isWithFirst: 13,
  /** Which attempt of its delivery it is, as its sender counts. */
  number: 14,
  firstColumn: 15,
  durationMs: 16,
  outcome: 17,
  status: 18,
  errorCode: 19,
  length: 29,
} as const;

/** What is known of the headers of each subscription's attempts. */
export interface AttemptHeaders {
  requests: HeaderSets<number>;
  responses: HeaderSets<number>;
}

export function packAttempts(
  worker: string,
  attempts: readonly RecordedAttempt[],
  headers: AttemptHeaders,
  thresholds: HealthThresholds,
): PackedAttempts {
  const values: PackedValue[] = [];
  const sets: HeaderSetText[] = [];
  const types = new Map<string, number>();
  const placeOf = (set: HeaderSetText | undefined): number | null => {
    if (set === undefined) return null;
    const place = sets.lastIndexOf(set);
    return place === -1 ? sets.push(set) - 1 : place;
  };
  for (const recorded of attempts) {
    const { deliveryRowId, subscriptionRowId, eventType, attempt, verdict, breaker, endedAt } = recorded;
    let type = types.get(eventType);
    if (type === undefined) {
      type = types.size;
      types.set(eventType, type);
    }
    const request = headers.requests.encode(subscriptionRowId, attempt.requestHeaders);
    const response = headers.responses.encode(subscriptionRowId, attempt.responseHeaders);
    values.push(
      deliveryRowId,
      subscriptionRowId,
      verdict.kind === "retry" ? "retrying" : verdict.kind,
      verdict.kind === "failed" ? verdict.reason : null,
      verdict.kind === "retry" ? verdict.at : null,
      verdict.kind === "failed" && verdict.disableSubscription !== undefined ? 1 : 0,
      endedAt,
      breaker?.openings ?? null,
      breaker?.openUntil ?? null,
      attempt.worker,
      placeOf(request.set),
      placeOf(response.set),
      type,
      recorded.isWithFirst === true ? 1 : 0,
      attempt.number,
      // The columns, in the order of the INSERT.
      attempt.startedAt,
      attempt.durationMs,
      attempt.outcome,
      attempt.status ?? null,
      attempt.errorCode ?? null,
      attempt.errorMessage ?? null,
      attempt.phase,
      attempt.remoteAddress ?? null,
      attempt.bytesSent,
      request.values,
      response.values,
      attempt.responseExcerpt ?? null,
      attempt.truncated ? 1 : 0,
      attempt.trigger === "auto" ? null : attempt.trigger,
    );
  }
  return { worker, count: attempts.length, values, sets, types: [...types.keys()], thresholds };
}
