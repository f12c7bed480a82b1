// What is set of a source: checked when it is given, kept as JSON.

import { parseDuration } from "../duration.ts";
import { invalid } from "../errors.ts";
import { checkEventPattern, checkEventType, isOperationalType } from "../event-pattern.ts";
import { nearest } from "../nearest.ts";
import { formatRateLimit, parseRateLimit } from "../rate-limit.ts";
import { findScheme } from "../signing/registry.ts";
import { SCHEME_NAMES, SCHEME_NAMES_AND_ALIASES } from "../signing/scheme-names.ts";
import { HANDSHAKES, type HandshakeName } from "./challenge.ts";
import { NO_SCHEME, SOURCE_MODES, type SourceMode, type SourcePatch } from "./source.ts";
import { shownValue } from "./source-texts.ts";

export interface SourceSettings {
  description: string;
  enabled: boolean;
  scheme: string;
  mode: SourceMode;
  liveTimeoutMs: number;
  prefix: string;
  typeFrom: string | undefined;
  idFrom: string | undefined;
  dataFrom: string | undefined;
  map: [pattern: string, type: string | null][];
  handshake: HandshakeName | undefined;
  allowOrigins: string[];
  topics: string[];
  /** ms, "none", or as the scheme says. */
  tolerance: number | "none" | undefined;
  url: string | undefined;
  /** As text. */
  rateLimit: string | undefined;
}

const LIVE_TIMEOUT = { fallback: 10_000, bounds: { min: 100, max: 55_000 } };
const TOLERANCE_BOUNDS = { min: 0, max: 365 * 24 * 3_600_000 };
const PREFIX = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]{1,128}$/;
const MOST_MAPPED = 200;
const MOST_LISTED = 100;

export function blankSettings(name: string, scheme: string, handshake: HandshakeName | undefined): SourceSettings {
  return {
    description: "",
    enabled: true,
    scheme,
    mode: "store",
    liveTimeoutMs: LIVE_TIMEOUT.fallback,
    prefix: name,
    typeFrom: undefined,
    idFrom: undefined,
    dataFrom: undefined,
    map: [],
    handshake,
    allowOrigins: [],
    topics: [],
    tolerance: undefined,
    url: undefined,
    rateLimit: undefined,
  };
}

/** The scheme's own name. @throws HooksError `invalid_request` naming the nearest */
export function checkSourceScheme(scheme: unknown): string {
  if (scheme === NO_SCHEME) return scheme;
  const found = typeof scheme === "string" ? findScheme(scheme) : undefined;
  if (found !== undefined) return found.scheme.name;
  const what = scheme === undefined ? "scheme is missing: how the sender signs" : "scheme must be a signature scheme";
  const near = typeof scheme === "string" ? nearest(scheme, SCHEME_NAMES_AND_ALIASES.flat()) : undefined;
  throw invalid(
    "scheme",
    scheme === undefined ? what : `${what}, got ${shownValue(scheme)}`,
    near === undefined
      ? `one of: ${SCHEME_NAMES.slice(0, 4).join(", ")} … hooks verify --list-schemes`
      : `did you mean ${near}?`,
  );
}

/**
 * Applies what was given; null stands for the default.
 * @throws HooksError `invalid_request` naming the field
 */
export function changedSettings(old: SourceSettings, patch: SourcePatch, defaults: SourceSettings): SourceSettings {
  return {
    scheme: old.scheme,
    description: given(patch.description, old.description, "", (text) => checkText(text, "description", 1_024)),
    enabled: given(patch.enabled, old.enabled, true, (value) => checkBoolean(value, "enabled")),
    mode: given(patch.mode, old.mode, "store", checkMode),
    liveTimeoutMs: given(patch.live_timeout, old.liveTimeoutMs, LIVE_TIMEOUT.fallback, (text) =>
      parseDuration(text, "live_timeout", LIVE_TIMEOUT.bounds),
    ),
    prefix: given(patch.prefix, old.prefix, defaults.prefix, checkPrefix),
    typeFrom: given(patch.type_from, old.typeFrom, undefined, (text) => checkPlace(text, "type_from")),
    idFrom: given(patch.id_from, old.idFrom, undefined, (text) => checkPlace(text, "id_from")),
    dataFrom: given(patch.data_from, old.dataFrom, undefined, (text) => checkPointer(text, "data_from")),
    map: given(patch.map, old.map, [], checkMap),
    handshake: given(patch.handshake, old.handshake, defaults.handshake, checkHandshake),
    allowOrigins: given(patch.allow_origins, old.allowOrigins, [], (list) => checkList(list, "allow_origins", ORIGIN)),
    topics: given(patch.topics, old.topics, [], (list) => checkList(list, "topics", TOPIC)),
    tolerance: given(patch.tolerance, old.tolerance, undefined, (value) =>
      value === "none" ? value : parseDuration(value, "tolerance", TOLERANCE_BOUNDS),
    ),
    url: given(patch.url, old.url, undefined, checkUrl),
    rateLimit: given(patch.rate_limit, old.rateLimit, undefined, (text) =>
      formatRateLimit(parseRateLimit(text, "rate_limit")),
    ),
  };
}

function given<In, Out, Default>(
  value: In | null | undefined,
  old: Out | Default,
  fallback: Default,
  check: (value: In) => Out,
): Out | Default {
  if (value === undefined) return old;
  return value === null ? fallback : check(value);
}

function checkText(text: unknown, field: string, most: number): string {
  if (typeof text !== "string") throw invalid(field, `${field} must be a string`);
  if (most < text.length) throw invalid(field, `${field} must be at most ${most} characters`);
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) throw invalid(field, `${field} must not contain control characters`);
  return text;
}

/** @throws HooksError `invalid_request` */
export function checkVerifyToken(text: unknown): string {
  const token = checkText(text, "verify_token", 512);
  if (token === "") throw invalid("verify_token", "verify_token must not be empty");
  return token;
}

function checkBoolean(value: unknown, field: string): boolean {
  if (typeof value !== "boolean") throw invalid(field, `${field} must be true or false`);
  return value;
}

function checkMode(value: unknown): SourceMode {
  const mode = SOURCE_MODES.find((one) => one === value);
  if (mode === undefined) throw invalid("mode", `mode must be one of: ${SOURCE_MODES.join(", ")}`);
  return mode;
}

function checkPrefix(value: unknown): string {
  const prefix = checkText(value, "prefix", 64);
  if (prefix !== "" && !PREFIX.test(prefix)) {
    throw invalid("prefix", 'prefix must be names of A-Z, a-z, 0-9, "_" and "-" joined by dots, or empty');
  }
  if (prefix === "hooks" || prefix.startsWith("hooks.")) {
    throw invalid("prefix", 'prefix must not be "hooks": such events are those that hooks publishes');
  }
  return prefix;
}

function checkPlace(value: unknown, field: string): string {
  if (typeof value === "string" && value.startsWith("/")) return checkPointer(value, field);
  if (typeof value === "string" && HEADER_NAME.test(value)) return value.toLowerCase();
  throw invalid(
    field,
    `${field} must be a header's name or a JSON Pointer into the body, got ${shownValue(value)}`,
    "for example: x-event-type, or /event/type",
  );
}

function checkPointer(value: unknown, field: string): string {
  const isPointer = typeof value === "string" && /^(\/([^~]|~[01])*)$/.test(value) && value.length <= 256;
  if (isPointer) return value;
  throw invalid(
    field,
    `${field} must be a JSON Pointer into the body, got ${shownValue(value)}`,
    "for example: /data/object",
  );
}

function checkMap(value: unknown): [string, string | null][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("map", "map must be an object", 'for example: {"user.created": "customer.created", "ping": null}');
  }
  const entries = Object.entries(value);
  if (MOST_MAPPED < entries.length) throw invalid("map", `map must have at most ${MOST_MAPPED} members`);
  return entries.map(([from, to]): [string, string | null] => {
    checkEventPattern(from, `map.${from.slice(0, 64)}`);
    if (to === null) return [from, null];
    const type = checkEventType(to, `map.${from}`);
    if (isOperationalType(type)) {
      throw invalid(
        `map.${from}`,
        `map.${from} must not begin with "hooks.": those are the events that hooks publishes`,
      );
    }
    return [from, type];
  });
}

function checkHandshake(value: unknown): HandshakeName | undefined {
  if (value === "none") return undefined;
  const known = HANDSHAKES.find((name) => name === value);
  if (known !== undefined) return known;
  const near = typeof value === "string" ? nearest(value, HANDSHAKES) : undefined;
  throw invalid(
    "handshake",
    `handshake must be one of: none, ${HANDSHAKES.join(", ")}`,
    near === undefined ? undefined : `did you mean ${near}?`,
  );
}

/** A DNS name, or anybody. */
const ORIGIN = /^(\*|(?=.{1,253}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*)$/;
const TOPIC = /^[\x21-\x7e]{1,2048}$/;

function checkList(value: unknown, field: string, form: RegExp): string[] {
  if (!Array.isArray(value)) throw invalid(field, `${field} must be a list`);
  if (MOST_LISTED < value.length) throw invalid(field, `${field} must have at most ${MOST_LISTED} entries`);
  return value.map((entry: unknown, index) => {
    if (typeof entry === "string" && form.test(entry)) return entry;
    const what = form === ORIGIN ? 'a DNS name, or "*"' : "text without blanks";
    throw invalid(`${field}[${index}]`, `${field}[${index}] must be ${what}`);
  });
}

function checkUrl(value: unknown): string {
  const url = typeof value === "string" && value.length <= 2_048 ? URL.parse(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== "" || url.search !== "" || url.username !== "") {
    throw invalid(
      "url",
      "url must be the http or https URL by which the sender calls it, without a query",
      "for example: https://relay.example.com/in/twilio",
    );
  }
  // As it was written: it is what the sender signs.
  return value as string;
}
