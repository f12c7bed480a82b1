// What the body of a third party's request is as an event's data (rulings.md 36). Pure; what cannot be read is a value.

import { EVENT_MAX_BYTES, JSON_MAX_DEPTH } from "../event.ts";
import { formPairs } from "../form-pairs.ts";
import { spanAt } from "../json-place.ts";
import { JsonScanner } from "../json-scanner.ts";

export interface ReadBody {
  /** JSON text: the sender's own bytes where they are JSON. */
  data: Uint8Array;
  /** What places are looked for in; undefined: in nothing. */
  value: unknown;
  /** The body is JSON text: parts of it are kept as they came. */
  isJson: boolean;
}

/** Room for the metadata beside it. */
const MAX_DATA_BYTES = EVENT_MAX_BYTES - 4_096;
/** What a form may have; more is no form that a provider sends. */
const MAX_FIELDS = 10_000;

/**
 * JSON stays as it came. A form becomes an object, and so does the query of a request without a body. Everything else is
 * `{"content_type","body_base64"}`, and what is too large for an event `{"content_type","body_bytes"}`: the request
 * itself is kept whole either way.
 */
export function readBody(body: Uint8Array, contentType: string | undefined, query: string): ReadBody {
  if (body.length === 0) return ofObject(formObject(query));
  const [kind = ""] = (contentType ?? "").toLowerCase().split(/[;\s]/, 1);
  if (kind !== "application/x-www-form-urlencoded") {
    const value = parsed(body);
    if (value !== undefined)
      return body.length <= MAX_DATA_BYTES
        ? { data: body, value, isJson: true }
        : { ...tooLarge(body, kind, value), isJson: true };
  } else {
    const text = utf8(body);
    const form = text === undefined ? undefined : ofObject(formObject(text));
    if (form !== undefined) return form.data.length <= MAX_DATA_BYTES ? form : tooLarge(body, kind, form.value);
  }
  const base64 = Math.ceil(body.length / 3) * 4;
  if (MAX_DATA_BYTES < base64 + kind.length) return tooLarge(body, kind, undefined);
  const object = {
    content_type: contentType ?? null,
    body_base64: Buffer.from(body.buffer, body.byteOffset, body.length).toString("base64"),
  };
  return { ...ofObject(object), value: undefined };
}

/** A part of it as data of its own; undefined: it is larger than an event may be. */
export function partOf(
  body: Uint8Array,
  names: readonly string[],
  value: unknown,
  isJson: boolean,
): Uint8Array | undefined {
  const span = isJson ? spanAt(body, names) : undefined;
  const data = span === undefined ? Buffer.from(JSON.stringify(value)) : body.subarray(span.start, span.end);
  return data.length <= MAX_DATA_BYTES ? data : undefined;
}

function tooLarge(body: Uint8Array, kind: string, value: unknown): ReadBody {
  return { ...ofObject({ content_type: kind === "" ? null : kind, body_bytes: body.length }), value };
}

function ofObject(object: object): ReadBody {
  return { data: Buffer.from(JSON.stringify(object)), value: object, isJson: false };
}

/** Undefined when it is no JSON in UTF-8, or nested deeper than an event may be. */
function parsed(body: Uint8Array): unknown {
  try {
    const scanner = new JsonScanner(body, "body");
    scanner.skipWhitespace();
    if (JSON_MAX_DEPTH < scanner.scanValue().depth) return undefined;
    scanner.finish();
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function utf8(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** A field that comes several times is a list of its values. */
function formObject(text: string): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  let left = MAX_FIELDS;
  for (const [name, value] of formPairs(text)) {
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else fields[name] = [before, value];
    left -= 1;
    if (left === 0) break;
  }
  return fields;
}
