import { BodyJson } from "./body-json.ts";
import type { CompiledScheme } from "./compiled-scheme.ts";
import { parseTimestamp } from "./message-time.ts";
import type { HeaderRule, TimestampRule } from "./scheme.ts";
import type { FindHeader } from "./scheme-code.ts";
import { readSignatureHeader } from "./signature-header.ts";
import { type Refusal, refuse } from "./verdict.ts";
import { type HeaderValues, trimBlanks, type WebhookRequest } from "./webhook-request.ts";

/** What a webhook says of itself. */
export interface Message {
  id: string | undefined;
  /** As received: this text is what was signed. */
  timestampText: string | undefined;
  /** Unix seconds, with a fraction where the scheme counts milliseconds. */
  timestamp: number | undefined;
  /** As received, not decoded; at least one. */
  signatures: readonly string[];
  /** What the content names of the body, by path. */
  json: ReadonlyMap<string, string> | undefined;
}

/** Reads what the scheme needs. A fault of the sender is a verdict, never an exception. */
export function readMessage(
  compiled: CompiledScheme,
  request: Pick<WebhookRequest, "headers" | "body">,
): Message | Refusal {
  const { signature: rule, id: idRule, timestamp: timeRule, require } = compiled.scheme;
  const find = compiled.headers.find(request.headers);
  let body: BodyJson | undefined;
  if (compiled.readsJson) {
    body = BodyJson.parse(request.body);
    if (body === undefined) return refuse("body_malformed", "the body is not JSON, and this scheme reads it");
  }

  const place = "json" in rule ? fromBody(rule.json, body) : signatureValues(rule, find);
  if ("reason" in place) return place;
  const timestampField = timeRule !== undefined && "field" in timeRule ? timeRule.field : undefined;
  const read = readSignatureHeader(rule, place.name, place.values, timestampField);
  if ("reason" in read) return read;
  if (require !== undefined) {
    const refusal = checkRequired(require, find);
    if (refusal !== undefined) return refusal;
  }

  let id: string | undefined;
  if (idRule !== undefined) {
    const read = oneValue(idRule, find);
    if (typeof read !== "string") return read;
    id = read;
    if (compiled.idEnd !== undefined && id.includes(compiled.idEnd)) {
      return refuse("malformed_header", `${idRule.headers[0]} may not contain "${compiled.idEnd}"`);
    }
  }

  let json: Map<string, string> | undefined;
  if (compiled.readsJson) {
    json = new Map();
    for (const { field, text: path } of compiled.parts) {
      if (field !== "json") continue;
      const text = body?.text(path);
      if (text === undefined) return refuse("body_malformed", `the body has no text at ${path}`);
      json.set(path, text);
    }
  }

  if (timeRule === undefined) {
    return { id, timestampText: undefined, timestamp: undefined, signatures: read.signatures, json };
  }
  const text = timestampOf(timeRule, place.name, read.timestamps, find, body);
  if (typeof text !== "string") return text;
  const timestamp = parseTimestamp(text, timeRule.unit);
  if (timestamp === undefined)
    return refuse("timestamp_malformed", `the timestamp is not ${UNIT_NAMES[timeRule.unit]}`);
  return { id, timestampText: text, timestamp, signatures: read.signatures, json };
}

function timestampOf(
  rule: TimestampRule,
  header: string,
  fields: readonly string[],
  find: FindHeader,
  body: BodyJson | undefined,
): string | Refusal {
  if ("field" in rule) return oneField(rule.field, header, fields);
  if ("headers" in rule) return oneValue(rule, find);
  const text = body?.text(rule.json);
  return text ?? refuse("body_malformed", `the body has no text or number at ${rule.json}`);
}

function fromBody(path: string, body: BodyJson | undefined): Place | Refusal {
  const text = body?.text(path);
  if (text === undefined) return refuse("body_malformed", `the body has no signature at ${path}`);
  return trimBlanks(text) === ""
    ? refuse("malformed_header", `the signature at ${path} is empty`)
    : { name: path, values: [text] };
}

function signatureValues(rule: HeaderRule & { also?: readonly string[] }, find: FindHeader): Place | Refusal {
  const first = firstPresent(rule, find);
  if (rule.also === undefined) return first;
  const more = firstValuesOf(rule.also, find);
  if (more.length === 0) return first;
  if ("reason" in first && first.reason !== "missing_header") return first;
  return { name: rule.headers[0]!, values: "reason" in first ? more : [...first.values, ...more] };
}

function firstValuesOf(names: readonly string[], find: FindHeader): string[] {
  return names.flatMap((name) => find(name) ?? []).filter((value) => value !== undefined && value !== "") as string[];
}

function checkRequired(require: Readonly<Record<string, string>>, find: FindHeader): Refusal | undefined {
  for (const [name, value] of Object.entries(require)) {
    const given = oneValue({ headers: [name] }, find);
    if (typeof given !== "string") return given;
    if (given !== value) return refuse("unsupported_version", `${name} is not "${value}"`);
  }
  return undefined;
}

const UNIT_NAMES = {
  s: "a whole number of unix seconds",
  ms: "a whole number of unix milliseconds",
  iso: "an RFC 3339 time",
} as const;

interface Place {
  name: string;
  values: readonly string[];
}

function isText(values: HeaderValues): values is readonly string[] {
  return !values.includes(undefined);
}

function isEmpty(value: string): boolean {
  return value === "";
}

function firstPresent(rule: HeaderRule, find: FindHeader): Place | Refusal {
  for (const name of rule.headers) {
    const values = find(name);
    if (values === undefined) continue;
    if (!isText(values)) return refuse("malformed_header", `${name} is not text`);
    if (values.every(isEmpty)) return refuse("malformed_header", `${name} is empty`);
    return { name, values };
  }
  return refuse("missing_header", `${rule.headers.join(" or ")} is missing`);
}

/** Two different values mean that somebody added one: which of them counts must not be a guess. */
function oneValue(rule: HeaderRule, find: FindHeader): string | Refusal {
  const header = firstPresent(rule, find);
  if ("reason" in header) return header;
  const [first = ""] = header.values;
  return header.values.length === 1 || header.values.every((value) => value === first)
    ? first
    : refuse("malformed_header", `${header.name} is given several times with different values`);
}

function oneField(field: string, header: string, values: readonly string[]): string | Refusal {
  const [first] = values;
  if (first === undefined) return refuse("malformed_header", `${header} holds no timestamp "${field}"`);
  return values.every((value) => value === first)
    ? first
    : refuse("malformed_header", `${header} holds several different timestamps "${field}"`);
}
