import { parseBatchRule } from "../core/batch-rule.ts";
import { checkCustomHeaders } from "../core/custom-headers.ts";
import { formatDuration, parseDuration } from "../core/duration.ts";
import { parseNetList } from "../core/egress/net-list.ts";
import { type HooksError, invalid } from "../core/errors.ts";
import { checkEventPattern } from "../core/event-pattern.ts";
import { checkVersion } from "../core/event-type.ts";
import { type Handshake, parseHandshake } from "../core/handshake.ts";
import { checkLineText } from "../core/line-text.ts";
import { parseOrderBy } from "../core/order-key.ts";
import type { Profile } from "../core/profiles/profile.ts";
import { BUILT_IN_PROFILES, type Profiles } from "../core/profiles/registry.ts";
import { parseRateLimit } from "../core/rate-limit.ts";
import { parseRetryOn } from "../core/retry-on.ts";
import { isExactPreset, parseRetry } from "../core/retry-policy.ts";
import {
  type AutoDisable,
  type BatchRule,
  EXCERPT_CHARS_DEFAULT,
  EXCERPT_CHARS_MAX,
  type RateLimit,
  type RetryOn,
  type RetryPolicy,
  type SubscriptionInput,
} from "../core/subscription.ts";
import { checkTargetUrl } from "../core/subscription-url.ts";
import { filteredOperational } from "./operational-filter.ts";

const HOUR_MS = 3_600_000;

/** What a subscription's row keeps as JSON: everything that no query looks into. */
export interface SubscriptionSettings {
  description: string;
  profile: string;
  retry: RetryPolicy;
  retryOn: RetryOn;
  on410: "disable" | "retry" | "fail";
  timeoutMs: number;
  concurrency: number;
  rateLimit: RateLimit | undefined;
  hasBreaker: boolean;
  orderBy: string | undefined;
  batch: BatchRule | undefined;
  /** Expression that an event must be true for (core/filter/); undefined: all of its types. */
  filter?: string | undefined;
  /** Of the rule for disabling by failures: whether a probe enables it again. */
  reEnable: "probe" | undefined;
  excerptChars: number;
  /** Who may be sent to, as text (core/egress/net-list.ts). */
  allowNet: string[];
  denyNet: string[];
  metadata: Record<string, unknown>;
  /** Its receiver is asked first, and what it said; undefined: nobody asks. */
  handshake?: Handshake | undefined;
  /** When its newest secret is as old as this, the daemon gives it a new one. */
  rotateEveryMs?: number | undefined;
  /** The version of its events that it wants; left out: it takes what comes. */
  eventVersion?: string | undefined;
  /** Of a tunnel: the sources that it listens to; left out: it takes events. */
  sources?: string[] | undefined;
  /** Of a tunnel. */
  session?: SessionSettings | undefined;
}

/** What a listening session is between two listeners. Times unix ms. */
export interface SessionSettings {
  /** How long it and its deliveries wait for a listener. */
  keepMs: number;
  /** It waits for a minute only, and is gone then. */
  isEphemeral: boolean;
  /** When its last listener was gone; left out: somebody listens, or nobody has looked since. */
  leftAt?: number | undefined;
  /** When it stopped collecting; left out: it collects. */
  endedAt?: number | undefined;
}

/** The part of a subscription that create, patch and replace decide, checked. */
export interface SubscriptionDraft {
  url: string | undefined;
  events: string[];
  name: string;
  enabled: boolean;
  headers: Record<string, string>;
  autoDisable: Omit<AutoDisable, "reEnable">;
  settings: SubscriptionSettings;
}

const CONCURRENCY_DEFAULT = 10;
/** ms. Below an hour it is a slip of the unit. */
const ROTATE_EVERY_BOUNDS = { min: HOUR_MS, max: 10 * 365 * 24 * HOUR_MS };

export function defaultSettings(profile: Profile): SubscriptionSettings {
  return {
    description: "",
    profile: profile.name,
    retry: profile.retry,
    retryOn: profile.retryOn,
    on410: profile.on410,
    timeoutMs: profile.timeoutMs,
    concurrency: CONCURRENCY_DEFAULT,
    rateLimit: undefined,
    hasBreaker: profile.hasBreaker,
    orderBy: undefined,
    batch: undefined,
    reEnable: undefined,
    excerptChars: EXCERPT_CHARS_DEFAULT,
    allowNet: [],
    denyNet: [],
    metadata: {},
  };
}

/**
 * Applies what was given to `base`: the defaults for create and replace, the subscription as it is for a patch. Null
 * stands for the default.
 * @throws HooksError `invalid_request` naming the field; nothing is changed then.
 */
export function draftSubscription(
  input: Partial<SubscriptionInput>,
  base: SubscriptionDraft,
  profiles: Profiles = BUILT_IN_PROFILES,
): SubscriptionDraft {
  const profile = profiles.named(
    input.profile === undefined ? base.settings.profile : (input.profile ?? "standard"),
    "profile",
  );
  const defaults = defaultSettings(profile);
  // A new profile brings its own schedule, time-out and rules; what was chosen before belonged to the old one.
  const isSame = profile.name === base.settings.profile;
  const { retry, retryOn, on410, timeoutMs, hasBreaker } = defaults;
  const old = isSame ? base.settings : { ...base.settings, retry, retryOn, on410, timeoutMs, hasBreaker };
  const orderBy = orNone(input.order_by, old.orderBy, (text) => parseOrderBy(text, "order_by"));
  const batch = orNone(input.batch, old.batch, (rule) => parseBatchRule(rule, "batch"));
  if (orderBy !== undefined && batch !== undefined) throw orderedBatch(input);
  const events = input.events === undefined ? base.events : checkEvents(input.events);
  // That it can be read was checked by whoever had the language at hand.
  const filter = orNone(input.filter, old.filter, (text) => text);
  const mixed = filter === undefined ? undefined : filteredOperational(events);
  if (mixed !== undefined) throw mixed;
  return {
    url: input.url === undefined ? base.url : checkTargetUrl(input.url, "url").href,
    events,
    name: checkText(input.name, "name", 255, base.name),
    enabled: checkBoolean(input.enabled, "enabled", base.enabled),
    headers:
      input.headers === undefined
        ? base.headers
        : checkCustomHeaders(input.headers ?? {}, profile.reservedHeaders, base.headers),
    autoDisable: checkAutoDisable(input.auto_disable, isSame ? base.autoDisable : profile.autoDisable, profile),
    settings: {
      description: checkText(input.description, "description", 1024, old.description),
      profile: profile.name,
      retry:
        input.retry === undefined
          ? old.retry
          : input.retry === null
            ? defaults.retry
            : parseRetry(input.retry, "retry", profile.retry),
      retryOn:
        input.retry_on === undefined ? old.retryOn : parseRetryOn(input.retry_on ?? defaults.retryOn, "retry_on"),
      on410: checkChoice(input.on_410, "on_410", ["disable", "retry", "fail"], old.on410, defaults.on410),
      timeoutMs: checkTimeout(input, old.timeoutMs, profile),
      concurrency: checkNumber(input.concurrency, "concurrency", 1, 1000, old.concurrency, CONCURRENCY_DEFAULT),
      rateLimit: orNone(input.rate_limit, old.rateLimit, (text) => parseRateLimit(text, "rate_limit")),
      hasBreaker: checkBreaker(input, old.hasBreaker, profile),
      orderBy,
      batch,
      filter,
      reEnable: checkReEnable(input.auto_disable, old.reEnable),
      excerptChars: checkNumber(
        input.excerpt_chars,
        "excerpt_chars",
        0,
        EXCERPT_CHARS_MAX,
        old.excerptChars,
        EXCERPT_CHARS_DEFAULT,
      ),
      allowNet: checkNetList(input.allow_net, "allow", old.allowNet),
      denyNet: checkNetList(input.deny_net, "deny", old.denyNet),
      handshake: orNone(input.handshake, old.handshake, (value) => ({
        ...parseHandshake(value, "handshake"),
        state: "pending" as const,
      })),
      rotateEveryMs: orNone(input.rotate_every, old.rotateEveryMs, (text) =>
        parseDuration(text, "rotate_every", ROTATE_EVERY_BOUNDS),
      ),
      eventVersion: orNone(input.event_version, old.eventVersion, (text) => checkVersion(text, "event_version")),
      sources: old.sources,
      session: old.session,
      metadata: input.metadata === undefined ? old.metadata : checkMetadata(input.metadata ?? {}),
    },
  };
}

function checkEvents(events: unknown): string[] {
  if (!Array.isArray(events) || events.length === 0)
    throw invalid("events", "events must name at least one event type or pattern", 'for example: ["invoice.*"]');
  if (100 < events.length) throw invalid("events", "events must be at most 100 patterns");
  return [...new Set(events.map((pattern, index) => checkEventPattern(pattern, `events[${index}]`)))];
}

/** A setting that is off by default. */
function orNone<T, R>(value: T | null | undefined, old: R | undefined, parse: (value: T) => R): R | undefined {
  if (value === undefined) return old;
  return value === null ? undefined : parse(value);
}

/** One answer is the answer for all events of a batch, while of an order each event waits for its predecessor's own. */
function orderedBatch(input: Partial<SubscriptionInput>): HooksError {
  const field = input.batch === undefined ? "order_by" : "batch";
  const other = field === "batch" ? "order_by" : "batch";
  return invalid(
    field,
    `${field} cannot be combined with ${other}: events in order are sent one after the other, never together`,
    `switch ${other} off first: null in the API, --reset ${other.replace("_", "-")} in hooks sub update`,
  );
}

function checkBreaker({ breaker, retry }: Partial<SubscriptionInput>, old: boolean, profile: Profile): boolean {
  // An open breaker would bend waits that are promised to the second.
  if (breaker === undefined) return isExactPreset(retry) ? false : old;
  return breaker === null ? profile.hasBreaker && !isExactPreset(retry) : checkBoolean(breaker, "breaker", old);
}

function checkText(text: unknown, field: string, max: number, old: string): string {
  if (text === undefined) return old;
  if (text === null) return "";
  return checkLineText(text, field, max);
}

function checkBoolean(value: unknown, field: string, old: boolean): boolean {
  if (value === undefined) return old;
  if (typeof value !== "boolean") throw invalid(field, `${field} must be true or false`);
  return value;
}

function checkChoice<T extends string>(
  value: T | null | undefined,
  field: string,
  choices: readonly T[],
  old: T,
  fallback: T,
): T {
  if (value === undefined) return old;
  if (value === null) return fallback;
  if (!choices.includes(value)) throw invalid(field, `${field} must be one of: ${choices.join(", ")}`);
  return value;
}

function checkNumber(value: unknown, field: string, min: number, max: number, old: number, fallback: number): number {
  if (value === undefined) return old;
  if (value === null) return fallback;
  if (typeof value === "number" && Number.isInteger(value) && min <= value && value <= max) return value;
  throw invalid(field, `${field} must be a whole number from ${min} to ${max}`);
}

function checkTimeout(
  input: Partial<SubscriptionInput>,
  old: number,
  { name, leastTimeoutMs, timeoutMs }: Profile,
): number {
  const chosen = readTimeout(input, old, timeoutMs);
  // Only what somebody asks for: a stored one that a profile of an earlier version allowed is left alone.
  if (leastTimeoutMs <= chosen || chosen === old) return chosen;
  const field = input.timeout === undefined || input.timeout === null ? "timeout_ms" : "timeout";
  throw invalid(field, `${field} must be from ${formatDuration(leastTimeoutMs)} to 300s in profile ${name}`);
}

function readTimeout(input: Partial<SubscriptionInput>, old: number, fallback: number): number {
  if (input.timeout !== undefined && input.timeout !== null) {
    if (input.timeout_ms !== undefined && input.timeout_ms !== null)
      throw invalid("timeout", "timeout and timeout_ms must not both be given");
    return parseDuration(input.timeout, "timeout", { min: 1_000, max: 300_000 });
  }
  return checkNumber(input.timeout_ms, "timeout_ms", 1_000, 300_000, old, fallback);
}

function checkAutoDisable(
  value: SubscriptionInput["auto_disable"],
  old: SubscriptionDraft["autoDisable"],
  { autoDisable: fallback }: Profile,
): SubscriptionDraft["autoDisable"] {
  if (value === undefined) return old;
  if (value === null) return fallback;
  if (typeof value !== "object")
    throw invalid("auto_disable", "auto_disable must be an object with failures, min_span and re_enable");
  const { failures, min_span: span } = value;
  return {
    failures: checkNumber(failures, "auto_disable.failures", 0, 1_000_000, old.failures, fallback.failures),
    minSpanMs:
      span === undefined
        ? old.minSpanMs
        : span === null
          ? fallback.minSpanMs
          : parseDuration(span, "auto_disable.min_span", { min: 0, max: 30 * 24 * HOUR_MS }),
  };
}

function checkReEnable(
  value: SubscriptionInput["auto_disable"],
  old: SubscriptionSettings["reEnable"],
): SubscriptionSettings["reEnable"] {
  if (value === null) return undefined;
  const reEnable = value?.re_enable;
  if (reEnable === undefined) return old;
  if (reEnable === null || reEnable === "probe") return reEnable ?? undefined;
  throw invalid("auto_disable.re_enable", 'auto_disable.re_enable must be "probe" or null');
}

function checkNetList(value: unknown, use: "allow" | "deny", old: string[]): string[] {
  if (value === undefined) return old;
  return value === null ? [] : parseNetList(value, use, `${use}_net`).map((entry) => entry.text);
}

function checkMetadata(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("metadata", "metadata must be an object");
  if (8192 < JSON.stringify(value).length)
    throw invalid("metadata", "metadata must be at most 8,192 characters of JSON");
  return value as Record<string, unknown>;
}
