import { toBatchResource } from "../core/batch-rule.ts";
import { breakerPhase, CLOSED } from "../core/breaker.ts";
import { MASKED } from "../core/custom-headers.ts";
import { formatDuration } from "../core/duration.ts";
import type { Handshake } from "../core/handshake.ts";
import { HEALTH_THRESHOLDS, type HealthThresholds, healthState, successRate } from "../core/health.ts";
import { toIso, toIsoOrNull } from "../core/instant.ts";
import { maskUrl } from "../core/masked-url.ts";
import { formatRateLimit } from "../core/rate-limit.ts";
import { toRetryResource } from "../core/retry-policy.ts";
import type { HandshakeResource, SubscriptionResource } from "../core/subscription.ts";
import type { StoredSubscription } from "../store/store.ts";
import { headerNamesOf } from "./sealed-headers.ts";
import type { ServiceParts } from "./service-parts.ts";
import type { SubscriptionSettings } from "./subscription-settings.ts";

/** A stored subscription as the API shows it. */
export async function subscriptionResource(
  stored: StoredSubscription,
  { secrets, now, healthThresholds }: Pick<ServiceParts, "secrets" | "now" | "healthThresholds">,
): Promise<SubscriptionResource> {
  return toSubscriptionResource(stored, await headerNamesOf(stored, secrets), now(), healthThresholds);
}

/** The same. `headerNames`: of its own headers, whose values nobody reads back. */
export function toSubscriptionResource(
  stored: StoredSubscription,
  headerNames: readonly string[],
  now: number,
  thresholds: HealthThresholds | undefined = HEALTH_THRESHOLDS,
): SubscriptionResource {
  const settings = readSettings(stored);
  return {
    id: stored.id,
    name: stored.name,
    description: settings.description,
    // Sealed or, by an earlier version, not: its query is shown to nobody.
    url: stored.url === undefined ? null : maskUrl(stored.url),
    transport: stored.transport,
    events: stored.events,
    enabled: stored.enabled,
    paused: stored.paused,
    profile: settings.profile,
    headers: Object.fromEntries(headerNames.map((name) => [name, MASKED])),
    filter: settings.filter ?? null,
    retry: toRetryResource(settings.retry),
    retry_on: settings.retryOn,
    timeout_ms: settings.timeoutMs,
    on_410: settings.on410,
    breaker: settings.hasBreaker,
    auto_disable: {
      failures: stored.autoDisableFailures,
      min_span: formatDuration(stored.autoDisableSpanMs),
      re_enable: settings.reEnable ?? null,
    },
    rotate_every: settings.rotateEveryMs === undefined ? null : formatDuration(settings.rotateEveryMs),
    handshake: handshakeResource(settings.handshake),
    allow_net: settings.allowNet,
    deny_net: settings.denyNet,
    concurrency: settings.concurrency,
    rate_limit: settings.rateLimit === undefined ? null : formatRateLimit(settings.rateLimit),
    excerpt_chars: settings.excerptChars,
    order_by: settings.orderBy ?? null,
    batch: toBatchResource(settings.batch),
    metadata: settings.metadata,
    tenant: stored.scope.tenant,
    environment: stored.scope.environment,
    event_version: settings.eventVersion ?? null,
    health: healthOf(stored, now, thresholds, settings),
    counts: stored.counts,
    secrets: stored.secrets
      .filter((secret) => secret.expiresAt === undefined || now < secret.expiresAt)
      .map((secret) => ({
        id: secret.id,
        created_at: toIso(secret.createdAt),
        expires_at: toIsoOrNull(secret.expiresAt),
        hint: secret.hint,
      })),
    created_at: toIso(stored.createdAt),
    updated_at: toIso(stored.updatedAt),
  };
}

/** How the last attempts went. */
export function healthOf(
  stored: StoredSubscription,
  now: number,
  thresholds: HealthThresholds | undefined = HEALTH_THRESHOLDS,
  { hasBreaker }: Pick<SubscriptionSettings, "hasBreaker"> = readSettings(stored),
): SubscriptionResource["health"] {
  const { health, enabled, disabledReason } = stored;
  return {
    state: healthState(health, enabled, thresholds),
    consecutive_failures: health.consecutiveFailures,
    success_rate: successRate(health),
    disabled_reason: disabledReason ?? null,
    last_triggered_at: toIsoOrNull(health.lastAttemptAt),
    last_success_at: toIsoOrNull(health.lastSuccessAt),
    breaker: breakerOf(stored, hasBreaker, now),
  };
}

export function handshakeResource(handshake: Handshake | undefined): HandshakeResource | null {
  if (handshake === undefined) return null;
  const { origin, rate, state, allowedRate, checkedAt, why } = handshake;
  return {
    origin,
    rate: rate ?? null,
    state,
    allowed_rate: allowedRate ?? null,
    checked_at: toIsoOrNull(checkedAt),
    error: why ?? null,
  };
}

/** A listener's subscription has none, and one that is switched off is closed. */
function breakerOf(stored: StoredSubscription, hasBreaker: boolean, now: number) {
  const state = hasBreaker && stored.transport === "http" ? stored.breaker : CLOSED;
  const phase = breakerPhase(state, now);
  return { state: phase, open_until: phase === "open" ? toIsoOrNull(state.openUntil) : null };
}

export function readSettings(stored: Pick<StoredSubscription, "settings">): SubscriptionSettings {
  // What a store of an earlier version does not know.
  const absent = {
    rateLimit: undefined,
    hasBreaker: true,
    orderBy: undefined,
    batch: undefined,
    reEnable: undefined,
    allowNet: [],
    denyNet: [],
  };
  return { ...absent, ...JSON.parse(stored.settings) } as SubscriptionSettings;
}
