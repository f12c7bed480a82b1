import type { Attempt, AttemptTrigger } from "./attempt.ts";
import type { BreakerState } from "./breaker.ts";
import type { Scope } from "./scope.ts";

export const DELIVERY_STATES = ["pending", "sending", "retrying", "succeeded", "failed", "cancelled"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Why a delivery is `failed`: that of a dead letter. */
export const FAILURE_REASONS = [
  "exhausted", // the schedule is used up
  "final_status", // retry_on says that this outcome is final
  "gone", // 410
  "subscription_disabled",
] as const;

/** Why a delivery is `failed` or `cancelled`. */
export const DELIVERY_REASONS = [
  ...FAILURE_REASONS,
  "subscription_deleted",
  "expired", // nobody listened in time (tunnel)
  "cancelled", // by a person
] as const;
export type DeliveryReason = (typeof DELIVERY_REASONS)[number];

/**
 * One event × one subscription, leased to this process. Everything that sending needs is in it, so that nothing is
 * read back between the claim and the request.
 */
export interface ClaimedDelivery {
  rowId: number;
  /** `dlv_…` */
  id: string;
  subscriptionRowId: number;
  scope: Scope;
  event: ClaimedEvent;
  /** Attempts recorded so far, over all rounds. */
  attemptCount: number;
  /** Attempts recorded in this round: what the schedule counts. */
  roundAttempts: number;
  /** When it was made, unix ms. */
  createdAt: number;
  /** What asked for this attempt: the schedule, a manual retry, or a replay. */
  trigger: AttemptTrigger;
  /** The others that go out in the same request, when its subscription has its events in batches; else left out. */
  with?: readonly ClaimedDelivery[];
}

/** It was tried before, or somebody had it sent again: it gives way to what is new. */
export function isRetry({ roundAttempts, trigger }: Pick<ClaimedDelivery, "roundAttempts" | "trigger">): boolean {
  return 0 < roundAttempts || trigger === "replay";
}

export interface ClaimedEvent {
  /** The public id: what goes onto the wire. */
  id: string;
  type: string;
  /** When it happened, unix ms. */
  timestamp: number;
  /** JSON text as the publisher sent it. */
  data: Uint8Array;
  /** JSON object text as the publisher sent it; undefined when there was none. */
  metadata: Uint8Array | undefined;
  version: string | undefined;
  /** The span of its publishing (trace-context.ts, `storedTrace`); left out: nobody traced. */
  trace?: string | undefined;
}

/** What becomes of a delivery after an attempt: decided by `verdict.ts`, done by the store. */
export type Verdict =
  | { kind: "succeeded" }
  | { kind: "retry"; at: number }
  | { kind: "failed"; reason: DeliveryReason; disableSubscription?: "gone" };

/** An attempt and its verdict, to be recorded in one transaction. */
export interface RecordedAttempt {
  deliveryRowId: number;
  subscriptionRowId: number;
  eventType: string;
  attempt: Attempt;
  verdict: Verdict;
  /** The subscription's breaker, when this attempt changed it; undefined or left out: it stays as it is. */
  breaker?: BreakerState | undefined;
  /** When the attempt ended, unix ms. */
  endedAt: number;
  /** Those of the others that went out in the same request; else left out. */
  with?: readonly RecordedAttempt[];
  /** One of those others: what it says of its receiver, the first has said. Else left out. */
  isWithFirst?: true;
}

// ---- as the API shows it ---------------------------------------------------------------------------------------

/** A delivery in JSON (http-api.md). Times ISO 8601 UTC with milliseconds. */
export interface DeliveryResource {
  id: string;
  event_id: string;
  event_type: string;
  subscription: string;
  tenant: string;
  environment: string;
  status: DeliveryState;
  reason: DeliveryReason | null;
  attempt_count: number;
  last_attempt_at: string | null;
  /** Null once it ended, and while it waits for an earlier one of its order. */
  next_attempt_at: string | null;
  response_status: number | null;
  response_excerpt: string | null;
  error: string | null;
  created_at: string;
  completed_at: string | null;
}

export interface AttemptResource {
  number: number;
  started_at: string;
  duration_ms: number;
  outcome: "success" | "failure";
  status: number | null;
  /** `code: message`, or null. */
  error: string | null;
  phase: string;
  remote_address: string | null;
  bytes_sent: number;
  request_headers: [string, string][];
  response_headers: [string, string][];
  response_excerpt: string | null;
  truncated: boolean;
  trigger: AttemptTrigger;
  worker: string;
}

/**
 * What is known of a body that is shown: `sent`: that the last request had exactly this one; `unsent`: nothing was sent
 * yet, and the next request has it as things stand; `rebuilt`: it was made again from what is set now, and what was sent
 * may have been another.
 */
export const PAYLOAD_AS = ["sent", "rebuilt", "unsent"] as const;
export type PayloadAs = (typeof PAYLOAD_AS)[number];

export interface DeliveryDetail extends DeliveryResource {
  /** The body, as text when it is UTF-8, else in base64. */
  payload: string;
  payload_encoding: "utf8" | "base64";
  payload_as: PayloadAs;
  attempts: AttemptResource[];
}
