import { type TSchema, Type } from "typebox";
import { PERIODS, type Period } from "../../core/statistics/spans.ts";
import { GROUPINGS, type Grouping } from "../../core/statistics/statistics.ts";
import { REACH } from "./admin.ts";
import { PAGE } from "./query.ts";
import { HANDSHAKE_OR_NULL, READ_ONLY } from "./subscription.ts";
import { closed, INSTANT, orNull, ref } from "./words.ts";

const PERIOD = Type.Unsafe<Period>(Type.Enum([...PERIODS], { description: "how far back; default 24h" }));
const LIMIT = { limit: PAGE.limit };

export const STATS_QUERY = closed({
  period: Type.Optional(PERIOD),
  by: Type.Optional(
    Type.Unsafe<Grouping>(Type.Enum([...GROUPINGS], { description: "what to count apart; default: nothing" })),
  ),
  ...LIMIT,
});

export const SUBSCRIPTION_STATS_QUERY = closed({
  period: Type.Optional(PERIOD),
  by: Type.Optional(Type.Unsafe<"status">(Type.Enum(["status"]))),
  ...LIMIT,
});

export const TENANT_STATS_QUERY = closed({
  period: Type.Optional(PERIOD),
  ...LIMIT,
  tenant: Type.Optional(REACH),
  environment: Type.Optional(REACH),
});

const COUNT = Type.Integer({ minimum: 0 });
const RATE = Type.Unsafe<number | null>({
  type: ["number", "null"],
  minimum: 0,
  maximum: 1,
  description: "of the attempts; null: there were none",
});
const SCHEMA_OF_DURATION = Type.Object({ mean: COUNT, p50: COUNT, p95: COUNT, p99: COUNT });

const FIGURES = {
  attempts: COUNT,
  succeeded: COUNT,
  failed: COUNT,
  success_rate: RATE,
  deliveries: orObject(
    Type.Object({ succeeded: COUNT, failed: COUNT }),
    "deliveries that these attempts ended; null by status: that is not kept",
  ),
  duration_ms: orObject(SCHEMA_OF_DURATION, "percentiles to about 3 %; null: there were no attempts"),
};

const WINDOW = {
  period: PERIOD,
  since: INSTANT,
  until: INSTANT,
  recorded_since: Type.Unsafe<string>({
    ...INSTANT,
    description: "attempts before then are not counted: an earlier version kept no statistics",
  }),
};

export const STATS = Type.Object(
  {
    ...WINDOW,
    step_ms: COUNT,
    totals: Type.Object(FIGURES),
    series: Type.Array(Type.Object({ start: INSTANT, attempts: COUNT, failed: COUNT, p95_ms: orNull(COUNT) }), {
      description: "the steps of a chart, empty ones too",
    }),
    by: Type.Unsafe<Grouping | null>({ enum: [...GROUPINGS, null] }),
    groups: Type.Array(
      Type.Object({
        key: Type.String({ description: "a status or an error, an event type, or the id of a subscription" }),
        name: orNull(Type.String({ description: "of a subscription" })),
        ...FIGURES,
        series: orObject(
          Type.Object({ attempts: Type.Array(COUNT), failed: Type.Array(COUNT) }),
          "in the same steps; null by status",
        ),
      }),
      { description: "the busiest first" },
    ),
    left_out: Type.Integer({ minimum: 0, description: "groups that are not shown" }),
    backlog: Type.Object({
      waiting: COUNT,
      at_least: Type.Boolean({ description: "more wait than were counted" }),
      oldest_due_at: orNull(INSTANT),
      subscriptions: Type.Array(Type.Object({ id: Type.String(), name: orNull(Type.String()), waiting: COUNT }), {
        description: "for which they wait, the most first: at most 50",
      }),
    }),
  },
  { $id: "Stats" },
);

export const TENANT_STATS = Type.Object(
  {
    ...WINDOW,
    totals: Type.Object(FIGURES),
    data: Type.Array(Type.Object({ tenant: Type.String(), environment: Type.String(), ...FIGURES }), {
      description: "tenants and environments in reach that had attempts, the busiest first",
    }),
    left_out: COUNT,
  },
  { $id: "TenantStats" },
);

const { state, consecutive_failures, success_rate, disabled_reason, last_triggered_at, last_success_at, breaker } =
  READ_ONLY.health.properties;

export const SUBSCRIPTION_HEALTH = Type.Object(
  {
    id: READ_ONLY.id,
    name: Type.String(),
    paused: READ_ONLY.paused,
    handshake: HANDSHAKE_OR_NULL,
    state,
    consecutive_failures,
    success_rate,
    disabled_reason,
    last_triggered_at,
    last_success_at,
    breaker,
    counts: READ_ONLY.counts,
    success_rate_24h: RATE,
    attempts_24h: COUNT,
    deliveries_24h: Type.Integer({ minimum: 0, description: "that ended with one of them" }),
    last_delivery: Type.Union([ref("Delivery"), Type.Null()]),
  },
  { $id: "SubscriptionHealth" },
);

function orObject(schema: TSchema, description: string) {
  return Type.Union([schema, Type.Null()], { description });
}
