// Finds a value inside JSON text and leaves the rest unread: the publisher's bytes stay as they are.

import { CLOSE_OBJECT, JsonScanner, type JsonSpan, OPEN_OBJECT } from "./json-scanner.ts";

const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/**
 * The value that is reached by these names of members and numbers of elements, one inside the other; undefined where
 * they lead nowhere.
 * @param data JSON text; whoever cut it out of a request checked it
 */
export function spanAt(data: Uint8Array, names: readonly string[]): JsonSpan | undefined {
  const root = new JsonScanner(data, "data");
  root.skipWhitespace();
  let span: JsonSpan | undefined = root.scanValue();
  for (const name of names) {
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

/** A span's JSON text. */
export function textOf(data: Uint8Array, span: Pick<JsonSpan, "start" | "end">): string {
  return Buffer.from(data.buffer, data.byteOffset + span.start, span.end - span.start).toString("utf8");
}
