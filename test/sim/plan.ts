import { DEFAULT_RETENTION, type Retention } from "../../src/core/retention.ts";
import type { RetryInput, SubscriptionInput } from "../../src/core/subscription.ts";
import type { DispatchRates } from "../../src/deliver/limits.ts";
import type { Random } from "./random.ts";

/**
 * `safety`: faults until the end. `liveness`: they stop, and within two hours everything must have been delivered or
 * have ended.
 */
export type Mode = "safety" | "liveness";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const RUN_MS = 24 * HOUR;
/** How long before the end of a liveness run the faults stop. */
export const CALM_MS = 2 * HOUR;

/** What a receiver does for a while. */
export const RECEIVER_MODES = [
  "healthy",
  "slow",
  "failing",
  "throttling",
  "refusing",
  "hanging",
  "late",
  "resetting",
  "flapping",
  "gone",
] as const;
export type ReceiverMode = (typeof RECEIVER_MODES)[number];

/** From this moment on (virtual ms). */
export interface ModeChange {
  from: number;
  mode: ReceiverMode;
}

/** Which kinds of faults a run has: some have all, some only one, so that each is seen alone and together. */
export interface Swarm {
  crashes: number;
  drains: number;
  pauses: number;
  stalls: number;
  takeovers: number;
  slowDisks: number;
  locks: number;
  fullDisks: number;
  deadDisks: number;
  clockSteps: number;
  clockShakes: number;
  sleeps: number;
  busyReads: boolean;
  operations: number;
  outsiders: number;
  sweeps: number;
  /** How often a listener loses its connection. */
  cuts: number;
}

export function drawSwarm(random: Random): Swarm {
  const some = (most: number): number => (random.chance(0.45) ? random.int(1, most) : 0);
  return {
    crashes: some(6),
    drains: some(2),
    pauses: some(2),
    stalls: some(3),
    takeovers: random.chance(0.15) ? 1 : 0,
    slowDisks: some(3),
    locks: some(2),
    fullDisks: some(2),
    deadDisks: some(2),
    clockSteps: some(3),
    clockShakes: random.chance(0.15) ? 1 : 0,
    sleeps: random.chance(0.15) ? 1 : 0,
    busyReads: random.chance(0.1),
    operations: some(14),
    outsiders: some(4),
    sweeps: some(4),
    cuts: some(6),
  };
}

export function drawSubscription(random: Random, mode: Mode, url: string): SubscriptionInput {
  const input: SubscriptionInput = {
    url,
    events: drawEvents(random),
    retry: drawRetry(random, mode),
    timeout_ms: random.magnitude(1 * SECOND, 30 * SECOND),
    concurrency: random.magnitude(1, 10),
    breaker: random.chance(0.7),
    on_410: random.weighted({ disable: 6, retry: 2, fail: 2 }),
    auto_disable: drawAutoDisable(random),
  };
  if (random.chance(0.3)) input.rate_limit = drawRate(random, mode);
  if (random.chance(0.2)) input.order_by = random.pick(["*", "/key"]);
  if (input.order_by === undefined && random.chance(0.2)) {
    input.batch = { max_events: random.magnitude(2, 8), max_wait: random.magnitude(10, 10 * SECOND) };
  }
  if (random.chance(0.3))
    input.retry_on = random.pick(["server-errors", ["5xx", "network", "408", "429"], ["network"]]);
  return input;
}

export function drawEvents(random: Random): string[] {
  return random.pick([["*"], ["order.*"], ["order.paid"], ["order.paid", "user.*"]]);
}

export function drawRate(random: Random, mode: Mode): string {
  // A backlog must be gone within the two hours that a liveness run has for it.
  if (mode === "liveness") return random.pick(["1/s", "10/s", "10/m", "60/m", "400/h"]);
  return random.pick(["1/s", "10/s", "2/m", "10/m", "60/m", "5/h", "100/h"]);
}

/** Limits of the whole process; most have none. */
export function drawRates(random: Random, mode: Mode): DispatchRates {
  const least = mode === "liveness" ? 60 : 10;
  const some = (probability: number) =>
    random.chance(probability)
      ? random.pick([
          { count: random.magnitude(1, 20), perMs: SECOND },
          { count: random.magnitude(least, 200), perMs: MINUTE },
        ])
      : undefined;
  return { process: some(0.15), tenant: some(0.15), hostRetries: some(0.5) };
}

/** Longer than anybody tries to publish one event, shorter than a day: much of what is published early in it goes. */
export function drawRetention(random: Random): Retention {
  const events = random.pick([HOUR, 2 * HOUR, 6 * HOUR]);
  return { ...DEFAULT_RETENTION, events, dead_letters: random.pick([0, events, 3 * HOUR, 12 * HOUR]) };
}

function drawAutoDisable(random: Random): { failures: number; min_span: number } {
  if (random.chance(0.5)) return { failures: 0, min_span: 0 };
  return { failures: random.int(3, 25), min_span: random.pick([0, MINUTE, HOUR]) };
}

function drawRetry(random: Random, mode: Mode): RetryInput | string {
  // Jitter included, no wait of a liveness run is longer than 75 minutes.
  const longest = mode === "liveness" ? 50 * MINUTE : 12 * HOUR;
  const jitter = random.pick([0, 0.1, 0.5]);
  const kind = random.weighted({ short: 4, long: 3, linear: 1, exponential: 2, preset: mode === "liveness" ? 0 : 1 });
  if (kind === "preset") return random.pick(["standard", "aegisx", "dotmac", "securebase"]);
  if (kind === "short" || kind === "long") {
    const most = kind === "short" ? MINUTE : longest;
    const delays = Array.from({ length: random.int(0, 7) }, () => random.magnitude(100, most));
    return { strategy: "list", delays, jitter };
  }
  const first = random.magnitude(100, 10 * SECOND);
  return {
    strategy: kind,
    first_delay: first,
    longest_delay: random.magnitude(10 * SECOND, longest),
    max_attempts: random.int(1, 12),
    jitter,
  };
}

/** How a host, or one receiver on it, goes through the day. Empty: healthy all the time. */
export function drawModes(random: Random, endAt: number, isHost: boolean): ModeChange[] {
  const changes: ModeChange[] = [];
  if (random.chance(isHost ? 0.5 : 0.2)) return changes;
  for (let at = 0; at < endAt; at += random.magnitude(10 * SECOND, 5 * HOUR)) {
    changes.push({ from: at, mode: drawMode(random) });
  }
  return changes;
}

function drawMode(random: Random): ReceiverMode {
  return random.weighted({
    healthy: 30,
    slow: 8,
    failing: 15,
    throttling: 12,
    refusing: 10,
    hanging: 6,
    late: 4,
    resetting: 6,
    flapping: 10,
    gone: 1,
  });
}

/** Moments at which something happens: events are published there, and faults are near. */
export function drawEpisodes(random: Random, until: number): number[] {
  return Array.from({ length: random.int(3, 9) }, () => random.int(1, until - MINUTE)).sort((a, b) => a - b);
}
