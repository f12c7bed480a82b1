import { Type } from "typebox";
import { FILTER_MAX_LENGTH } from "../../core/filter/expression.ts";
import { EXCERPT_CHARS_MAX, type RetryInput, type RetryOn } from "../../core/subscription.ts";
import { EVENT_PATTERN } from "./event.ts";
import { closed, DURATION, INSTANT, orNull, record, SCOPE_NAME } from "./words.ts";

const DURATION_OR_MS = Type.Unsafe<string | number>({
  type: ["string", "integer"],
  description: 'a duration such as "10s", or whole milliseconds',
});

const RETRY_INPUT = closed(
  {
    strategy: Type.Optional(
      Type.Unsafe<NonNullable<RetryInput["strategy"]>>(Type.Enum(["list", "linear", "exponential"])),
    ),
    delays: Type.Optional(Type.Array(DURATION_OR_MS, { description: "wait after each failed attempt" })),
    first_delay: Type.Optional(DURATION_OR_MS),
    longest_delay: Type.Optional(DURATION_OR_MS),
    max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 20, description: "the first try included" })),
    jitter: Type.Optional(Type.Number({ minimum: 0, maximum: 0.5, description: "share of a delay" })),
  },
  { description: "a retry policy" },
);

const RETRY_ON_FORMS = [
  { type: "string", enum: ["any", "server-errors"] },
  { type: "array", items: { type: "string" }, minItems: 1 },
];
const RETRY_ON_WORDS = '"any", "server-errors", or a list of statuses, "5xx" and "network"';
const RETRY_ON = Type.Unsafe<RetryOn>({ anyOf: RETRY_ON_FORMS, description: RETRY_ON_WORDS });

const ON_410 = Type.Unsafe<"disable" | "retry" | "fail">(Type.Enum(["disable", "retry", "fail"]));

const SPAN = Type.Unsafe<string | number | null>({
  type: ["string", "integer", "null"],
  description: 'first to last of them at least this far apart: "1h", or whole milliseconds',
});

const RE_ENABLE = Type.Unsafe<"probe" | null>({
  enum: ["probe", null],
  description: "probe: disabled by its failures, a test event an hour finds out whether it may be enabled again",
});

const URL_FIELD = Type.String({
  minLength: 1,
  maxLength: 2048,
  description:
    "an https:// address (http:// in development). Reading it masks its query: ?***; given back like that, the stored one is kept",
});
const netList = (description: string) =>
  Type.Optional(orNull(Type.Array(Type.String({ maxLength: 300 }), { maxItems: 100, description })));
export const EVENTS_FIELD = Type.Array(EVENT_PATTERN, { minItems: 1, maxItems: 100 });

/** Rates in requests a minute. */
const HANDSHAKE = Type.Object({
  origin: Type.String(),
  rate: orNull(Type.Integer()),
  state: Type.Enum(["pending", "allowed", "refused", "failed"]),
  allowed_rate: orNull(Type.Integer()),
  checked_at: orNull(INSTANT),
  error: orNull(Type.String()),
});

export const HANDSHAKE_OR_NULL = Type.Union([HANDSHAKE, Type.Null()]);

const HANDSHAKE_INPUT = closed({
  origin: Type.String({ maxLength: 260, description: "DNS name of the sending system" }),
  rate: Type.Optional(orNull(Type.Integer({ minimum: 1, description: "requests a minute that are asked for" }))),
  state: Type.Optional(Type.Unknown({ description: "ignored" })),
  allowed_rate: Type.Optional(Type.Unknown({ description: "ignored" })),
  checked_at: Type.Optional(Type.Unknown({ description: "ignored" })),
  error: Type.Optional(Type.Unknown({ description: "ignored" })),
});

export const SETTINGS = {
  name: Type.Optional(orNull(Type.String({ maxLength: 255 }))),
  description: Type.Optional(orNull(Type.String({ maxLength: 1024 }))),
  enabled: Type.Optional(Type.Boolean()),
  profile: Type.Optional(orNull(Type.String({ description: 'how deliveries look; default "standard"' }))),
  headers: Type.Optional(
    orNull(
      record<string>(
        { type: "string", maxLength: 4096 },
        { maxProperties: 20, description: 'own headers; the value "***" keeps the stored one' },
      ),
    ),
  ),
  retry: Type.Optional(
    Type.Union([Type.String(), RETRY_INPUT, Type.Null()], {
      description: 'the name of a preset ("standard"), a retry policy, or null',
    }),
  ),
  retry_on: Type.Optional(
    Type.Unsafe<RetryOn | null>({
      anyOf: [...RETRY_ON_FORMS, { type: "null" }],
      description: `${RETRY_ON_WORDS}, or null`,
    }),
  ),
  timeout_ms: Type.Optional(
    orNull(Type.Integer({ minimum: 1000, maximum: 300_000, description: "for the whole attempt; default 10,000" })),
  ),
  timeout: Type.Optional(orNull(Type.String({ maxLength: 20, description: 'the same as a duration: "10s"' }))),
  on_410: Type.Optional(Type.Union([ON_410, Type.Null()], { description: '"disable", "retry", "fail" or null' })),
  auto_disable: Type.Optional(
    Type.Union(
      [
        closed({
          failures: Type.Optional(
            orNull(Type.Integer({ minimum: 0, description: "failed requests in a row; 0: never; default 20" })),
          ),
          min_span: Type.Optional(SPAN),
          re_enable: Type.Optional(RE_ENABLE),
        }),
        Type.Null(),
      ],
      { description: "an object with failures, min_span and re_enable, or null; what is left out of it stays" },
    ),
  ),
  breaker: Type.Optional(
    orNull(
      Type.Boolean({
        description: "whether it rests after failures in a row; default true, false beside an exact retry preset",
      }),
    ),
  ),
  order_by: Type.Optional(
    orNull(
      Type.String({
        maxLength: 256,
        description: 'JSON Pointer into the data, "/order_id", or "*": such events are sent one after the other',
      }),
    ),
  ),
  batch: Type.Optional(
    Type.Union(
      [
        closed({
          max_events: Type.Integer({ minimum: 2, maximum: 1000 }),
          max_wait: Type.Optional(DURATION_OR_MS),
        }),
        Type.Null(),
      ],
      { description: "several events in one request: an object with max_events and max_wait (10ms to 60s), or null" },
    ),
  ),
  filter: Type.Optional(
    orNull(
      Type.String({
        maxLength: FILTER_MAX_LENGTH,
        description:
          "CEL over `data`, `metadata`, `type` and `event`: only events for which it is true are delivered " +
          '("data.amount > 1000"); null: all',
      }),
    ),
  ),
  concurrency: Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: 1000 }))),
  rate_limit: Type.Optional(orNull(Type.String({ maxLength: 20, description: '"10/s", "100/m" or "1000/h"' }))),
  excerpt_chars: Type.Optional(
    orNull(
      Type.Integer({
        minimum: 0,
        maximum: EXCERPT_CHARS_MAX,
        description: "characters of each response that are kept; 0: none; default 1,000",
      }),
    ),
  ),
  allow_net: netList(
    'networks, addresses and names ("203.0.113.0/24", "10.1.2.3:8080", "*.example.com"): when there are any, nothing ' +
      "else is sent to; what the server forbids stays forbidden",
  ),
  deny_net: netList("networks, addresses and names that nothing is sent to"),
  metadata: Type.Optional(orNull(record<unknown>({}))),
  handshake: Type.Optional(
    Type.Union([HANDSHAKE_INPUT, Type.Null()], {
      description:
        "asks the receiver first (OPTIONS, CloudEvents' abuse protection): an object with origin and rate, or null; what was read may be written back",
    }),
  ),
  rotate_every: Type.Optional(
    Type.Unsafe<string | number | null>({
      type: ["string", "integer", "null"],
      description: 'the age at which its secret is rotated: "90d", or whole milliseconds; at least 1h; null: never',
    }),
  ),
  event_version: Type.Optional(
    orNull(
      Type.String({
        maxLength: 32,
        description: "the version of its events that it wants, converted where that is declared; null: what comes",
      }),
    ),
  ),
  tenant: Type.Optional(SCOPE_NAME),
  environment: Type.Optional(SCOPE_NAME),
};

const SECRET_FIELD = Type.Optional(
  orNull(Type.String({ maxLength: 512, description: "the whole secret in the profile's form; default: a new one" })),
);

/** Named, so that who tries is told about /rotate-secret. */
const UNCHANGED_SECRET = Type.Optional(
  orNull(Type.String({ maxLength: 512, description: "only /rotate-secret changes it" })),
);

export const SUBSCRIPTION_INPUT = closed(
  { url: URL_FIELD, events: EVENTS_FIELD, ...SETTINGS, secret: SECRET_FIELD },
  { $id: "SubscriptionInput" },
);

export const SUBSCRIPTION_PATCH = closed(
  { url: Type.Optional(URL_FIELD), events: Type.Optional(EVENTS_FIELD), ...SETTINGS, secret: UNCHANGED_SECRET },
  { $id: "SubscriptionPatch" },
);

const SECRET = Type.Object({
  id: Type.String({ pattern: "^sec_[0-9a-z]+$" }),
  created_at: INSTANT,
  expires_at: orNull(INSTANT),
  hint: Type.String({ description: "enough of it to tell it from another" }),
});

/** What only the server sets. */
export const READ_ONLY = {
  id: Type.String({ pattern: "^sub_[0-9a-z]+$" }),
  transport: Type.Enum(["http", "tunnel"]),
  paused: Type.Boolean(),
  health: Type.Object({
    state: Type.Enum(["healthy", "degraded", "unhealthy", "disabled"]),
    consecutive_failures: Type.Integer({ minimum: 0 }),
    success_rate: Type.Number({ minimum: 0, maximum: 1 }),
    disabled_reason: Type.Unsafe<string | null>({ enum: ["by_hand", "gone", "failing", null] }),
    last_triggered_at: orNull(INSTANT),
    last_success_at: orNull(INSTANT),
    breaker: Type.Object({ state: Type.Enum(["closed", "open", "half_open"]), open_until: orNull(INSTANT) }),
  }),
  counts: Type.Object({ succeeded: Type.Integer({ minimum: 0 }), failed: Type.Integer({ minimum: 0 }) }),
  secrets: Type.Array(SECRET),
  created_at: INSTANT,
  updated_at: INSTANT,
};

/**
 * PUT takes back what GET gave. Of the fields that only the server sets, those that name something (`id`,
 * `transport`, `paused`) must be as they are, or the caller believes to have changed them; the moving ones are ignored.
 */
export const SUBSCRIPTION_REPLACEMENT = closed(
  {
    // Null is what reading a listener's tunnel gives.
    url: orNull(URL_FIELD),
    events: EVENTS_FIELD,
    ...SETTINGS,
    secret: UNCHANGED_SECRET,
    id: Type.Optional(Type.String({ description: "must be the subscription's own" })),
    transport: Type.Optional(Type.String({ description: "must be as it is" })),
    paused: Type.Optional(Type.Boolean({ description: "must be as it is; changed by /pause and /resume" })),
    health: Type.Optional(Type.Unknown({ description: "ignored" })),
    counts: Type.Optional(Type.Unknown({ description: "ignored" })),
    secrets: Type.Optional(Type.Unknown({ description: "ignored; changed by /rotate-secret" })),
    created_at: Type.Optional(Type.Unknown({ description: "ignored" })),
    updated_at: Type.Optional(Type.Unknown({ description: "ignored" })),
    warnings: Type.Optional(Type.Unknown({ description: "ignored" })),
  },
  { $id: "SubscriptionReplacement" },
);

const SUBSCRIPTION_FIELDS = {
  id: READ_ONLY.id,
  name: Type.String(),
  description: Type.String(),
  url: orNull(Type.String({ description: "its query is masked: ?***; null for a listener's tunnel" })),
  transport: READ_ONLY.transport,
  events: Type.Array(EVENT_PATTERN),
  enabled: Type.Boolean(),
  paused: READ_ONLY.paused,
  profile: Type.String(),
  headers: record<string>({ type: "string" }, { description: 'values are masked: "***"' }),
  filter: orNull(Type.String({ description: "CEL; null: every event of its types" })),
  retry: Type.Object({
    strategy: Type.Enum(["list", "linear", "exponential"]),
    delays: Type.Optional(Type.Array(DURATION)),
    first_delay: Type.Optional(DURATION),
    longest_delay: Type.Optional(DURATION),
    max_attempts: Type.Optional(Type.Integer()),
    jitter: Type.Number(),
  }),
  retry_on: RETRY_ON,
  timeout_ms: Type.Integer(),
  on_410: ON_410,
  breaker: Type.Boolean(),
  auto_disable: Type.Object({ failures: Type.Integer(), min_span: DURATION, re_enable: RE_ENABLE }),
  rotate_every: orNull(DURATION),
  handshake: HANDSHAKE_OR_NULL,
  allow_net: Type.Array(Type.String()),
  deny_net: Type.Array(Type.String()),
  concurrency: Type.Integer(),
  rate_limit: orNull(Type.String()),
  excerpt_chars: Type.Integer(),
  order_by: orNull(Type.String()),
  batch: Type.Union([Type.Object({ max_events: Type.Integer(), max_wait: DURATION }), Type.Null()]),
  metadata: record<unknown>({}),
  tenant: SCOPE_NAME,
  environment: SCOPE_NAME,
  event_version: orNull(Type.String()),
  health: READ_ONLY.health,
  counts: READ_ONLY.counts,
  secrets: READ_ONLY.secrets,
  created_at: READ_ONLY.created_at,
  updated_at: READ_ONLY.updated_at,
  warnings: Type.Optional(
    Type.Array(Type.String(), { description: "in the answer to a change: what is not wrong but may be" }),
  ),
};

export const SUBSCRIPTION = Type.Object(SUBSCRIPTION_FIELDS, { $id: "Subscription" });

export const SUBSCRIPTION_WITH_SECRET = Type.Object(
  {
    ...SUBSCRIPTION_FIELDS,
    secret: Type.String({ description: "the whole secret, shown here and never again" }),
  },
  { $id: "SubscriptionWithSecret" },
);
