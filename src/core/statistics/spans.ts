// How finely attempts are counted: the older, the coarser. Each attempt is in the count of exactly one span at any time,
// so adding up whatever begins in a period is exact.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export interface Span {
  lengthMs: number;
  /** How old it is at least when it becomes part of a longer one, or, the last, is deleted. */
  keptMs: number;
}

/** Each is a whole number of the one before. */
export const SPANS: readonly [Span, ...Span[]] = [
  { lengthMs: MINUTE_MS, keptMs: HOUR_MS },
  { lengthMs: HOUR_MS, keptMs: DAY_MS },
  { lengthMs: 6 * HOUR_MS, keptMs: 7 * DAY_MS },
  { lengthMs: DAY_MS, keptMs: 31 * DAY_MS },
];

/** The beginning of the span that a moment lies in. Unix ms. */
export function startOf(at: number, lengthMs: number): number {
  return Math.floor(at / lengthMs) * lengthMs;
}

export const PERIODS = ["1h", "24h", "7d", "30d"] as const;
export type Period = (typeof PERIODS)[number];

/** How far back a period goes, and the length of the steps that a chart of it has. */
const PERIOD_SPANS: Record<Period, { periodMs: number; stepMs: number }> = {
  "1h": { periodMs: HOUR_MS, stepMs: MINUTE_MS },
  "24h": { periodMs: DAY_MS, stepMs: HOUR_MS },
  "7d": { periodMs: 7 * DAY_MS, stepMs: 6 * HOUR_MS },
  "30d": { periodMs: 30 * DAY_MS, stepMs: DAY_MS },
};

/** Whole steps, of which the first holds the moment that is a period ago and the last holds `now`. */
export function windowOf(period: Period, now: number): { since: number; stepMs: number; steps: number } {
  const { periodMs, stepMs } = PERIOD_SPANS[period];
  const since = startOf(now - periodMs, stepMs);
  return { since, stepMs, steps: Math.floor((now - since) / stepMs) + 1 };
}
