import { formatDuration, parseDuration } from "./duration.ts";
import { invalid } from "./errors.ts";
import { quoted } from "./quoted.ts";
import type { AutoDisable, RetryInput, RetryPolicy, RetryResource } from "./subscription.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const MAX_ATTEMPTS = 20;
const MIN_DELAY_MS = 100;
const MIN_LONGEST_DELAY_MS = SECOND;
const MAX_DELAY_MS = 365 * DAY;
const MAX_JITTER = 0.5;

/** What an input that leaves it out gets. */
const DEFAULTS = { firstDelayMs: 5 * SECOND, longestDelayMs: DAY, maxAttempts: 10 };

/**
 * Ten attempts, the last 75 h 35 min 5 s after the first (before jitter).
 * Source: Standard Webhooks 1.0.0, "Example retry schedule".
 */
export const STANDARD_RETRY: RetryPolicy = list(
  [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, DAY],
  0.1,
);

/** Twenty failed requests in a row, over an hour at least. */
export const AUTO_DISABLE_DEFAULT: Omit<AutoDisable, "reEnable"> = { failures: 20, minSpanMs: HOUR };

/** Schedules by name; the five after `standard` are those of the systems that the profiles of the same name replace. */
export const RETRY_PRESETS: Readonly<Record<string, RetryPolicy>> = {
  standard: STANDARD_RETRY,
  foresight: STANDARD_RETRY,
  aegisx: { strategy: "exponential", firstDelayMs: SECOND, longestDelayMs: MINUTE, maxAttempts: 3, jitter: 0 },
  arsmedica: list([1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND, 16 * SECOND], 0),
  dotmac: list([5 * MINUTE, 1 * HOUR, 6 * HOUR], 0),
  securebase: list([1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 1 * HOUR, 2 * HOUR], 0),
};

/** Whether a preset of this name promises exact waits: those of the systems whose receivers count on them. */
export function isExactPreset(name: unknown): boolean {
  return typeof name === "string" && Object.hasOwn(RETRY_PRESETS, name) && RETRY_PRESETS[name]!.jitter === 0;
}

/** The wait after failed attempt n, in ms before jitter; undefined once the attempts are used up. */
export function baseDelayMs(policy: RetryPolicy, failedAttempt: number): number | undefined {
  if (policy.strategy === "list") return policy.delaysMs[failedAttempt - 1];
  if (policy.maxAttempts <= failedAttempt) return undefined;
  const factor = policy.strategy === "linear" ? failedAttempt : 2 ** (failedAttempt - 1);
  return Math.min(policy.firstDelayMs * factor, policy.longestDelayMs);
}

/**
 * The wait after failed attempt n (1 for the first of its round), in whole ms with jitter; undefined once the attempts
 * are used up.
 *
 * @param random uniform in [0, 1); moves the delay by up to ± jitter.
 * @throws RangeError if `failedAttempt` is not a positive integer, which is a caller's bug.
 */
export function nextDelayMs(policy: RetryPolicy, failedAttempt: number, random: number): number | undefined {
  if (!Number.isInteger(failedAttempt) || failedAttempt < 1) {
    throw new RangeError(`failedAttempt must be a positive integer, got ${failedAttempt}`);
  }
  const delayMs = baseDelayMs(policy, failedAttempt);
  return delayMs === undefined ? undefined : Math.round(delayMs * (1 + policy.jitter * (2 * random - 1)));
}

/** The first try included. */
export function maxAttempts(policy: RetryPolicy): number {
  return policy.strategy === "list" ? policy.delaysMs.length + 1 : policy.maxAttempts;
}

/**
 * A preset's name or a policy as the API takes it: delays as durations ("5s") or numbers of ms. Left out: strategy
 * `list` when there are delays; everything else as in `base` (a profile's own), so far as that has it: else the strategy
 * must be named, and the first delay is 5s, the longest 24h, with 10 attempts.
 * @throws HooksError `invalid_request` naming the field below `field`: `retry.delays[2]`.
 */
export function parseRetry(input: RetryInput | string, field: string, base: RetryPolicy = STANDARD_RETRY): RetryPolicy {
  if (typeof input === "string") return presetNamed(input, field);
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw invalid(field, `${field} must be the name of a preset or an object`, `presets: ${presetNames()}`);
  }
  const growing = base.strategy === "list" ? undefined : base;
  const strategy = input.strategy ?? (input.delays === undefined ? growing?.strategy : "list");
  if (strategy !== "list" && strategy !== "linear" && strategy !== "exponential") {
    throw invalid(`${field}.strategy`, `${field}.strategy must be list, linear or exponential`);
  }
  refuseOtherFields(input, strategy, field);
  const jitter = parseJitter(input.jitter ?? base.jitter, `${field}.jitter`);
  if (strategy === "list") return { strategy, delaysMs: parseDelays(input.delays, `${field}.delays`), jitter };

  const { firstDelayMs, longestDelayMs, maxAttempts: most } = growing ?? DEFAULTS;
  const first = parseDelay(input.first_delay ?? firstDelayMs, `${field}.first_delay`, MIN_DELAY_MS);
  const longest = parseDelay(input.longest_delay ?? longestDelayMs, `${field}.longest_delay`, MIN_LONGEST_DELAY_MS);
  if (longest < first) {
    throw invalid(
      `${field}.longest_delay`,
      `${field}.longest_delay (${formatDuration(longest)}) must not be shorter than first_delay (${formatDuration(first)})`,
    );
  }
  const attempts = parseMaxAttempts(input.max_attempts ?? most, `${field}.max_attempts`);
  return { strategy, firstDelayMs: first, longestDelayMs: longest, maxAttempts: attempts, jitter };
}

/** Back to JSON; `parseRetry` of it gives the same policy. */
export function toRetryResource(policy: RetryPolicy): RetryResource {
  if (policy.strategy === "list") {
    return { strategy: "list", delays: policy.delaysMs.map(formatDuration), jitter: policy.jitter };
  }
  return {
    strategy: policy.strategy,
    first_delay: formatDuration(policy.firstDelayMs),
    longest_delay: formatDuration(policy.longestDelayMs),
    max_attempts: policy.maxAttempts,
    jitter: policy.jitter,
  };
}

function list(delaysMs: readonly number[], jitter: number): RetryPolicy {
  return { strategy: "list", delaysMs, jitter };
}

function presetNamed(name: string, field: string): RetryPolicy {
  const preset = Object.hasOwn(RETRY_PRESETS, name) ? RETRY_PRESETS[name] : undefined;
  if (preset !== undefined) return preset;
  throw invalid(field, `${field} must be a preset (${presetNames()}) or a policy, got ${quoted(name)}`);
}

function presetNames(): string {
  return Object.keys(RETRY_PRESETS).join(", ");
}

const FIELDS_OF = {
  list: ["strategy", "delays", "jitter"],
  linear: ["strategy", "first_delay", "longest_delay", "max_attempts", "jitter"],
  exponential: ["strategy", "first_delay", "longest_delay", "max_attempts", "jitter"],
} as const;

/** A field that would have no effect was meant to have one. */
function refuseOtherFields(input: RetryInput, strategy: keyof typeof FIELDS_OF, field: string): void {
  const known: readonly string[] = FIELDS_OF[strategy];
  for (const [name, value] of Object.entries(input)) {
    if (value !== undefined && !known.includes(name)) {
      throw invalid(
        `${field}.${name}`,
        `${field}.${name} does not belong to strategy ${strategy}`,
        `it takes ${known.join(", ")}`,
      );
    }
  }
}

function parseDelays(delays: RetryInput["delays"], field: string): number[] {
  if (!Array.isArray(delays))
    throw invalid(field, `${field} must be a list of durations`, 'for example: ["5s","5m","30m"]');
  if (MAX_ATTEMPTS - 1 < delays.length) {
    throw invalid(
      field,
      `${field} must be at most ${MAX_ATTEMPTS - 1} (${MAX_ATTEMPTS} attempts), got ${delays.length}`,
    );
  }
  return delays.map((delay, index) => parseDelay(delay, `${field}[${index}]`, MIN_DELAY_MS));
}

function parseDelay(delay: string | number, field: string, min: number): number {
  return parseDuration(delay, field, { min, max: MAX_DELAY_MS });
}

function parseMaxAttempts(attempts: number, field: string): number {
  if (Number.isInteger(attempts) && 1 <= attempts && attempts <= MAX_ATTEMPTS) return attempts;
  throw invalid(field, `${field} must be a whole number from 1 to ${MAX_ATTEMPTS}, the first try included`);
}

function parseJitter(jitter: number, field: string): number {
  if (typeof jitter === "number" && 0 <= jitter && jitter <= MAX_JITTER) return jitter;
  throw invalid(field, `${field} must be a number from 0 to ${MAX_JITTER}`);
}
