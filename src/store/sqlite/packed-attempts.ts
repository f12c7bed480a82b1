import type { RecordedAttempt } from "../../core/delivery.ts";
import type { PackedValue } from "./packed-events.ts";

/** Attempts to record, as one flat list (see packed-events.ts). */
export interface PackedAttempts {
  worker: string;
  count: number;
  values: PackedValue[];
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
  firstColumn: 10,
  startedAt: 10,
  outcome: 12,
  length: 24,
} as const;

export function packAttempts(worker: string, attempts: readonly RecordedAttempt[]): PackedAttempts {
  const values: PackedValue[] = [];
  for (const { deliveryRowId, subscriptionRowId, attempt, verdict, breaker, endedAt } of attempts) {
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
      JSON.stringify(attempt.requestHeaders),
      JSON.stringify(attempt.responseHeaders),
      attempt.responseExcerpt ?? null,
      attempt.truncated ? 1 : 0,
      attempt.trigger === "auto" ? null : attempt.trigger,
    );
  }
  return { worker, count: attempts.length, values };
}
