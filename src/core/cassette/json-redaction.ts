import { CLOSE_OBJECT, JsonScanner, type JsonSpan, OPEN_OBJECT } from "../json-scanner.ts";

const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** What stands in the place of what is not written. */
export const REDACTED = "[redacted]";
const REPLACEMENT = Buffer.from(JSON.stringify(REDACTED));

/**
 * JSON text without what stands at these places; every other byte stays as it is. Undefined: it is no JSON, so that
 * nobody can say where they are.
 */
export function redactJson(text: Uint8Array, paths: readonly (readonly string[])[]): Uint8Array | undefined {
  let root: JsonSpan;
  try {
    const scanner = new JsonScanner(text, "body");
    scanner.skipWhitespace();
    root = scanner.scanValue();
    scanner.finish();
  } catch {
    return undefined;
  }
  const spans = paths.flatMap((path) => spansAt(text, root, path)).sort((one, other) => one.start - other.start);
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { start, end } of spans) {
    if (start < at) continue; // inside of one that is gone already
    pieces.push(text.subarray(at, start), REPLACEMENT);
    at = end;
  }
  return at === 0 ? text : Buffer.concat([...pieces, text.subarray(at)]);
}

/** All that a path names: of members with one name each, not only the one that parsers take. */
function spansAt(text: Uint8Array, root: JsonSpan, path: readonly string[]): JsonSpan[] {
  let spans = [root];
  for (const name of path) spans = spans.flatMap((span) => childrenOf(text, span, name));
  return spans;
}

function childrenOf(text: Uint8Array, container: JsonSpan, name: string): JsonSpan[] {
  if (container.kind !== "object" && container.kind !== "array") return [];
  const scanner = new JsonScanner(text, "body", container.start, container.end);
  const isObject = scanner.take(OPEN_OBJECT);
  if (!isObject) scanner.take(OPEN_ARRAY);
  scanner.skipWhitespace();
  const found: JsonSpan[] = [];
  if (scanner.peek() === (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return found;
  let index = 0;
  do {
    scanner.skipWhitespace();
    const isNamed = isObject ? isName(text, scanner.scanName(), name) : name === "*" || name === String(index);
    const value = scanner.scanValue();
    if (isNamed) found.push(value);
    index += 1;
    scanner.skipWhitespace();
  } while (scanner.take(COMMA));
  return found;
}

function isName(text: Uint8Array, { start, end }: JsonSpan, name: string): boolean {
  if (name === "*") return true;
  const written = Buffer.from(text.buffer, text.byteOffset + start, end - start).toString("utf8");
  return JSON.parse(written) === name;
}
