// Profiles that users define in a JSON file: the same records as ours, checked before they are used. No code.

import { checkCustomHeaders } from "../custom-headers.ts";
import { parseDuration } from "../duration.ts";
import { HooksError, isHooksError } from "../errors.ts";
import { checkEventType } from "../event-pattern.ts";
import { nearest } from "../nearest.ts";
import { quoted } from "../quoted.ts";
import { parseRetryOn } from "../retry-on.ts";
import { parseRetry } from "../retry-policy.ts";
import { readScheme } from "../signing/read-scheme.ts";
import { allow, choice, isObject, type Json, match, object, text, WrongField } from "../signing/record-fields.ts";
import { findScheme } from "../signing/registry.ts";
import type { Scheme } from "../signing/scheme.ts";
import { SCHEME_NAMES } from "../signing/scheme-names.ts";
import type { RetryInput, RetryOn } from "../subscription.ts";
import { CLOUDEVENTS_PROFILES } from "./cloudevents.ts";
import type { Profile } from "./profile.ts";
import { PROFILE_NAMES } from "./profile-names.ts";
import { compileProfile, type ProfileRecord, type WireForm } from "./profile-record.ts";
import { readSecretOf, writeSecret } from "./secret-form.ts";
import { SEED_PROFILES } from "./seeds.ts";

const KEYS = [
  "$schema",
  "name",
  "title",
  "extends",
  "content_type",
  "user_agent",
  "headers",
  "envelope",
  "batch",
  "test",
  "scheme",
  "header_case",
  "secret",
  "retry",
  "retry_on",
  "timeout",
  "on_410",
  "breaker",
  "auto_disable",
];
const MAX_TEXT = 4_096;
/** Visible ASCII and spaces. */
const HEADER_TEXT = /^[\x20-\x7e]{1,255}$/;
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const MAX_TIMEOUT_MS = 300_000;

/**
 * One record, a list of them, or an object with `profiles`.
 * @param what where the text is from, for messages
 * @throws HooksError `usage` that begins with `what` and names the field
 */
export function parseProfiles(json: string, what: string): Profile[] {
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\ufeff/, ""));
  } catch {
    throw new HooksError("usage", `${what}: not JSON`, { field: what });
  }
  try {
    if (isObject(value) && Object.hasOwn(value, "profiles")) {
      allow(value, ["profiles", "$schema"], "");
      return readList(value["profiles"], "profiles");
    }
    return Array.isArray(value) ? readList(value, "") : [readProfile(value, "")];
  } catch (error) {
    if (!(error instanceof WrongField)) throw error;
    throw new HooksError("usage", `${what}: ${error.message}`, { field: error.field === "" ? what : error.field });
  }
}

function readList(value: unknown, field: string): Profile[] {
  if (!Array.isArray(value) || value.length === 0) throw new WrongField(field, "must be a list with a profile in it");
  const profiles = value.map((entry, index) => readProfile(entry, `${field}[${index}]`));
  const names = profiles.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new WrongField(field, `has two profiles ${quoted(twice)}`);
  return profiles;
}

function readProfile(value: unknown, at: string): Profile {
  if (!isObject(value)) throw new WrongField(at, at === "" ? "a profile must be an object" : "must be an object");
  const field = (name: string): string => (at === "" ? name : `${at}.${name}`);
  allow(value, KEYS, at);
  const name = match(value["name"], NAME, field("name"), "lower-case letters, digits, - and _");
  if ((PROFILE_NAMES as readonly string[]).includes(name)) {
    throw new WrongField(field("name"), `${quoted(name)} is a profile of hooks itself: give it another`);
  }
  const base = value["extends"] === undefined ? undefined : baseNamed(value["extends"], field("extends"));
  const record = recordOf(value, name, base, field);
  try {
    checkHeaders(record);
    checkSecretForm(record);
    return compileProfile(record);
  } catch (error) {
    if (!(error instanceof WrongField) || at === "") throw error;
    throw new WrongField(field(error.field), error.message.slice(error.field.length).trim());
  }
}

function recordOf(
  value: Json,
  name: string,
  base: ProfileRecord | undefined,
  field: (name: string) => string,
): ProfileRecord {
  const given = <T>(key: string, read: (value: unknown, field: string) => T, otherwise: T | undefined): T => {
    const own = value[key];
    if (own !== undefined) return read(own, field(key));
    if (otherwise === undefined) throw new WrongField(field(key), "is missing");
    return otherwise;
  };
  // Where nothing is said: what `standard` has.
  const standard = CLOUDEVENTS_PROFILES[0]!;
  const defaults = base ?? standard;
  const agent =
    value["user_agent"] === undefined ? base?.form.userAgent : headerText(value["user_agent"], field("user_agent"));
  const form: WireForm = {
    contentType: given("content_type", headerText, base?.form.contentType ?? "application/json"),
    ...(agent === undefined ? {} : { userAgent: agent }),
    headers: given("headers", headerTemplates, base?.form.headers ?? {}),
    ...(base?.form.headerEncoding === undefined ? {} : { headerEncoding: base.form.headerEncoding }),
    envelope: given("envelope", (own) => own, base?.form.envelope),
  };
  const batch = value["batch"] === undefined ? base?.batch : formWithin(value["batch"], form, field("batch"));
  const headerCase =
    value["header_case"] === undefined ? base?.headerCase : names(value["header_case"], field("header_case"));
  return {
    name,
    title: given("title", (own, at) => text(own, at), name),
    form,
    ...(batch === undefined ? {} : { batch }),
    ...(headerCase === undefined ? {} : { headerCase }),
    test: value["test"] === undefined ? defaults.test : testEvent(value["test"], form, field("test")),
    scheme: given("scheme", (own, at) => schemeOf(own, name, at), base?.scheme),
    secret: given("secret", secretForm, base?.secret ?? { prefix: "", encoding: "hex", bytes: 32 }),
    leastTimeoutMs: defaults.leastTimeoutMs ?? 1_000,
    retry: given("retry", (own, at) => parsed(() => parseRetry(own as string | RetryInput, at)), defaults.retry),
    retryOn: given("retry_on", (own, at) => parsed(() => parseRetryOn(own as RetryOn, at)), defaults.retryOn),
    timeoutMs: given("timeout", (own, at) => timeout(own, at), defaults.timeoutMs),
    on410: given("on_410", (own, at) => choice(own, ["disable", "retry", "fail"], at), defaults.on410),
    hasBreaker: given("breaker", boolean, defaults.hasBreaker),
    autoDisable: given("auto_disable", (own, at) => autoDisable(own, defaults.autoDisable, at), defaults.autoDisable),
  };
}

function baseNamed(name: unknown, field: string): ProfileRecord {
  const records = [...CLOUDEVENTS_PROFILES, ...SEED_PROFILES];
  const known = records.map((record) => record.name);
  const base = records.find((record) => record.name === name);
  if (base !== undefined) return base;
  const near = typeof name === "string" ? nearest(name, known) : undefined;
  throw new WrongField(
    field,
    `must be one of ${known.join(", ")}, got ${quoted(name)}${near === undefined ? "" : `; did you mean "${near}"?`}`,
  );
}

/** By name, or a record as in a file of schemes. Only what signs in headers, and needs no code, can sign a delivery. */
function schemeOf(value: unknown, profile: string, field: string): Scheme {
  const scheme = isObject(value)
    ? readScheme({ name: profile, ...value }, field, baseScheme)
    : namedScheme(value, field);
  if (scheme.code !== undefined) throw new WrongField(field, `may not be ${scheme.name}, which is no record but code`);
  const readsBody =
    "json" in scheme.signature ||
    (scheme.timestamp !== undefined && "json" in scheme.timestamp) ||
    scheme.content.includes("{json:");
  if (readsBody)
    throw new WrongField(
      field,
      `may not be ${scheme.name}, which reads or writes the body: a delivery signs in headers`,
    );
  return scheme;
}

const baseScheme = (named: unknown): Scheme | undefined =>
  typeof named === "string" ? findScheme(named)?.scheme : undefined;

function namedScheme(value: unknown, field: string): Scheme {
  const found = typeof value === "string" ? findScheme(value)?.scheme : undefined;
  if (found !== undefined) return found;
  const near = typeof value === "string" ? nearest(value, SCHEME_NAMES) : undefined;
  const meant = near === undefined ? " (list them: hooks verify --list-schemes)" : `; did you mean "${near}"?`;
  throw new WrongField(field, `must be the name of a scheme or a record, got ${quoted(value)}${meant}`);
}

function formWithin(value: unknown, form: WireForm, field: string): WireForm {
  const own = object(value, field, ["content_type", "headers", "envelope"]);
  return {
    ...form,
    contentType:
      own["content_type"] === undefined ? form.contentType : headerText(own["content_type"], `${field}.content_type`),
    headers: own["headers"] === undefined ? form.headers : headerTemplates(own["headers"], `${field}.headers`),
    envelope: own["envelope"] === undefined ? form.envelope : own["envelope"],
  };
}

function testEvent(value: unknown, form: WireForm, field: string): ProfileRecord["test"] {
  const own = object(value, field, ["type", "data", "headers", "envelope"]);
  const isOwnForm = own["headers"] !== undefined || own["envelope"] !== undefined;
  const { type: _type, data, ...rest } = own;
  return {
    type: parsed(() => checkEventType(own["type"], `${field}.type`)),
    data: data === undefined ? {} : data,
    ...(isOwnForm ? { form: formWithin(rest, form, field) } : {}),
  };
}

function secretForm(value: unknown, field: string): ProfileRecord["secret"] {
  const own = object(value, field, ["prefix", "encoding", "bytes"]);
  const bytes = own["bytes"] ?? 32;
  if (typeof bytes !== "number" || !Number.isInteger(bytes) || bytes < 16 || 32 < bytes) {
    throw new WrongField(`${field}.bytes`, "must be a whole number from 16 to 32");
  }
  const prefix = own["prefix"] ?? "";
  return {
    prefix:
      prefix === "" ? "" : match(prefix, /^[\x21-\x7e]{1,64}$/, `${field}.prefix`, "1 to 64 visible ASCII characters"),
    encoding: choice(own["encoding"] ?? "hex", ["hex", "base64", "base64url"], `${field}.encoding`),
    bytes,
  };
}

/** A secret that is made must be one that the scheme can use. */
function checkSecretForm({ scheme, secret }: ProfileRecord): void {
  if (scheme.name === "standard-webhooks") return;
  try {
    readSecretOf(scheme, writeSecret(secret, new Uint8Array(32).fill(7)));
  } catch (error) {
    if (!isHooksError(error)) throw error;
    throw new WrongField("secret", `does not fit the scheme ${scheme.name}: a ${error.message}`);
  }
}

/** None that hooks or the HTTP client sets itself, or that the scheme signs in. */
function checkHeaders(record: ProfileRecord): void {
  const bare = { ...record.form, headers: {} };
  const { reservedHeaders } = compileProfile({ ...record, form: bare, batch: bare, test: { type: "x", data: {} } });
  const places = { "": record.form, "batch.": record.batch, "test.": record.test.form };
  for (const [place, form] of Object.entries(places)) {
    const names = Object.fromEntries(Object.keys(form?.headers ?? {}).map((name) => [name, "x"]));
    parsed(() => checkCustomHeaders(names, reservedHeaders), place);
  }
}

function headerTemplates(value: unknown, field: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object(value, field)).map(([name, template]) => {
      const given = text(template, `${field}.${name}`, true);
      if (MAX_TEXT < given.length) throw new WrongField(`${field}.${name}`, `must be at most ${MAX_TEXT} characters`);
      return [name, given];
    }),
  );
}

function headerText(value: unknown, field: string): string {
  return match(value, HEADER_TEXT, field, "1 to 255 visible ASCII characters");
}

function names(value: unknown, field: string): string[] {
  if (!Array.isArray(value)) throw new WrongField(field, "must be a list of names of headers");
  return value.map((name, index) =>
    match(name, /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/, `${field}[${index}]`, "the name of a header"),
  );
}

function timeout(value: unknown, field: string): number {
  return parsed(() => parseDuration(value as string, field, { min: 1_000, max: MAX_TIMEOUT_MS }));
}

function boolean(value: unknown, field: string): boolean {
  if (typeof value === "boolean") return value;
  throw new WrongField(field, "must be true or false");
}

function autoDisable(
  value: unknown,
  otherwise: ProfileRecord["autoDisable"],
  field: string,
): ProfileRecord["autoDisable"] {
  const own = object(value, field, ["failures", "min_span"]);
  const failures = own["failures"] ?? otherwise.failures;
  if (typeof failures !== "number" || !Number.isInteger(failures) || failures < 0 || 1_000_000 < failures) {
    throw new WrongField(`${field}.failures`, "must be a whole number from 0 to 1000000");
  }
  const span = own["min_span"];
  const bounds = { min: 0, max: 30 * 86_400_000 };
  return {
    failures,
    minSpanMs:
      span === undefined
        ? otherwise.minSpanMs
        : parsed(() => parseDuration(span as string, `${field}.min_span`, bounds)),
  };
}

/** The rules of subscriptions, told as those of a file. `place`: before the name of the field. */
function parsed<T>(read: () => T, place = ""): T {
  try {
    return read();
  } catch (error) {
    if (!isHooksError(error) || error.field === undefined) throw error;
    const { field, message } = error;
    throw new WrongField(place + field, message.startsWith(field) ? message.slice(field.length).trim() : message);
  }
}
