import type { DeliveryReason, DeliveryState } from "./delivery.ts";
import type { PageQuery, TimeRange } from "./hooks-service.ts";

// Sending many ended deliveries again, and the dead letters among them. `since` and `until` mean when a delivery ended.

/** What can be sent again: what still waits is sent anyway. */
export const REPLAYED_STATES = ["failed", "succeeded", "cancelled"] as const satisfies readonly DeliveryState[];
export type ReplayedState = (typeof REPLAYED_STATES)[number];

export const REPLAY_STATES = ["running", "completed", "cancelled"] as const;
export type ReplayState = (typeof REPLAY_STATES)[number];

export interface ReplayRequest extends TimeRange {
  /** Id, unique prefix of one, or name. */
  subscription?: string | undefined;
  /** Default `failed`. */
  status?: DeliveryState | undefined;
  /** Types or patterns. */
  types?: string[] | undefined;
  /** Why they failed or were cancelled. */
  reason?: DeliveryReason | undefined;
  /** At most so many in a span of time: `100/s`. Left out: as fast as they can be stored. */
  rate?: string | undefined;
  /** Only count. */
  dry_run?: boolean | undefined;
}

/** Of one event. */
export interface EventReplayRequest {
  /** Only these: ids, unique beginnings or names. Left out: everyone who got it or would get it now. */
  subscriptions?: string[] | undefined;
  /** Only count. */
  dry_run?: boolean | undefined;
}

export interface ReplayReceipt {
  /** Deliveries that were found, and are sent again (or with `dry_run` would be). */
  count: number;
  dry_run: boolean;
}

export interface ReplayStarted extends ReplayReceipt {
  /** Of the job (`rpl_…`); null with `dry_run`, and when nothing was found. */
  id: string | null;
  /** `completed` when all is done already. */
  status: ReplayState;
}

/** A job. It goes on after a crash where it was, and re-opens each delivery once. */
export interface ReplayResource {
  id: string;
  status: ReplayState;
  /** As it was asked for. */
  filter: Omit<ReplayRequest, "dry_run" | "rate">;
  rate: string | null;
  /** Deliveries that were found when it began. */
  count: number;
  /** So many of them go out again by now. When it is completed, the others had been sent again, or were gone. */
  reopened: number;
  tenant: string;
  environment: string;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
}

export interface DeadLetterFilter extends TimeRange {
  subscription?: string | undefined;
  /** A type or a pattern. */
  type?: string | undefined;
  reason?: DeliveryReason | undefined;
}

export interface DeadLetterQuery extends PageQuery, DeadLetterFilter {}

export interface PurgeRequest extends DeadLetterFilter {
  /** Only count. */
  dry_run?: boolean | undefined;
}

export interface PurgeReceipt {
  /** Deliveries that were (or with `dry_run` would be) deleted, with their attempts. */
  count: number;
  dry_run: boolean;
}
