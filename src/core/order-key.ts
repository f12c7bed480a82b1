// What keeps events in order: the value at a place in their data. Only what `order_by` points at is read; the
// publisher's bytes stay as they are.

import { createHash } from "node:crypto";
import { invalid } from "./errors.ts";
import { spanAt, textOf } from "./json-place.ts";

/** Orders all events of a subscription among each other. */
const EVERYTHING = "*";

const MAX_LENGTH = 256;
const EXAMPLE = "for example: /order_id, or * for all events of the subscription";

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
  const names = orderBy
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  const span = spanAt(data, names);
  if (span === undefined || span.kind === "null") return undefined;
  const value: unknown = JSON.parse(textOf(data, span));
  const hash = createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest();
  return hash.readUIntBE(0, KEY_BYTES);
}

/** Objects with their members in one order, so that equal ones print the same. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  // A list of pairs: an object would put names that look like numbers first.
  return { members: members.map(([name, member]) => [name, sorted(member)]) };
}
