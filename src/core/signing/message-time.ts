import type { TimestampRule } from "./scheme.ts";
import { type Refusal, refuse } from "./verdict.ts";

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** Unix seconds; undefined when the text is not of the unit's form. */
export function parseTimestamp(text: string, unit: TimestampRule["unit"]): number | undefined {
  if (unit === "iso") {
    const ms = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(ms) ? undefined : ms / 1000;
  }
  const number = parseWholeNumber(text);
  return number === undefined || unit === "s" ? number : number / 1000;
}

const MAX_DIGITS = 15;
const ZERO = 0x30;

/** `^(0|[1-9]\d{0,14})$`: one spelling for each number, so what is compared with the clock is exactly what was signed. */
function parseWholeNumber(text: string): number | undefined {
  if (text.length === 0 || MAX_DIGITS < text.length) return undefined;
  if (text.length > 1 && text.charCodeAt(0) === ZERO) return undefined;
  let number = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || 9 < digit) return undefined;
    number = number * 10 + digit;
  }
  return number;
}

/** The text of `timestamp` (unix seconds) in the unit; the inverse of `parseTimestamp` up to the unit's precision. */
export function formatTimestamp(timestamp: number, unit: TimestampRule["unit"]): string {
  switch (unit) {
    case "s":
      return String(Math.floor(timestamp));
    case "ms":
      return String(Math.floor(timestamp * 1000));
    case "iso":
      return new Date(timestamp * 1000).toISOString();
  }
}

/** How far a message may be from the verifier's clock: seconds (inclusive; 0 is zero seconds), or not judged at all. */
export type Tolerance = number | "none";

/** @throws TypeError for anything but "none" and a number of seconds from 0 up. */
export function checkTolerance(tolerance: Tolerance | undefined): void {
  if (tolerance === undefined || tolerance === "none") return;
  if (typeof tolerance !== "number" || !Number.isFinite(tolerance) || tolerance < 0) {
    throw new TypeError(`tolerance must be "none" or a number of seconds from 0 up, got ${String(tolerance)}`);
  }
}

/**
 * Seconds, below zero for a message that is dated ahead. The clock counts whole ones, so ahead is only what is dated in a
 * later one.
 */
export function ageOf(timestamp: number, now: number): number {
  const second = Math.floor(now);
  return second - (second < timestamp ? Math.floor(timestamp) : timestamp);
}

/** `now` in unix seconds. `tolerance` replaces the limits that the scheme has; a side that it leaves open stays open. */
export function judgeAge(
  rule: TimestampRule,
  timestamp: number,
  now: number,
  tolerance: Tolerance | undefined,
): Refusal | undefined {
  if (tolerance === "none") return undefined;
  const age = ageOf(timestamp, now);
  const past = limitOf(rule.past, tolerance);
  const future = limitOf(rule.future, tolerance);
  if (past !== undefined && past < age) {
    return refuse("timestamp_too_old", `the message is ${seconds(age)} old; at most ${seconds(past)} is accepted`);
  }
  if (future !== undefined && future < -age) {
    return refuse(
      "timestamp_in_future",
      `the message is dated ${seconds(-age)} ahead of this clock; at most ${seconds(future)} is accepted`,
    );
  }
  return undefined;
}

/** How far a message may be from the clock on one side, in seconds; undefined: any. */
export function limitOf(ofScheme: number | undefined, tolerance: Tolerance | undefined): number | undefined {
  if (ofScheme === undefined || tolerance === "none") return undefined;
  return tolerance ?? ofScheme;
}

function seconds(count: number): string {
  return `${Math.round(count * 1000) / 1000} s`;
}
