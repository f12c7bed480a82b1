import type { CompiledScheme } from "./compiled-scheme.ts";
import { parseTimestamp } from "./message-time.ts";
import type { HeaderRule } from "./scheme.ts";
import { readSignatureHeader } from "./signature-header.ts";
import { type Refusal, refuse } from "./verdict.ts";
import type { HeadersInput, HeaderValues } from "./webhook-request.ts";

/** What a webhook's headers say. */
export interface Message {
  id: string | undefined;
  /** As received: this text is what was signed. */
  timestampText: string | undefined;
  /** Unix seconds, with a fraction where the scheme counts milliseconds. */
  timestamp: number | undefined;
  /** As received, not decoded; at least one. */
  signatures: readonly string[];
}

/** Reads what the scheme needs. A fault of the sender is a verdict, never an exception. */
export function readMessage(compiled: CompiledScheme, headers: HeadersInput): Message | Refusal {
  const { signature: rule, id: idRule, timestamp: timeRule } = compiled.scheme;
  const find = compiled.headers.find(headers);

  const header = firstPresent(rule, find);
  if ("reason" in header) return header;
  const timestampField = timeRule !== undefined && "field" in timeRule ? timeRule.field : undefined;
  const read = readSignatureHeader(rule, header.name, header.values, timestampField);
  if ("reason" in read) return read;

  let id: string | undefined;
  if (idRule !== undefined) {
    const read = oneValue(idRule, find);
    if (typeof read !== "string") return read;
    id = read;
    if (compiled.idEnd !== undefined && id.includes(compiled.idEnd)) {
      return refuse("malformed_header", `${idRule.headers[0]} may not contain "${compiled.idEnd}"`);
    }
  }

  if (timeRule === undefined)
    return { id, timestampText: undefined, timestamp: undefined, signatures: read.signatures };
  const text = "field" in timeRule ? oneField(timeRule.field, header.name, read.timestamps) : oneValue(timeRule, find);
  if (typeof text !== "string") return text;
  const timestamp = parseTimestamp(text, timeRule.unit);
  if (timestamp === undefined)
    return refuse("timestamp_malformed", `the timestamp is not ${UNIT_NAMES[timeRule.unit]}`);
  return { id, timestampText: text, timestamp, signatures: read.signatures };
}

const UNIT_NAMES = {
  s: "a whole number of unix seconds",
  ms: "a whole number of unix milliseconds",
  iso: "an RFC 3339 time",
} as const;

type Find = (name: string) => HeaderValues | undefined;

function isText(values: HeaderValues): values is readonly string[] {
  return !values.includes(undefined);
}

function isEmpty(value: string): boolean {
  return value === "";
}

function firstPresent(rule: HeaderRule, find: Find): { name: string; values: readonly string[] } | Refusal {
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
function oneValue(rule: HeaderRule, find: Find): string | Refusal {
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
