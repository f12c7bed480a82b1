import { invalid } from "./errors.ts";

// Durations as people write them: "10s", "5m", "24h". One unit each: "1h30m" is 90m.

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(\d+)(ms|s|m|h|d)$/;

/** Far above every setting, and far below where ms stop being exact: 100 years. */
const MAX_MS = 100 * 365 * UNIT_MS.d;

/** Bounds in ms, both inclusive. */
export interface DurationBounds {
  /** Default 1: zero is allowed only where it is asked for. */
  min?: number;
  /** Default 100 years. */
  max?: number;
}

/**
 * A duration in whole ms: a text such as "10s" (units ms, s, m, h, d), or a whole number of ms.
 * @throws HooksError `invalid_request` naming `field`.
 */
export function parseDuration(input: string | number, field: string, bounds: DurationBounds = {}): number {
  const { min = 1, max = MAX_MS } = bounds;
  const ms = typeof input === "number" ? input : textToMs(input);
  if (ms === undefined || !Number.isSafeInteger(ms) || ms < 0) {
    const form = `${field} must be a duration such as "500ms", "10s", "5m", "2h" or "1d"`;
    throw invalid(field, `${form}, got ${shown(input)}`);
  }
  if (ms < min || max < ms) {
    throw invalid(
      field,
      `${field} must be from ${formatDuration(min)} to ${formatDuration(max)}, got ${formatDuration(ms)}`,
    );
  }
  return ms;
}

/** What was given, however long or strange, for an error's message. */
function shown(input: unknown): string {
  return String(JSON.stringify(input)).slice(0, 60);
}

/** In the largest unit that leaves no rest, a single day as hours: 90,000 → "90s", 86,400,000 → "24h", 0 → "0s". */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  if (ms === UNIT_MS.d) return "24h";
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return `${ms}ms`;
}

function textToMs(text: unknown): number | undefined {
  const match = typeof text === "string" ? PATTERN.exec(text) : null;
  return match === null ? undefined : Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}
