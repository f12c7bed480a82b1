import { invalid } from "./errors.ts";

/** RFC 3339 with an offset or Z; seconds may be left out, fractions have 1–9 digits. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;
const AGO = /^(\d{1,9})(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Unix ms of an RFC 3339 date-time; undefined for anything else (`Date.parse` alone would take "-5" for a year). */
export function parseInstant(text: string): number | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  // Date.parse rolls 30 February over into March; such a day was never meant.
  const day = Number(text.slice(8, 10));
  const lastOfMonth = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  return lastOfMonth < day ? undefined : at;
}

/**
 * A bound of a time range: RFC 3339, a date (its first moment in UTC), or a duration that counts back from `now`.
 * @throws HooksError `invalid_request` naming `field`.
 */
export function parseBound(text: string, field: string, now: number): number {
  const ago = AGO.exec(text);
  if (ago !== null) return now - Number(ago[1]) * UNIT_MS[ago[2] as keyof typeof UNIT_MS];
  const at = parseInstant(DATE_ONLY.test(text) ? `${text}T00:00:00Z` : text);
  if (at !== undefined) return at;
  throw invalid(
    field,
    `${field} must be an ISO 8601 time or a duration that counts back from now`,
    "2h, 7d, 2026-01-31T12:00:00Z",
  );
}

/**
 * Both bounds of a time range; either may be missing.
 * @throws HooksError `invalid_request` naming `since` or `until`, also when the range ends before it begins.
 */
export function parseRange(
  range: { since?: string | undefined; until?: string | undefined },
  now: number,
): { since: number | undefined; until: number | undefined } {
  const since = range.since === undefined ? undefined : parseBound(range.since, "since", now);
  const until = range.until === undefined ? undefined : parseBound(range.until, "until", now);
  if (since !== undefined && until !== undefined && until < since) {
    throw invalid("until", "until must not be before since");
  }
  return { since, until };
}

export function toIso(at: number): string {
  return new Date(at).toISOString();
}

export function toIsoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : toIso(at);
}
