import type { StatsFigures, StatsResource } from "../core/statistics/statistics.ts";
import type { HealthState, SubscriptionResource } from "../core/subscription.ts";

/** How things go at one moment: what `hooks top` shows. Rates are attempts in a second. */
export interface TopSnapshot {
  at: string;
  attempts_per_s: number;
  failed_per_s: number;
  /** Of the last hour. */
  attempts: number;
  failed: number;
  success_rate: number | null;
  duration_ms: StatsFigures["duration_ms"];
  /** Attempts in the minutes of that hour. */
  series: number[];
  waiting: number;
  /** More wait than were counted. */
  at_least: boolean;
  oldest_due_at: string | null;
  subscriptions: TopSubscription[];
}

export interface TopSubscription {
  id: string;
  name: string | null;
  /** Null: deleted, or one of so many that its state was not asked for. */
  state: HealthState | null;
  paused: boolean;
  consecutive_failures: number;
  attempts_per_s: number;
  failed_per_s: number;
  attempts: number;
  failed: number;
  success_rate: number | null;
  p95_ms: number | null;
  waiting: number;
  series: number[];
}

/** What one look at a server or store answers. */
export interface TopLook {
  /** Of an hour, by subscription. */
  stats: StatsResource;
  subscriptions: readonly SubscriptionResource[];
}

/** Where there is no look before, rates are those of so many minutes. */
const MINUTES_AT_FIRST = 5;

/** `before`: the look before this one, for what happened since. */
export function snapshotOf(look: TopLook, before: TopLook | undefined): TopSnapshot {
  const { stats, subscriptions } = look;
  const elapsedMs = before === undefined ? 0 : Date.parse(stats.until) - Date.parse(before.stats.until);
  const known = before !== undefined && 0 < elapsedMs && before.stats.step_ms === stats.step_ms ? before : undefined;
  const rates = (now: Counted, then: Counted | undefined): Rates =>
    known === undefined ? latestRates(now, stats) : ratesSince(now, stats, then, known.stats, elapsedMs);

  const byId = new Map(subscriptions.map((one) => [one.id, one]));
  const waitingBy = new Map(stats.backlog.subscriptions.map((one) => [one.id, one]));
  const groupsBefore = new Map(known?.stats.groups.map((group) => [group.key, group.series ?? EMPTY]));
  const seen = new Set(stats.groups.map(({ key }) => key));
  const shown = [
    ...stats.groups.map((group) => ({ ...group, series: group.series ?? EMPTY })),
    // What only waits had no attempts.
    ...[...waitingBy.values()]
      .filter(({ id }) => !seen.has(id))
      .map(({ id, name }) => ({ ...NO_ATTEMPTS, key: id, name })),
  ];
  const whole = seriesOf(stats);
  return {
    at: stats.until,
    ...rates(whole, known === undefined ? undefined : seriesOf(known.stats)),
    attempts: stats.totals.attempts,
    failed: stats.totals.failed,
    success_rate: stats.totals.success_rate,
    duration_ms: stats.totals.duration_ms,
    series: whole.attempts,
    waiting: stats.backlog.waiting,
    at_least: stats.backlog.at_least,
    oldest_due_at: stats.backlog.oldest_due_at,
    subscriptions: shown.map((group) => {
      const subscription = byId.get(group.key);
      return {
        id: group.key,
        name: group.name,
        state: subscription?.health.state ?? null,
        paused: subscription?.paused ?? false,
        consecutive_failures: subscription?.health.consecutive_failures ?? 0,
        ...rates(group.series, groupsBefore.get(group.key)),
        attempts: group.attempts,
        failed: group.failed,
        success_rate: group.success_rate,
        p95_ms: group.duration_ms?.p95 ?? null,
        waiting: waitingBy.get(group.key)?.waiting ?? 0,
        series: group.series.attempts,
      };
    }),
  };
}

interface Counted {
  attempts: number[];
  failed: number[];
}

interface Rates {
  attempts_per_s: number;
  failed_per_s: number;
}

const EMPTY: Counted = { attempts: [], failed: [] };
const NO_ATTEMPTS = { attempts: 0, failed: 0, success_rate: null, duration_ms: null, series: EMPTY };

function seriesOf({ series }: StatsResource): Counted {
  return { attempts: series.map(({ attempts }) => attempts), failed: series.map(({ failed }) => failed) };
}

function latestRates(now: Counted, { until, since, step_ms }: StatsResource): Rates {
  // The last step is not over yet.
  const steps = Math.min(MINUTES_AT_FIRST, now.attempts.length);
  const begun = (Date.parse(until) - Date.parse(since)) % step_ms;
  const seconds = Math.max(1, ((steps - 1) * step_ms + begun) / 1_000);
  const latest = (numbers: readonly number[]): number => sum(numbers.slice(-steps)) / seconds;
  return { attempts_per_s: latest(now.attempts), failed_per_s: latest(now.failed) };
}

/** Minute by minute what came on top: the hour has moved on meanwhile, so its sums cannot be compared. */
function ratesSince(
  now: Counted,
  { since, step_ms }: StatsResource,
  then: Counted | undefined,
  before: StatsResource,
  elapsedMs: number,
): Rates {
  const moved = Math.round((Date.parse(since) - Date.parse(before.since)) / step_ms);
  const grown = (numbers: readonly number[], earlier: readonly number[] = []): number =>
    sum(numbers.map((count, step) => Math.max(0, count - (earlier[step + moved] ?? 0)))) / (elapsedMs / 1_000);
  return {
    attempts_per_s: grown(now.attempts, then?.attempts),
    failed_per_s: grown(now.failed, then?.failed),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
