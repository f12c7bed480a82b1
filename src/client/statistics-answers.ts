import type {
  Backlog,
  StatsFigures,
  StatsGroup,
  StatsPoint,
  StatsResource,
  SubscriptionHealth,
  TenantStats,
  TenantStatsResource,
} from "../core/statistics/statistics.ts";
import { flag, listOf, number, objectOf, orNull, text } from "./answer-form.ts";
import { HANDSHAKE, HEALTH_MEMBERS } from "./answers.ts";
import { DELIVERY } from "./delivery-answers.ts";

// The form of the answers about statistics, as answers.ts has it of the others.

const FIGURES = {
  attempts: number,
  succeeded: number,
  failed: number,
  success_rate: orNull(number),
  deliveries: orNull(objectOf<NonNullable<StatsFigures["deliveries"]>>({ succeeded: number, failed: number })),
  duration_ms: orNull(
    objectOf<NonNullable<StatsFigures["duration_ms"]>>({ mean: number, p50: number, p95: number, p99: number }),
  ),
};

const GROUP = objectOf<StatsGroup>({
  key: text,
  name: orNull(text),
  ...FIGURES,
  series: orNull(objectOf<NonNullable<StatsGroup["series"]>>({ attempts: listOf(number), failed: listOf(number) })),
});

const BACKLOG = objectOf<Backlog>({
  waiting: number,
  at_least: flag,
  oldest_due_at: orNull(text),
  subscriptions: listOf(objectOf<Backlog["subscriptions"][number]>({ id: text, name: orNull(text), waiting: number })),
});

export const STATS = objectOf<StatsResource>({
  period: text,
  since: text,
  until: text,
  recorded_since: text,
  step_ms: number,
  totals: objectOf<StatsFigures>(FIGURES),
  series: listOf(objectOf<StatsPoint>({ start: text, attempts: number, failed: number, p95_ms: orNull(number) })),
  by: orNull(text),
  groups: listOf(GROUP),
  left_out: number,
  backlog: BACKLOG,
});

export const TENANT_STATS = objectOf<TenantStatsResource>({
  period: text,
  since: text,
  until: text,
  recorded_since: text,
  totals: objectOf<StatsFigures>(FIGURES),
  data: listOf(objectOf<TenantStats>({ tenant: text, environment: text, ...FIGURES })),
  left_out: number,
});

export const SUBSCRIPTION_HEALTH = objectOf<SubscriptionHealth>({
  id: text,
  name: text,
  paused: flag,
  handshake: HANDSHAKE,
  ...HEALTH_MEMBERS,
  counts: objectOf<SubscriptionHealth["counts"]>({ succeeded: number, failed: number }),
  success_rate_24h: orNull(number),
  attempts_24h: number,
  deliveries_24h: number,
  last_delivery: orNull(DELIVERY),
});
