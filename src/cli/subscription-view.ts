import { formatDuration } from "../core/duration.ts";
import { baseDelayMs, maxAttempts, parseRetry } from "../core/retry-policy.ts";
import type {
  DisabledReason,
  HealthState,
  RetryResource,
  SubscriptionResource,
  SubscriptionWithSecret,
} from "../core/subscription.ts";
import type { CliContext, Colors, Output, Paint } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ViewLine } from "./print-one.ts";
import type { ListView } from "./table.ts";
import { span, timeText } from "./time-text.ts";

const FIELDS = [
  "id",
  "name",
  "description",
  "url",
  "transport",
  "events",
  "enabled",
  "paused",
  "profile",
  "headers",
  "filter",
  "retry",
  "retry_on",
  "timeout_ms",
  "on_410",
  "breaker",
  "auto_disable",
  "rotate_every",
  "handshake",
  "allow_net",
  "deny_net",
  "concurrency",
  "rate_limit",
  "excerpt_chars",
  "order_by",
  "batch",
  "metadata",
  "tenant",
  "environment",
  "event_version",
  "health",
  "counts",
  "secrets",
  "created_at",
  "updated_at",
] as const satisfies readonly (keyof SubscriptionResource)[];

export const SUBSCRIPTION_VIEW: ListView<SubscriptionResource> = {
  fields: FIELDS,
  id: (row) => row.id,
  columns: [
    { title: "id", text: (row) => row.id, whole: true },
    { title: "name", text: (row) => row.name },
    { title: "url", text: targetOf, expendable: 1 },
    { title: "events", text: (row) => row.events.join(","), expendable: 2 },
    { title: "state", text: stateOf, whole: true, paint: (row, colors) => paintOfState(row.health.state, colors) },
  ],
};

/** What create and rotate answer: with the secret, this once. */
export const NEW_SECRET_VIEW: ListView<SubscriptionWithSecret> = {
  ...SUBSCRIPTION_VIEW,
  fields: [...FIELDS, "secret", "warnings"],
};

/** Who or what disabled it. */
export const DISABLED_TEXTS: Record<DisabledReason, string> = {
  by_hand: "by hand",
  gone: "its receiver says it is gone",
  failing: "its receiver kept failing",
};

/** What it does right now, in one word: `paused`, or its health. */
function stateOf(row: SubscriptionResource): string {
  return row.enabled && row.paused ? "paused" : row.health.state;
}

export function targetOf(row: Pick<SubscriptionResource, "url">): string {
  return row.url ?? "(listener)";
}

export function paintOfState(state: HealthState, colors: Colors): Paint {
  switch (state) {
    case "healthy":
      return colors.green;
    case "degraded":
      return colors.yellow;
    case "unhealthy":
    case "disabled":
      return colors.red;
  }
}

/** `closed`, `open until 2026-01-31T12:00:00.000Z`. */
export function breakerText({ state, open_until: openUntil }: SubscriptionResource["health"]["breaker"]): string {
  return openUntil === null ? state.replace("_", "-") : `open until ${openUntil}`;
}

function breakerOnText(breaker: SubscriptionResource["health"]["breaker"]): string {
  return breaker.state === "closed" ? "on" : `on (${breakerText(breaker)})`;
}

/** `hooks sub get`. */
export function subscriptionLines(row: SubscriptionResource, out: Output, now: number): ViewLine[] {
  const time = timeText(out, now);
  const headers = Object.entries(row.headers).map(([name, value]) => `${name}: ${value}`);
  const lines: ViewLine[] = [
    ["id", row.id],
    ["name", row.name],
    ["description", row.description],
    ["url", targetOf(row)],
    ["events", row.events.join(", ")],
    ["filter", row.filter ?? "-"],
    [
      "state",
      `${stateOf(row)}${row.health.disabled_reason === null ? "" : ` (${DISABLED_TEXTS[row.health.disabled_reason]})`}`,
    ],
    ["profile", row.profile],
    ["retries", retryText(row.retry)],
    ["retry on", typeof row.retry_on === "string" ? row.retry_on : row.retry_on.join(", ")],
    ["on 410", row.on_410],
    ["time-out", formatDuration(row.timeout_ms)],
    ["concurrency", String(row.concurrency)],
    ["rate limit", row.rate_limit ?? "-"],
    ["excerpts", excerptText(row.excerpt_chars)],
    ["order by", row.order_by ?? "-"],
    ["event version", row.event_version ?? "-"],
    ["batch", batchText(row.batch)],
    ["breaker", row.breaker ? breakerOnText(row.health.breaker) : "off"],
    ["auto-disable", autoDisableText(row.auto_disable)],
    ["handshake", handshakeText(row.handshake)],
    ["allow-net", row.allow_net.length === 0 ? "-" : row.allow_net.join(", ")],
    ["deny-net", row.deny_net.length === 0 ? "-" : row.deny_net.join(", ")],
    ["headers", headers.length === 0 ? "-" : headers.join(", ")],
    ["metadata", JSON.stringify(row.metadata)],
    [
      "secrets",
      row.secrets
        .map((secret) => secret.hint + (secret.expires_at === null ? "" : ` until ${secret.expires_at}`))
        .join(", "),
    ],
    ["rotated", row.rotate_every === null ? "by hand" : `every ${row.rotate_every}`],
    ["delivered", `${row.counts.succeeded} succeeded, ${row.counts.failed} failed`],
    ["tenant", row.tenant],
    ["environment", row.environment],
    ["created", time(row.created_at)],
    ["updated", time(row.updated_at)],
  ];
  return lines.map(([key, value]) => [key, escapeLine(value)]);
}

/** What create and rotate show: the only screen with the whole secret. */
export function newSecretLines(row: SubscriptionWithSecret, colors: Colors): ViewLine[] {
  const lines: ViewLine[] = [
    ["id", row.id],
    ["url", targetOf(row)],
    ["events", row.events.join(", ")],
    ...(row.filter === null ? [] : [["filter", row.filter] as const]),
    ["profile", row.profile],
    ["retries", retryText(row.retry)],
    ["secret", row.secret],
  ];
  return lines.map(([key, value]) => [
    key,
    escapeLine(value) + (key === "secret" ? colors.dim("     shown once") : ""),
  ]);
}

/** In a pipe the secret is printed only when it is asked for: where it can still be had. */
export function noteUnprintedSecret(id: string, context: CliContext): void {
  const isLocal = context.settings().target.kind === "local";
  context.out.note(
    isLocal
      ? `note: the secret was not printed; to see it: hooks sub secret ${id}`
      : `note: the secret was not printed, and cannot be had again; for a new one: hooks sub rotate-secret ${id} --print-secret`,
  );
}

/** `10 attempts over 75 h  (5s 5m …)` */
export function retryText(retry: RetryResource): string {
  const policy = parseRetry(retry, "retry");
  const attempts = maxAttempts(policy);
  if (attempts === 1) return "1 attempt";
  let totalMs = 0;
  for (let failed = 1; failed < attempts; failed++) totalMs += baseDelayMs(policy, failed) ?? 0;
  const over = totalMs < 2 * HOUR_MS ? span(totalMs) : `${Math.floor(totalMs / HOUR_MS)} h`;
  const how =
    policy.strategy === "list"
      ? policy.delaysMs.map(delayText).join(" ")
      : `${policy.strategy}, from ${delayText(policy.firstDelayMs)} to ${delayText(policy.longestDelayMs)}`;
  return `${attempts} attempts over ${over}  (${how})`;
}

/** `up to 1000 characters of a response` */
function excerptText(chars: number): string {
  return chars === 0
    ? "nothing of a response"
    : `up to ${chars} ${chars === 1 ? "character" : "characters"} of a response`;
}

/** `up to 100 events, after 5s at the latest` */
function batchText(batch: SubscriptionResource["batch"]): string {
  return batch === null ? "-" : `up to ${batch.max_events} events, after ${batch.max_wait} at the latest`;
}

/** `after 20 failures in a row over 1h; tried again every hour` */
function autoDisableText({ failures, min_span, re_enable }: SubscriptionResource["auto_disable"]): string {
  if (failures === 0) return "never";
  const span = min_span === "0s" ? "" : ` over ${min_span}`;
  return `after ${failures} failures in a row${span}${re_enable === "probe" ? "; tried again every hour" : ""}`;
}

/** `allowed for events.example.com, 100/m`, `refused: its receiver …` */
export function handshakeText(handshake: SubscriptionResource["handshake"]): string {
  if (handshake === null) return "-";
  const { origin, state, allowed_rate: rate, error } = handshake;
  if (state === "pending") return `not asked yet, for ${origin}`;
  const limit = rate === null ? "" : `, ${rate}/m`;
  return state === "allowed" ? `allowed for ${origin}${limit}` : `${state}: ${error ?? "no answer"}; deliveries wait`;
}

/** A day among hours is 24 of them. */
function delayText(ms: number): string {
  return ms === 24 * HOUR_MS ? "24h" : formatDuration(ms);
}

const HOUR_MS = 3_600_000;
