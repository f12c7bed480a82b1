import { type DurationBounds, formatDuration, parseDuration } from "./duration.ts";
import { invalid } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { quoted } from "./quoted.ts";

// How long what is over is kept. What still waits is kept whatever its age.

/**
 * `events`: with their deliveries and attempts; `attempts`: of deliveries that did not fail, when they are to go before
 * their event; `dead_letters`: deliveries that failed, and their events for as long; `jobs`: replays and purges that
 * ended; `alerts`: that ended; `audit`: who changed what in the environment.
 */
export const RETENTION_KINDS = ["events", "attempts", "dead_letters", "jobs", "alerts", "audit"] as const;
export type RetentionKind = (typeof RETENTION_KINDS)[number];

/** ms; 0: for ever. */
export type Retention = Readonly<Record<RetentionKind, number>>;

/** What is set of it; what is left out is as the server keeps it. */
export type OwnRetention = { readonly [Kind in RetentionKind]?: number | undefined };

/** As it is shown and given: `"30d"`, `"0"` (for ever). */
export type RetentionTexts = Record<RetentionKind, string>;

const DAY_MS = 86_400_000;
export const DEFAULT_RETENTION: Retention = {
  events: 30 * DAY_MS,
  attempts: 30 * DAY_MS,
  dead_letters: 90 * DAY_MS,
  jobs: 30 * DAY_MS,
  alerts: 30 * DAY_MS,
  audit: 0,
};

/** What is kept for less is gone before anybody could look at it. */
const BOUNDS: DurationBounds = { min: 1_000 };
/** Whoever has a stolen key may set it: what was done with that is on record for a while all the same. */
const AUDIT_BOUNDS: DurationBounds = { min: 30 * DAY_MS };
const FOR_EVER = "0";
const DEFAULT = "default";

/**
 * @throws HooksError `invalid_request` naming `field`
 */
export function parseRetentionSpan(value: unknown, kind: RetentionKind, field: string): number {
  if (value === FOR_EVER || value === 0) return 0;
  if (typeof value !== "string") {
    throw invalid(field, `${field} must be a duration such as "30d", or "0" (for ever)`);
  }
  return parseDuration(value, field, kind === "audit" ? AUDIT_BOUNDS : BOUNDS);
}

export function formatRetentionSpan(ms: number): string {
  return ms === 0 ? FOR_EVER : formatDuration(ms);
}

/**
 * `events=7d,dead_letters=0`; kinds that are not named are left out.
 * @throws HooksError `invalid_request` naming `name` and the kind
 */
export function parseRetention(text: string, name: string): OwnRetention {
  const own: { -readonly [Kind in RetentionKind]?: number } = {};
  for (const part of text.split(",")) {
    const [kindText = "", span, ...rest] = part.split("=").map((word) => word.trim());
    if (span === undefined || 0 < rest.length) {
      throw invalid(
        name,
        `${name} must be of the form KIND=DURATION, got ${quoted(part)}`,
        "for example: events=7d,dead_letters=0",
      );
    }
    const kind = retentionKind(kindText, name);
    if (own[kind] !== undefined) throw invalid(name, `${name} names ${kind} twice`);
    own[kind] = parseRetentionSpan(span, kind, `${name}.${kind}`);
  }
  return own;
}

/** @throws HooksError `invalid_request` naming `name` and the kind, with the nearest that exists */
export function retentionKind(text: string, name: string): RetentionKind {
  const kind = RETENTION_KINDS.find((known) => known === text);
  if (kind !== undefined) return kind;
  const near = nearest(text, RETENTION_KINDS);
  throw invalid(
    `${name}.${text}`.slice(0, 100),
    `${name}.${quoted(text).slice(1, -1)} is unknown: it must be one of ${RETENTION_KINDS.join(", ")}`,
    near === undefined ? undefined : `did you mean ${near}?`,
  );
}

/**
 * `["events=7d", "dead_letters=default"]` → what a change of an environment says; `default`: as the server keeps it.
 * @throws HooksError `invalid_request` naming `name` and the kind
 */
export function retentionPatch(parts: readonly string[], name: string): { [Kind in RetentionKind]?: string | null } {
  const patch: { [Kind in RetentionKind]?: string | null } = {};
  for (const part of parts.flatMap((one) => one.split(","))) {
    const at = part.indexOf("=");
    const [kindText, span] = [part.slice(0, Math.max(0, at)).trim(), part.slice(at + 1).trim()];
    if (span === DEFAULT) {
      const kind = retentionKind(kindText, name);
      if (patch[kind] !== undefined) throw invalid(name, `${name} names ${kind} twice`);
      patch[kind] = null;
      continue;
    }
    for (const [kind, ms] of Object.entries(parseRetention(part, name)) as [RetentionKind, number][]) {
      if (patch[kind] !== undefined) throw invalid(name, `${name} names ${kind} twice`);
      patch[kind] = formatRetentionSpan(ms);
    }
  }
  return patch;
}

/** What is in force: what is set, else what `defaults` say. */
export function inForce(own: OwnRetention | undefined, defaults: Retention): Retention {
  return byKind((kind) => own?.[kind] ?? defaults[kind]);
}

export function retentionTexts(retention: Retention): RetentionTexts {
  return byKind((kind) => formatRetentionSpan(retention[kind]));
}

/** `events=30d,attempts=30d,…` */
export function retentionText(retention: Retention): string {
  return RETENTION_KINDS.map((kind) => `${kind}=${formatRetentionSpan(retention[kind])}`).join(",");
}

export function byKind<T>(value: (kind: RetentionKind) => T): Record<RetentionKind, T> {
  return Object.fromEntries(RETENTION_KINDS.map((kind) => [kind, value(kind)])) as Record<RetentionKind, T>;
}
