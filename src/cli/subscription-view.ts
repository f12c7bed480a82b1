import { formatDuration, parseDuration } from "../core/duration.ts";
import type { HealthState, RetryResource, SubscriptionResource, SubscriptionWithSecret } from "../core/subscription.ts";
import type { Colors, Output, Paint } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ViewLine } from "./print-one.ts";
import type { ListView } from "./table.ts";
import { relativeTime, span } from "./time-text.ts";

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
  "allow_net",
  "deny_net",
  "concurrency",
  "rate_limit",
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
    { title: "url", text: targetOf },
    { title: "events", text: (row) => row.events.join(",") },
    { title: "state", text: stateOf, paint: (row, colors) => paintOfState(row.health.state, colors) },
  ],
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

/** `hooks sub get`. */
export function subscriptionLines(row: SubscriptionResource, out: Output, now: number): ViewLine[] {
  const time = (iso: string | null): string =>
    iso === null ? "-" : out.mode === "human" ? `${iso}  ${relativeTime(iso, now)}` : iso;
  const headers = Object.entries(row.headers).map(([name, value]) => `${name}: ${value}`);
  const lines: ViewLine[] = [
    ["id", row.id],
    ["name", row.name],
    ["description", row.description],
    ["url", targetOf(row)],
    ["events", row.events.join(", ")],
    ["state", `${stateOf(row)}${row.health.disabled_reason === null ? "" : ` (${row.health.disabled_reason})`}`],
    ["profile", row.profile],
    ["retries", retryText(row.retry)],
    ["retry on", typeof row.retry_on === "string" ? row.retry_on : row.retry_on.join(", ")],
    ["on 410", row.on_410],
    ["time-out", formatDuration(row.timeout_ms)],
    ["concurrency", String(row.concurrency)],
    ["rate limit", row.rate_limit ?? "-"],
    ["headers", headers.length === 0 ? "-" : headers.join(", ")],
    ["metadata", JSON.stringify(row.metadata)],
    [
      "secrets",
      row.secrets
        .map((secret) => secret.hint + (secret.expires_at === null ? "" : ` until ${secret.expires_at}`))
        .join(", "),
    ],
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
    ["profile", row.profile],
    ["retries", retryText(row.retry)],
    ["secret", row.secret],
  ];
  return lines.map(([key, value]) => [
    key,
    escapeLine(value) + (key === "secret" ? colors.dim("     shown once") : ""),
  ]);
}

/** `10 attempts over 76 h  (5s 5m …)` */
export function retryText(retry: RetryResource): string {
  if (retry.strategy !== "list") {
    return `${retry.max_attempts} attempts, ${retry.strategy} from ${retry.first_delay} to ${retry.longest_delay}`;
  }
  const delays = retry.delays ?? [];
  if (delays.length === 0) return "1 attempt";
  const totalMs = delays.reduce((sum, delay) => sum + parseDuration(delay, "retry.delays", { min: 0 }), 0);
  const over = totalMs < 2 * HOUR_MS ? span(totalMs) : `${Math.round(totalMs / HOUR_MS)} h`;
  return `${delays.length + 1} attempts over ${over}  (${delays.join(" ")})`;
}

const HOUR_MS = 3_600_000;
