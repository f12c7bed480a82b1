import type { DeliveryResource } from "../delivery.ts";
import type { SubscriptionResource } from "../subscription.ts";
import type { Period } from "./spans.ts";

// Statistics as the API shows them (http-api.md). Times ISO 8601 UTC, durations ms.

export const GROUPINGS = ["status", "type", "subscription"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface StatsQuery {
  /** Default `24h`. */
  period?: Period | undefined;
  /** Left out: the whole only. */
  by?: Grouping | undefined;
  /** Groups, the busiest first: 1–200, default 50. */
  limit?: number | undefined;
}

export interface TenantStatsQuery {
  period?: Period | undefined;
  limit?: number | undefined;
  /** Left out or `*`: all that are in reach. */
  tenant?: string | undefined;
  environment?: string | undefined;
}

/** Of some attempts. */
export interface StatsFigures {
  attempts: number;
  succeeded: number;
  failed: number;
  /** 0–1, of the attempts; null: there were none. */
  success_rate: number | null;
  /** Deliveries that these attempts ended; null where that is not kept (by status). */
  deliveries: { succeeded: number; failed: number } | null;
  /** Null: there were no attempts. `p50` …: to about 3 %. */
  duration_ms: { mean: number; p50: number; p95: number; p99: number } | null;
}

/** A step of a chart. */
export interface StatsPoint {
  start: string;
  attempts: number;
  failed: number;
  p95_ms: number | null;
}

export interface StatsGroup extends StatsFigures {
  /** A status or an error code, an event type, the id of a subscription. */
  key: string;
  /** Of a subscription that has one. */
  name: string | null;
  /** Attempts, and those of them that failed, in the steps of `series`; null by status. */
  series: { attempts: number[]; failed: number[] } | null;
}

export interface Backlog {
  /** Deliveries that wait: for their first try, a retry or their turn. */
  waiting: number;
  /** More wait than were counted. */
  at_least: boolean;
  /** Since when the one that is due longest could have been sent; null: none is due. */
  oldest_due_at: string | null;
  /** For which they wait, the most first: at most 50. */
  subscriptions: { id: string; name: string | null; waiting: number }[];
}

export interface StatsResource {
  period: Period;
  /** From the beginning of the step that the period begins in. */
  since: string;
  until: string;
  /** What was attempted before then is not in it: an earlier version of hooks kept no statistics. */
  recorded_since: string;
  step_ms: number;
  totals: StatsFigures;
  series: StatsPoint[];
  by: Grouping | null;
  /** Empty without `by`. */
  groups: StatsGroup[];
  /** Groups that are not shown. */
  left_out: number;
  backlog: Backlog;
}

/** One tenant in one environment. */
export interface TenantStats extends StatsFigures {
  tenant: string;
  environment: string;
}

export interface TenantStatsResource {
  period: Period;
  since: string;
  until: string;
  recorded_since: string;
  totals: StatsFigures;
  data: TenantStats[];
  left_out: number;
}

/** `GET /v1/subscriptions/{id}/health` */
export interface SubscriptionHealth
  extends Pick<SubscriptionResource, "id" | "name" | "paused" | "counts" | "handshake"> {
  state: SubscriptionResource["health"]["state"];
  consecutive_failures: number;
  /** 0–1, of the last 20 attempts. */
  success_rate: number;
  disabled_reason: SubscriptionResource["health"]["disabled_reason"];
  last_triggered_at: string | null;
  last_success_at: string | null;
  breaker: SubscriptionResource["health"]["breaker"];
  /** Of the attempts of the last 24 hours; null: there were none. */
  success_rate_24h: number | null;
  attempts_24h: number;
  /** Deliveries that ended with one of them. */
  deliveries_24h: number;
  /** The newest; null: there was none. */
  last_delivery: DeliveryResource | null;
}
