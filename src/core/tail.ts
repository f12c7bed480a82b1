import type { DeliveryReason } from "./delivery.ts";

// What happens, as `GET /v1/tail` tells it live: server-sent events whose name is the kind and whose data is one of these.

export const TAIL_KINDS = ["attempt.recorded", "event.accepted"] as const;
export type TailKind = (typeof TAIL_KINDS)[number];

/** An attempt is on disk. */
export interface AttemptNews {
  type: "attempt.recorded";
  at: string;
  tenant: string;
  environment: string;
  event_id: string;
  event_type: string;
  delivery_id: string;
  subscription: string;
  /** Of the subscription; null: it has none. */
  subscription_name: string | null;
  attempt: number;
  trigger: string;
  outcome: "success" | "failure";
  status: number | null;
  /** `code: message` */
  error: string | null;
  duration_ms: number;
  /** What becomes of the delivery. */
  verdict: "succeeded" | "retry" | "failed";
  reason: DeliveryReason | null;
  next_attempt_at: string | null;
}

/** An event is on disk. */
export interface EventNews {
  type: "event.accepted";
  at: string;
  tenant: string;
  environment: string;
  event_id: string;
  event_type: string;
  deliveries: number;
}

/** The reader was too slow: so many were left out here. */
export interface DroppedNews {
  type: "dropped";
  count: number;
}

export type TailNews = AttemptNews | EventNews | DroppedNews;

export interface TailQuery {
  /** Default: all. */
  kinds?: readonly TailKind[] | undefined;
  /** Id, unique prefix of one, or name. */
  subscription?: string | undefined;
  /** Type or pattern. */
  type?: string | undefined;
  /** Attempts only that came to this. */
  outcome?: "success" | "failure" | undefined;
}
