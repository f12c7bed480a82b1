// JSON with parts that are passed on byte for byte: an event as the API and `--json` show it, and as a client sends it.

import type { EventDetail, EventInput, RawJson } from "./event.ts";
import { checkRawJson, type JsonEnvelope, parseMember, rawMember, readEnvelope } from "./json-envelope.ts";

/** An event with its deliveries as JSON; `data` and `metadata` keep the publisher's own bytes. */
export function encodeEvent(detail: EventDetail): Buffer {
  const { data, metadata, ...rest } = detail;
  return Buffer.concat([
    Buffer.from(`${openObject(rest)},"metadata":`),
    metadata ?? Buffer.from("null"),
    Buffer.from(',"data":'),
    data,
    Buffer.from("}"),
  ]);
}

/**
 * The same in one line of text, for `--json`. A line break in JSON text can only stand between values (in a string it
 * is escaped), so a space in its place changes nothing that means anything.
 */
export function stringifyEvent(detail: EventDetail): string {
  return encodeEvent(detail)
    .toString("utf8")
    .replace(/[\r\n]/g, " ");
}

/**
 * Reads back what `encodeEvent` wrote.
 * @throws HooksError `invalid_json` or `invalid_request` when it is something else.
 */
export function decodeEvent(bytes: Uint8Array): EventDetail {
  const envelope = readEnvelope(bytes, "the event");
  const event: Record<string, unknown> = {};
  for (const [name, span] of envelope.members) {
    if (name === "data") event["data"] = rawMember(envelope, span);
    else if (name === "metadata") event["metadata"] = span.kind === "null" ? null : rawMember(envelope, span);
    else event[name] = parseMember(envelope, span);
  }
  return event as unknown as EventDetail;
}

/**
 * An event as the body of a request.
 * @throws HooksError `invalid_json` or `invalid_request` when `data` or `metadata` is not JSON: spliced in unchecked,
 *   it could add members of its own.
 */
export function encodeEventInput(event: EventInput): Buffer {
  const { data, metadata, trace: _, ...rest } = event;
  const parts: Uint8Array[] = [Buffer.from(`${openObject(rest)},"data":`), checked(data, "data")];
  if (metadata !== undefined) parts.push(Buffer.from(',"metadata":'), checked(metadata, "metadata"));
  return Buffer.concat([...parts, Buffer.from("}")]);
}

/** Events as the body of a batch. */
export function encodeBatch(events: readonly EventInput[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const event of events)
    parts.push(Buffer.from(parts.length === 0 ? '{"events":[' : ","), encodeEventInput(event));
  return Buffer.concat([...(parts.length === 0 ? [Buffer.from('{"events":[')] : parts), Buffer.from("]}")]);
}

/** Members in raw bytes as an object: what a body of a request with one raw part is made of. */
export function encodeWithRaw(rest: Record<string, unknown>, name: string, raw: RawJson | undefined): Buffer {
  return encodeWithRawParts(rest, { [name]: raw });
}

/** The same with several raw parts; those that are undefined are left out. */
export function encodeWithRawParts(rest: object, parts: Readonly<Record<string, RawJson | undefined>>): Buffer {
  const head = openObject(rest);
  const pieces: Uint8Array[] = [Buffer.from(head)];
  for (const [name, raw] of Object.entries(parts)) {
    if (raw === undefined) continue;
    const separator = head === "{" && pieces.length === 1 ? "" : ",";
    pieces.push(Buffer.from(`${separator}${JSON.stringify(name)}:`), checked(raw, name));
  }
  return Buffer.concat([...pieces, Buffer.from("}")]);
}

/**
 * What `Object.create(null)` is, without being a hash table, which V8 makes of that: everything that is done with it
 * takes a multiple of the time then.
 */
class Members {
  [name: string]: unknown;
}
Object.setPrototypeOf(Members.prototype, null);
delete (Members.prototype as { constructor?: unknown }).constructor;

/** Named members of an envelope as bytes, all others parsed. A prototype cannot be reached: the result has none. */
export function decodeMembers(envelope: JsonEnvelope, isRaw: (name: string, kind: string) => boolean): object {
  const values = new Members();
  for (const [name, span] of envelope.members) {
    values[name] = isRaw(name, span.kind) ? rawMember(envelope, span) : parseMember(envelope, span);
  }
  return values;
}

function checked(raw: RawJson, what: string): RawJson {
  checkRawJson(raw, what);
  return raw;
}

/** The object's JSON without its closing brace. */
function openObject(value: object): string {
  return JSON.stringify(value).slice(0, -1);
}
