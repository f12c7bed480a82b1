import type { AutoDisable, HealthState } from "./subscription.ts";

/** How many attempts back the success rate looks. */
export const HEALTH_WINDOW = 20;

/** Where one state of health ends and the next begins. */
export interface HealthThresholds {
  /** Success rate, 0–1, below which it is `degraded`. */
  degraded: number;
  /** … and below which it is `unhealthy`. */
  unhealthy: number;
  /** Failures in a row from which it is `unhealthy`, whatever the rate. */
  failures: number;
}

export const HEALTH_THRESHOLDS: HealthThresholds = { degraded: 0.95, unhealthy: 0.5, failures: 5 };

/**
 * What is kept of a subscription's attempts, so that its health is known without reading any of them. A request with a
 * batch is one attempt here.
 */
export interface Health {
  /** The last attempts (at most 20), one bit each, 1 = success, the newest in bit 0. */
  recent: number;
  /** How many bits of `recent` count. */
  recentCount: number;
  consecutiveFailures: number;
  /** When the first of the failures in a row was, unix ms. */
  failingSince: number | undefined;
  lastAttemptAt: number | undefined;
  lastSuccessAt: number | undefined;
}

export const NEW_HEALTH: Health = {
  recent: 0,
  recentCount: 0,
  consecutiveFailures: 0,
  failingSince: undefined,
  lastAttemptAt: undefined,
  lastSuccessAt: undefined,
};

export function afterAttempt(health: Health, success: boolean, at: number): Health {
  return {
    recent: ((health.recent << 1) | (success ? 1 : 0)) & ((1 << HEALTH_WINDOW) - 1),
    recentCount: Math.min(health.recentCount + 1, HEALTH_WINDOW),
    consecutiveFailures: success ? 0 : health.consecutiveFailures + 1,
    failingSince: success ? undefined : (health.failingSince ?? at),
    lastAttemptAt: at,
    lastSuccessAt: success ? at : health.lastSuccessAt,
  };
}

/** 0–1 over the last 20 attempts; 1 when there were none. */
export function successRate(health: Health): number {
  if (health.recentCount === 0) return 1;
  let successes = 0;
  for (let bit = 0; bit < health.recentCount; bit++) successes += (health.recent >>> bit) & 1;
  return successes / health.recentCount;
}

/** By default `healthy` ≥ 95 % success, `degraded` ≥ 50 %, `unhealthy` below or from 5 failures in a row. */
export function healthState(
  health: Health,
  enabled: boolean,
  { degraded, unhealthy, failures }: HealthThresholds = HEALTH_THRESHOLDS,
): HealthState {
  if (!enabled) return "disabled";
  const rate = successRate(health);
  if (failures <= health.consecutiveFailures || rate < unhealthy) return "unhealthy";
  return rate < degraded ? "degraded" : "healthy";
}

/** True when so many attempts in a row failed, over so long, that the subscription is switched off (rulings.md 11). */
export function isBeyondHope(health: Health, rule: Pick<AutoDisable, "failures" | "minSpanMs">, now: number): boolean {
  if (rule.failures === 0 || health.consecutiveFailures < rule.failures) return false;
  return rule.minSpanMs <= now - (health.failingSince ?? now);
}

/**
 * When to find out next whether a subscription that its failures disabled may be enabled again: whole intervals after it
 * was disabled, so that a restart neither forgets it nor hurries it; an interval from now when that was by a clock that
 * has been set back since. Always after `now`. Times unix ms.
 */
export function nextProbeAt(disabledAt: number, now: number, intervalMs: number): number {
  if (now < disabledAt) return now + intervalMs;
  return disabledAt + (Math.floor((now - disabledAt) / intervalMs) + 1) * intervalMs;
}
