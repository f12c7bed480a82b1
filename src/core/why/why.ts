import type { ExplainedCondition } from "../filter/filter.ts";

/** What became of an event for one subscription. */
export type WhyOutcome = "delivered" | "sending" | "waiting" | "failed" | "cancelled" | "not_sent";

/** The one reason that counts most, for programs. */
export const WHY_CODES = [
  "delivered",
  "sending",
  // waiting
  "due",
  "retry",
  "turn", // an earlier one of its order comes first
  "batch",
  "paused",
  "disabled",
  "handshake", // its receiver has not allowed deliveries
  "breaker",
  "resting",
  "rate_limit",
  "concurrency",
  "tenant_limit",
  "process_limit",
  "host_limit",
  "no_listener",
  "no_sender",
  "no_secrets",
  "no_profile",
  "store_behind",
  // failed, cancelled
  "exhausted",
  "final_status",
  "gone",
  "subscription_disabled",
  "subscription_deleted",
  "expired",
  "cancelled",
  // not sent
  "no_pattern",
  "operational",
  "created_later",
  "filtered",
  "filter_failed",
  "version",
  "not_listening",
  "unknown",
] as const;
export type WhyCode = (typeof WHY_CODES)[number];

/** Something to do, with a command to paste where there is one. */
export interface WhyAction {
  text: string;
  command: string | null;
}

export interface WhyAttempt {
  number: number;
  started_at: string;
  duration_ms: number;
  outcome: "success" | "failure";
  status: number | null;
  /** In words. */
  cause: string;
  /** How far it came. */
  phase: string;
  trigger: string;
}

/** One event and one subscription. */
export interface WhySubscription {
  id: string;
  /** Null: it is deleted, or has none. */
  name: string | null;
  url: string | null;
  outcome: WhyOutcome;
  code: WhyCode;
  /** One sentence. */
  summary: string;
  /** What else is worth knowing, a sentence each. */
  details: string[];
  /** Its first pattern that takes the type, as it is now. */
  pattern: string | null;
  /** Its filter as it is now, and what it comes to. */
  filter: {
    expression: string;
    outcome: "matched" | "not_matched" | "failed";
    error: string | null;
    conditions: ExplainedCondition[];
  } | null;
  delivery: {
    id: string;
    status: string;
    reason: string | null;
    created_at: string;
    completed_at: string | null;
  } | null;
  next_attempt_at: string | null;
  /** The last 20. */
  attempts: WhyAttempt[];
  actions: WhyAction[];
}

/** `GET /v1/why` */
export interface WhyResource {
  event: {
    id: string;
    type: string;
    timestamp: string;
    version: string | null;
    tenant: string;
    environment: string;
    created_at: string;
  };
  checked_at: string;
  /** Whether the process that sends was asked; else what holds a delivery back at this moment is not known. */
  live: boolean;
  /** What is true for all of them: that nothing sends, that there is no subscription. */
  notes: string[];
  /** Those it went to, and those whose patterns take its type; or the one that was named. At most 200. */
  subscriptions: WhySubscription[];
  /** Subscriptions that are not listed: their patterns do not take the type (or, beyond 200, they do). */
  others: number;
}

export interface WhyQuery {
  /** Id or unique beginning. */
  event: string;
  /** Id, unique beginning, or name. */
  subscription?: string | undefined;
}
