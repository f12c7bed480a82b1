import type { Output } from "./context.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "3 s ago", "in 5 min", "2 d ago"; "" for null. Times in pipes and JSON stay RFC 3339. */
export function relativeTime(iso: string | null, now: number): string {
  if (iso === null) return "";
  const distance = Date.parse(iso) - now;
  if (Number.isNaN(distance)) return iso;
  const length = Math.abs(distance);
  if (length < 1_000) return "now";
  return distance < 0 ? `${span(length)} ago` : `in ${span(length)}`;
}

/** A time in the output's form, with how long ago it was for people; "-" for null. */
export function timeText({ mode }: Pick<Output, "mode">, now: number): (iso: string | null) => string {
  return (iso) => (iso === null ? "-" : mode === "human" ? `${iso}  ${relativeTime(iso, now)}` : iso);
}

/** For people, one unit: "41 ms", "5 s", "30 min", "2 h", "3 d". */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${Math.round(ms / 1_000)} s`;
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / DAY_MS)} d`;
}
