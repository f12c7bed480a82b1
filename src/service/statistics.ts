import { checkLimit } from "../core/cursor.ts";
import { invalid } from "../core/errors.ts";
import { toIso } from "../core/instant.ts";
import type { Caller } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import { percentiles } from "../core/statistics/duration-buckets.ts";
import type { Figures } from "../core/statistics/figures.ts";
import { PERIODS, type Period, startOf, windowOf } from "../core/statistics/spans.ts";
import {
  type Backlog,
  GROUPINGS,
  type Grouping,
  type StatsFigures,
  type StatsGroup,
  type StatsPoint,
  type StatsQuery,
  type StatsResource,
  type SubscriptionHealth,
  type TenantStatsQuery,
  type TenantStatsResource,
} from "../core/statistics/statistics.ts";
import { outcomeText, Tally } from "../core/statistics/tally.ts";
import type { TallySeries, WaitingRead } from "../store/statistics-store.ts";
import { toDeliveryResource } from "./delivery-resource.ts";
import { findSubscription } from "./find-by-reference.ts";
import { narrowed } from "./narrowed.ts";
import type { ServiceParts } from "./service-parts.ts";
import { handshakeResource, healthOf, readSettings } from "./subscription-resource.ts";

/** Waiting deliveries are counted up to here: a few ms. */
const MOST_WAITING = 50_000;
const WAITING_SHOWN = 50;
const SHARES = [0.5, 0.95, 0.99] as const;

/** Where the steps of a chart begin. */
interface Window {
  since: number;
  stepMs: number;
  steps: number;
}

/** What attempts came to, and how long they took: of a tenant and environment, a type, a subscription. */
export class Statistics {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async read(scope: Scope, query: StatsQuery): Promise<StatsResource> {
    const by = query.by === undefined ? undefined : oneOf(query.by, GROUPINGS, "by");
    return this.#read(scope, query, by, undefined);
  }

  /** Of one subscription: by status or as a whole. */
  async ofSubscription(scope: Scope, reference: string, query: StatsQuery): Promise<StatsResource> {
    const by = query.by === undefined ? undefined : oneOf(query.by, ["status"] as const, "by");
    const { rowId, id } = await findSubscription(this.#parts.store, scope, reference);
    return this.#read(scope, query, by, { rowId, id });
  }

  async health(scope: Scope, reference: string): Promise<SubscriptionHealth> {
    const { store, now, healthThresholds } = this.#parts;
    const stored = await findSubscription(store, scope, reference);
    const { since } = windowOf("24h", now());
    const [statistics, [last]] = await Promise.all([
      store.statistics.read(scope, { since, by: undefined, subscriptionRowId: stored.rowId, limit: 0 }),
      store.listDeliveries(scope, { subscriptionRowId: stored.rowId }, 1, undefined),
    ]);
    const day = sumOf(statistics.total);
    return {
      id: stored.id,
      name: stored.name,
      paused: stored.paused,
      handshake: handshakeResource(readSettings(stored).handshake),
      ...healthOf(stored, now(), healthThresholds),
      counts: stored.counts,
      success_rate_24h: rateOf(day),
      attempts_24h: day.attempts,
      deliveries_24h: day.delivered + day.failed,
      last_delivery: last === undefined ? null : toDeliveryResource(last),
    };
  }

  /** Of every tenant and environment that the caller reaches. */
  async byTenant(caller: Caller, query: TenantStatsQuery): Promise<TenantStatsResource> {
    const limit = checkLimit(query.limit);
    const { store, now } = this.#parts;
    const until = now();
    const period = periodOf(query.period);
    const { since } = windowOf(period, until);
    const { beganAt, scopes, total, leftOut } = await store.statistics.readScopes(
      narrowed(caller, query),
      since,
      limit,
    );
    return {
      period,
      since: toIso(since),
      until: toIso(until),
      recorded_since: toIso(beganAt),
      totals: figuresOf(total),
      data: scopes.map(({ tenant, environment, tally }) => ({ tenant, environment, ...figuresOf(tally) })),
      left_out: leftOut,
    };
  }

  async #read(
    scope: Scope,
    query: StatsQuery,
    by: Grouping | undefined,
    subscription: { rowId: number; id: string } | undefined,
  ): Promise<StatsResource> {
    const limit = checkLimit(query.limit);
    const { store, now } = this.#parts;
    const until = now();
    const period = periodOf(query.period);
    const window = windowOf(period, until);
    const [read, waiting] = await Promise.all([
      store.statistics.read(scope, {
        since: window.since,
        by: by === "status" ? undefined : by,
        subscriptionRowId: subscription?.rowId,
        limit,
      }),
      store.statistics.readWaiting(scope, MOST_WAITING),
    ]);
    const total = sumOf(read.total);
    const stored = read.groups.map(({ key, name, total: figures, series }): StatsGroup => {
      const attempts = Array<number>(window.steps).fill(0);
      const failed = Array<number>(window.steps).fill(0);
      for (const [start, span] of series) {
        const step = stepOf(start, window);
        attempts[step]! += span.attempts;
        failed[step]! += span.failed;
      }
      return { key, name: name === "" ? null : name, ...figuresOf(figures), series: { attempts, failed } };
    });
    const statuses = by === "status" ? statusGroups(total) : [];
    return {
      period,
      since: toIso(window.since),
      until: toIso(until),
      recorded_since: toIso(read.beganAt),
      step_ms: window.stepMs,
      totals: figuresOf(total),
      series: stepsOf(read.total, window).map((tally, step) => pointOf(tally, window.since + step * window.stepMs)),
      by: by ?? null,
      groups: by === "status" ? statuses.slice(0, limit) : stored,
      left_out: by === "status" ? Math.max(0, statuses.length - limit) : read.leftOut,
      backlog: backlogOf(waiting, subscription?.id, until),
    };
  }
}

function periodOf(period: Period | undefined): Period {
  return period === undefined ? "24h" : oneOf(period, PERIODS, "period");
}

function oneOf<Word extends string>(word: string, words: readonly Word[], field: string): Word {
  const known = words.find((one) => one === word);
  if (known === undefined) throw invalid(field, `${field} must be one of: ${words.join(", ")}`);
  return known;
}

function sumOf(series: TallySeries): Tally {
  const sum = new Tally();
  for (const tally of series.values()) sum.merge(tally);
  return sum;
}

/** One tally for each step, empty ones too. */
function stepsOf(series: TallySeries, window: Window): Tally[] {
  const tallies = Array.from({ length: window.steps }, () => new Tally());
  for (const [start, tally] of series) tallies[stepOf(start, window)]?.merge(tally);
  return tallies;
}

function stepOf(start: number, { since, stepMs, steps }: Window): number {
  // A clock that was ahead: what it left behind counts for now.
  return Math.min(steps - 1, Math.floor((startOf(start, stepMs) - since) / stepMs));
}

function failedOf(tally: Tally): number {
  return tally.attempts - tally.succeeded;
}

function rateOf(tally: Tally | Figures): number | null {
  const { attempts } = tally;
  return attempts === 0 ? null : tally.succeeded / attempts;
}

function figuresOf(tally: Tally | Figures): StatsFigures {
  const { attempts, succeeded, delivered, failed, durationMs } = tally;
  const [p50 = 0, p95 = 0, p99 = 0] = percentiles(tally.durations(), SHARES) ?? [];
  return {
    attempts,
    succeeded,
    failed: attempts - succeeded,
    success_rate: rateOf(tally),
    deliveries: { succeeded: delivered, failed },
    duration_ms: attempts === 0 ? null : { mean: Math.round(durationMs / attempts), p50, p95, p99 },
  };
}

function pointOf(tally: Tally, start: number): StatsPoint {
  return {
    start: toIso(start),
    attempts: tally.attempts,
    failed: failedOf(tally),
    p95_ms: percentiles(tally.durations(), [0.95])?.[0] ?? null,
  };
}

function statusGroups(total: Tally): StatsGroup[] {
  return [...total.byOutcome()]
    .map(([outcome, tally]): StatsGroup => {
      return { key: outcomeText(outcome), name: null, ...figuresOf(tally), deliveries: null, series: null };
    })
    .sort((a, b) => b.attempts - a.attempts);
}

function backlogOf({ subscriptions, isWhole }: WaitingRead, only: string | undefined, now: number): Backlog {
  const meant = only === undefined ? subscriptions : subscriptions.filter(({ id }) => id === only);
  const due = meant.flatMap(({ firstDueAt }) => (firstDueAt === undefined || now < firstDueAt ? [] : [firstDueAt]));
  return {
    waiting: meant.reduce((sum, { waiting }) => sum + waiting, 0),
    at_least: !isWhole,
    oldest_due_at: due.length === 0 ? null : toIso(Math.min(...due)),
    subscriptions: meant
      .toSorted((a, b) => b.waiting - a.waiting)
      .slice(0, WAITING_SHOWN)
      .map(({ id, name, waiting }) => ({ id, name: name === "" ? null : name, waiting })),
  };
}
