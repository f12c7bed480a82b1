// What keeps events in order: the value at a place in their data. Only what `order_by` points at is read; the
// publisher's bytes stay as they are.

import { createHash } from "node:crypto";
import { invalid } from "./errors.ts";
import { CLOSE_OBJECT, JsonScanner, type JsonSpan, OPEN_OBJECT } from "./json-scanner.ts";

/** Orders all events of a subscription among each other. */
const EVERYTHING = "*";

const MAX_LENGTH = 256;
const EXAMPLE = "for example: /order_id, or * for all events of the subscription";

const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Hash bytes of a key: a whole number that JavaScript and SQLite both hold exactly. */
const KEY_BYTES = 6;

/**
 * A JSON Pointer into the data (RFC 6901: `/order/id`), or `*`. Taken as well: a dotted path from the data or from the
 * envelope (`order.id`, `data.order.id`). Answers the pointer.
 * @throws HooksError `invalid_request` naming `field`.
 */
export function parseOrderBy(input: unknown, field: string): string {
  if (typeof input !== "string" || input === "") {
    throw invalid(field, `${field} must be a JSON Pointer into the data, or "*"`, EXAMPLE);
  }
  if (MAX_LENGTH < input.length) throw invalid(field, `${field} must be at most ${MAX_LENGTH} characters`);
  if (input === EVERYTHING) return input;
  const shown = JSON.stringify(input);
  if (input.startsWith("/")) {
    if (!/~(?![01])/.test(input)) return input;
    throw invalid(field, `${field} must be a JSON Pointer: "~" is written "~0", got ${shown}`, EXAMPLE);
  }
  if (!/^[\w-]+(\.[\w-]+)*$/.test(input)) {
    throw invalid(field, `${field} must be a JSON Pointer into the data, or "*", got ${shown}`, EXAMPLE);
  }
  const names = input.split(".");
  if (names[0] === "data") names.shift();
  if (names.length === 0) throw invalid(field, `${field} must name a member of the data, got ${shown}`, EXAMPLE);
  return `/${names.join("/")}`;
}

/**
 * The same number for events whose values at the pointer are equal as JSON: `1` and `1.0` are, `1` and `"1"` are not.
 * Two different values share a number once in 2^48, which makes them wait for each other and nothing worse. Undefined:
 * there is no value, or null; such an event has no order.
 *
 * @param data JSON text; whoever cut it out of a request checked it
 */
export function orderKeyOf(orderBy: string, data: Uint8Array): number | undefined {
  if (orderBy === EVERYTHING) return 0;
  const span = resolve(data, orderBy);
  if (span === undefined || span.kind === "null") return undefined;
  const value: unknown = JSON.parse(textOf(data, span));
  const hash = createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest();
  return hash.readUIntBE(0, KEY_BYTES);
}

/** The value at a JSON Pointer; undefined where it leads nowhere. */
function resolve(data: Uint8Array, pointer: string): JsonSpan | undefined {
  const root = new JsonScanner(data, "data");
  root.skipWhitespace();
  let span: JsonSpan | undefined = root.scanValue();
  for (const token of pointer.slice(1).split("/")) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (span.kind === "object") span = memberOf(data, span, name);
    else if (span.kind === "array") span = elementOf(data, span, name);
    else return undefined;
    if (span === undefined) return undefined;
  }
  return span;
}

/** Of members of the same name the last, as `JSON.parse` has it. */
function memberOf(data: Uint8Array, object: JsonSpan, name: string): JsonSpan | undefined {
  const scanner = inside(data, object);
  const nameBytes = Buffer.from(name);
  let found: JsonSpan | undefined;
  if (scanner.peek() === CLOSE_OBJECT) return undefined;
  do {
    scanner.skipWhitespace();
    const nameSpan = scanner.scanName();
    const value = scanner.scanValue();
    if (isNamed(data, nameSpan, name, nameBytes)) found = value;
    scanner.skipWhitespace();
  } while (scanner.take(COMMA));
  return found;
}

function isNamed(data: Uint8Array, { start, end, plain }: JsonSpan, name: string, nameBytes: Uint8Array): boolean {
  if (plain)
    return nameBytes.length === end - start - 2 && nameBytes.every((byte, at) => byte === data[start + 1 + at]);
  return JSON.parse(textOf(data, { start, end })) === name;
}

function elementOf(data: Uint8Array, array: JsonSpan, index: string): JsonSpan | undefined {
  if (!/^(0|[1-9]\d{0,8})$/.test(index)) return undefined;
  const scanner = inside(data, array);
  if (scanner.peek() === CLOSE_ARRAY) return undefined;
  let left = Number(index);
  do {
    scanner.skipWhitespace();
    const value = scanner.scanValue();
    if (left === 0) return value;
    left -= 1;
    scanner.skipWhitespace();
  } while (scanner.take(COMMA));
  return undefined;
}

/** A scanner behind the opening bracket of a container. */
function inside(data: Uint8Array, container: JsonSpan): JsonScanner {
  const scanner = new JsonScanner(data, "data", container.start, container.end);
  if (!scanner.take(OPEN_OBJECT)) scanner.take(OPEN_ARRAY);
  scanner.skipWhitespace();
  return scanner;
}

function textOf(data: Uint8Array, span: Pick<JsonSpan, "start" | "end">): string {
  return Buffer.from(data.buffer, data.byteOffset + span.start, span.end - span.start).toString("utf8");
}

/** Objects with their members in one order, so that equal ones print the same. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  // A list of pairs: an object would put names that look like numbers first.
  return { members: members.map(([name, member]) => [name, sorted(member)]) };
}
