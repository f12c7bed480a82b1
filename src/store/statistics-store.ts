// The part of the contract in store.ts that is about statistics. What attempts came to is counted in the transaction that
// records them, so the counts are those of the attempts, whatever crashes; reading them reads no attempt.

import type { Reach } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import type { Figures, SpanFigures } from "../core/statistics/figures.ts";
import type { Tally } from "../core/statistics/tally.ts";

/** Beginning of a span of time, unix ms → what the attempts that ended in it came to. */
export type TallySeries = ReadonlyMap<number, Tally>;

export interface StatisticsQuery {
  /** From the beginning of a span on (core/statistics/spans.ts), unix ms. */
  since: number;
  by: "type" | "subscription" | undefined;
  /** Only this subscription's; `by` is undefined then. */
  subscriptionRowId?: number | undefined;
  /** At most so many groups, the busiest first. */
  limit: number;
}

export interface StoredGroup {
  /** Name of the event type, or id of the subscription. */
  key: string;
  name: string;
  total: Figures;
  /** Beginning of a span of time, unix ms → the attempts that ended in it. */
  series: ReadonlyMap<number, SpanFigures>;
}

export interface StoredStatistics {
  /** Attempts before then were not counted. */
  beganAt: number;
  total: TallySeries;
  groups: StoredGroup[];
  leftOut: number;
}

export interface ScopeStatistics extends Scope {
  tally: Tally;
}

export interface WaitingSubscription {
  id: string;
  name: string;
  waiting: number;
  /** When the first of them may be sent; undefined: all wait for others. */
  firstDueAt: number | undefined;
}

export interface ScopesRead {
  beganAt: number;
  scopes: ScopeStatistics[];
  /** Those that are left out included. */
  total: Tally;
  leftOut: number;
}

export interface WaitingRead {
  subscriptions: WaitingSubscription[];
  /** Nothing was left uncounted. */
  isWhole: boolean;
}

export interface StatisticsStore {
  read(scope: Scope, query: StatisticsQuery): Promise<StoredStatistics>;
  /** Of every tenant and environment in reach that had attempts, the busiest first. */
  readScopes(reach: Reach, since: number, limit: number): Promise<ScopesRead>;
  /** The subscriptions of a scope for which something waits. Counting ends at `most`. */
  readWaiting(scope: Scope, most: number): Promise<WaitingRead>;
  /** Adds what is old to longer spans of time, and deletes what is older than any. Returns how many rows. */
  age(now: number): Promise<number>;
}
