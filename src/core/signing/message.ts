import { BodyJson } from "./body-json.ts";
import type { CompiledScheme, ContentValues, HeaderPlace } from "./compiled-scheme.ts";
import { parseTimestamp } from "./message-time.ts";
import type { TimestampRule } from "./scheme.ts";
import { readSignatureHeader } from "./signature-header.ts";
import { type Refusal, refuse } from "./verdict.ts";
import { type FoundHeaders, type HeaderValues, trimBlanks, type WebhookRequest } from "./webhook-request.ts";

/** What a webhook says of itself. Its timestamp is the text as received, which is what was signed. */
export interface Message extends ContentValues {
  /** Unix seconds, with a fraction where the scheme counts milliseconds; undefined when it says no time. */
  sentAt: number | undefined;
  /** As received, not decoded; at least one. */
  signatures: readonly string[];
}

/** Reads what the scheme needs. A fault of the sender is a verdict, never an exception. */
export function readMessage(compiled: CompiledScheme, request: WebhookRequest): Message | Refusal {
  const { scheme, places } = compiled;
  const found = compiled.headers.findAll(request.headers);
  let body: BodyJson | undefined;
  if (compiled.readsJson) {
    body = BodyJson.parse(request.body);
    if (body === undefined) return refuse("body_malformed", "the body is not JSON, and this scheme reads it");
  }

  const written =
    places.signature === undefined
      ? signatureInBody(compiled, body)
      : signatureValues(places.signature, places.also, found);
  if ("reason" in written) return written;
  const read = readSignatureHeader(scheme.signature, written, places.timestampField);
  if ("reason" in read) return read;
  if (scheme.require !== undefined) {
    const refusal = checkRequired(compiled, scheme.require, found);
    if (refusal !== undefined) return refusal;
  }

  let id: string | undefined;
  if (places.id !== undefined) {
    const value = oneValue(places.id, found);
    if (typeof value !== "string") return value;
    id = value;
    if (compiled.idEnd !== undefined && id.includes(compiled.idEnd)) {
      return refuse("malformed_header", `${places.id.names[0]} may not contain "${compiled.idEnd}"`);
    }
  }

  let json: ReadonlyMap<string, string> | undefined;
  if (compiled.readsJson) {
    const values = contentOfBody(compiled, body);
    if ("reason" in values) return values;
    json = values;
  }

  const rule = scheme.timestamp;
  let timestamp: string | undefined;
  let sentAt: number | undefined;
  if (rule !== undefined) {
    const text = timestampOf(compiled, rule, read.timestamps, found, body);
    if (typeof text !== "string") return text;
    timestamp = text;
    sentAt = parseTimestamp(text, rule.unit);
    if (sentAt === undefined) return refuse("timestamp_malformed", `the timestamp is not ${UNIT_NAMES[rule.unit]}`);
  }
  return { id, timestamp, sentAt, signatures: read.signatures, json, method: request.method, url: request.url };
}

const UNIT_NAMES = {
  s: "a whole number of unix seconds",
  ms: "a whole number of unix milliseconds",
  iso: "an RFC 3339 time",
} as const;

function timestampOf(
  { places }: CompiledScheme,
  rule: TimestampRule,
  fields: readonly string[],
  found: FoundHeaders,
  body: BodyJson | undefined,
): string | Refusal {
  if (places.timestamp !== undefined) return oneValue(places.timestamp, found);
  if (places.timestampField !== undefined) return oneField(places.timestampField, places.signature, fields);
  const path = "json" in rule ? rule.json : "";
  return body?.text(path) ?? refuse("body_malformed", `the body has no text or number at ${path}`);
}

function signatureInBody({ scheme }: CompiledScheme, body: BodyJson | undefined): readonly string[] | Refusal {
  const path = "json" in scheme.signature ? scheme.signature.json : "";
  const text = body?.text(path);
  if (text === undefined) return refuse("body_malformed", `the body has no signature at ${path}`);
  return trimBlanks(text) === "" ? refuse("malformed_header", `the signature at ${path} is empty`) : [text];
}

function contentOfBody({ parts }: CompiledScheme, body: BodyJson | undefined): Map<string, string> | Refusal {
  const values = new Map<string, string>();
  for (const { field, text: path } of parts) {
    if (field !== "json") continue;
    const text = body?.text(path);
    if (text === undefined) return refuse("body_malformed", `the body has no text at ${path}`);
    values.set(path, text);
  }
  return values;
}

/** Those of the first header that is there, and of all of the further ones. */
function signatureValues(
  place: HeaderPlace,
  also: HeaderPlace | undefined,
  found: FoundHeaders,
): readonly string[] | Refusal {
  const first = firstPresent(place, found);
  if (also === undefined) return first;
  const more = also.slots
    .flatMap((slot) => found[slot] ?? [])
    .filter((value): value is string => value !== undefined && value !== "");
  if (more.length === 0) return first;
  if ("reason" in first) return first.reason === "missing_header" ? more : first;
  return [...first, ...more];
}

function checkRequired(
  { headers }: CompiledScheme,
  required: Readonly<Record<string, string>>,
  found: FoundHeaders,
): Refusal | undefined {
  for (const [name, value] of Object.entries(required)) {
    const given = oneValue({ names: [name], slots: [headers.slotOf(name)] }, found);
    if (typeof given !== "string") return given;
    if (given !== value) return refuse("unsupported_version", `${name} is not "${value}"`);
  }
  return undefined;
}

function firstPresent({ names, slots }: HeaderPlace, found: FoundHeaders): readonly string[] | Refusal {
  for (let at = 0; at < slots.length; at++) {
    const values = found[slots[at]!];
    if (values === undefined) continue;
    if (!isText(values)) return refuse("malformed_header", `${names[at]} is not text`);
    return values.every(isEmpty) ? refuse("malformed_header", `${names[at]} is empty`) : values;
  }
  return refuse("missing_header", `${names.join(" or ")} is missing`);
}

function isText(values: HeaderValues): values is readonly string[] {
  return !values.includes(undefined);
}

function isEmpty(value: string): boolean {
  return value === "";
}

/** Two different values mean that somebody added one: which of them counts must not be a guess. */
function oneValue(place: HeaderPlace, found: FoundHeaders): string | Refusal {
  const values = firstPresent(place, found);
  if ("reason" in values) return values;
  const [first = ""] = values;
  if (values.length === 1 || values.every((value) => value === first)) return first;
  const name = place.names[place.slots.findIndex((slot) => found[slot] === values)];
  return refuse("malformed_header", `${name} is given several times with different values`);
}

function oneField(field: string, place: HeaderPlace | undefined, values: readonly string[]): string | Refusal {
  const [first] = values;
  const header = place?.names[0];
  if (first === undefined) return refuse("malformed_header", `${header} holds no timestamp "${field}"`);
  return values.every((value) => value === first)
    ? first
    : refuse("malformed_header", `${header} holds several different timestamps "${field}"`);
}
