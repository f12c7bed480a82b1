// The envelope of an event is read, its `data` and `metadata` are kept: big numbers, the order of keys, escapes and
// duplicate keys inside them reach the receiver as the publisher wrote them.

import { HooksError, invalid } from "./errors.ts";
import { BATCH_MAX_EVENTS, JSON_MAX_DEPTH, type RawJson } from "./event.ts";
import { CLOSE_OBJECT, JsonScanner, type JsonSpan, OPEN_OBJECT } from "./json-scanner.ts";

/** The members of a JSON object, by name, each where its value stands in `bytes`. */
export interface JsonEnvelope {
  bytes: Uint8Array;
  members: Map<string, JsonSpan>;
}

/** An envelope, or what is wrong with it: in a batch one bad event does not spoil the rest. */
export type JsonEnvelopeResult = JsonEnvelope | HooksError;

/** Far above what any body of ours has, and few enough that none costs more to take apart than to scan. */
const MAX_MEMBERS = 256;

const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const NEWLINE = 0x0a;

/**
 * Reads the text of one JSON object.
 * @param what what the text is, for messages: `body`
 * @throws HooksError `invalid_json` (position in the message) for anything that is not JSON in UTF-8;
 *   `invalid_request` when it is no object, a member is given twice, or one is nested deeper than 64.
 */
export function readEnvelope(bytes: Uint8Array, what = "body"): JsonEnvelope {
  const scanner = new JsonScanner(bytes, what);
  scanner.skipWhitespace();
  const envelope = scanEnvelope(scanner, what);
  scanner.finish();
  if (envelope instanceof HooksError) throw envelope;
  return envelope;
}

/** What `{"events": […]}` holds. */
export interface JsonBatch {
  /** One for each element; undefined when `events` is missing or is no array. */
  events: JsonEnvelopeResult[] | undefined;
  /** The value of `events` when it is no array; undefined when it is missing. */
  notAnArray: JsonSpan | undefined;
  /** The names of all other members. */
  otherNames: string[];
}

/**
 * @throws HooksError as `readEnvelope`, and `too_large` for more than 1,000 events, which are not read to their end;
 *   what is wrong with one element's content only is a value.
 */
export function readBatch(bytes: Uint8Array): JsonBatch {
  const what = "body";
  const scanner = new JsonScanner(bytes, what);
  const batch: JsonBatch = { events: undefined, notAnArray: undefined, otherNames: [] };
  scanner.skipWhitespace();
  if (scanner.peek() !== OPEN_OBJECT) {
    scanner.scanValue();
    scanner.finish();
    throw notAnObject(what);
  }
  const names = new Set<string>();
  let repeated: string | undefined;
  scanMembers(scanner, (name) => {
    if (names.has(name)) repeated = name;
    names.add(name);
    if (name !== "events") {
      scanner.scanValue();
      batch.otherNames.push(name);
    } else if (scanner.peek() === OPEN_ARRAY) batch.events = scanElements(scanner);
    else batch.notAnArray = scanner.scanValue();
  });
  scanner.finish();
  if (repeated !== undefined) throw givenTwice(repeated);
  return batch;
}

/**
 * NDJSON: an object a line; empty lines count for nothing. What is wrong with one line only is a value.
 * @throws HooksError `too_large` for more than 1,000 events.
 */
export function readLines(bytes: Uint8Array): JsonEnvelopeResult[] {
  const results: JsonEnvelopeResult[] = [];
  let start = 0;
  for (let lineNumber = 1; start < bytes.length; lineNumber++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    const result = start === end ? undefined : readLine(bytes.subarray(start, end), lineNumber);
    if (result !== undefined) {
      if (results.length === BATCH_MAX_EVENTS) throw tooMany();
      results.push(result);
    }
    start = end + 1;
  }
  return results;
}

function readLine(bytes: Uint8Array, lineNumber: number): JsonEnvelopeResult | undefined {
  const scanner = new JsonScanner(bytes, `line ${lineNumber}`);
  scanner.skipWhitespace();
  if (scanner.isAtEnd) return undefined;
  try {
    const result = scanEnvelope(scanner, `line ${lineNumber}`);
    scanner.finish();
    return result;
  } catch (error) {
    if (error instanceof HooksError) return error;
    throw error;
  }
}

/**
 * Checks JSON text that is to be kept as it is (`--data`, an event's `data`).
 * @throws HooksError `invalid_json`; `invalid_request` when it is nested deeper than 64.
 */
export function checkRawJson(bytes: RawJson, what: string): JsonSpan {
  const scanner = new JsonScanner(bytes, what);
  scanner.skipWhitespace();
  const span = scanner.scanValue();
  scanner.finish();
  if (JSON_MAX_DEPTH < span.depth) throw tooDeep(what);
  return span;
}

/** The bytes of a member's value, not copied. */
export function rawMember(envelope: JsonEnvelope, span: JsonSpan): RawJson {
  return envelope.bytes.subarray(span.start, span.end);
}

/** A member's value, parsed. */
export function parseMember({ bytes }: JsonEnvelope, span: JsonSpan): unknown {
  return span.plain ? decode(bytes, span.start + 1, span.end - 1) : JSON.parse(decode(bytes, span.start, span.end));
}

/**
 * At the first byte of a value: its members, or what is wrong with them. Throws only for text that is not JSON.
 * @param what undefined: an element of a batch.
 */
function scanEnvelope(scanner: JsonScanner, what: string | undefined): JsonEnvelopeResult {
  if (scanner.peek() !== OPEN_OBJECT) {
    scanner.scanValue();
    return notAnObject(what);
  }
  const members = new Map<string, JsonSpan>();
  let problem: HooksError | undefined;
  scanMembers(scanner, (name) => {
    if (members.has(name)) problem ??= givenTwice(name);
    const span = scanner.scanValue();
    if (JSON_MAX_DEPTH < span.depth) problem ??= tooDeep(name);
    members.set(name, span);
  });
  return problem ?? { bytes: scanner.bytes, members };
}

/** From "{" to behind "}"; `scanMember` is called at each value and leaves the scanner behind it. */
function scanMembers(scanner: JsonScanner, scanMember: (name: string) => void): void {
  scanner.take(OPEN_OBJECT);
  scanner.skipWhitespace();
  if (scanner.take(CLOSE_OBJECT)) return;
  for (let count = 1; ; count++) {
    if (MAX_MEMBERS < count) throw invalid("body", `body has an object of more than ${MAX_MEMBERS} fields`);
    const name = scanner.scanName();
    scanMember(nameOf(scanner.bytes, name));
    scanner.skipWhitespace();
    if (scanner.take(CLOSE_OBJECT)) return;
    if (!scanner.take(COMMA)) throw scanner.unexpected('"," or "}"');
    scanner.skipWhitespace();
  }
}

function scanElements(scanner: JsonScanner): JsonEnvelopeResult[] {
  const results: JsonEnvelopeResult[] = [];
  scanner.take(OPEN_ARRAY);
  scanner.skipWhitespace();
  if (scanner.take(CLOSE_ARRAY)) return results;
  for (;;) {
    if (results.length === BATCH_MAX_EVENTS) throw tooMany();
    results.push(scanEnvelope(scanner, undefined));
    scanner.skipWhitespace();
    if (scanner.take(CLOSE_ARRAY)) return results;
    if (!scanner.take(COMMA)) throw scanner.unexpected('"," or "]"');
    scanner.skipWhitespace();
  }
}

function nameOf(bytes: Uint8Array, span: JsonSpan): string {
  // `"ty\u0070e"` is `type`: names are compared unescaped, or a duplicate could hide.
  return span.plain
    ? decode(bytes, span.start + 1, span.end - 1)
    : (JSON.parse(decode(bytes, span.start, span.end)) as string);
}

/** The bytes were found to be UTF-8. Buffer's own decoder takes a third of TextDecoder's time on short texts. */
function decode(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}

function notAnObject(what: string | undefined): HooksError {
  return new HooksError("invalid_request", `${what ?? "an event"} must be a JSON object`, { field: what });
}

function tooMany(): HooksError {
  return new HooksError("too_large", `a batch must be at most ${BATCH_MAX_EVENTS} events`, { field: "events" });
}

function givenTwice(name: string): HooksError {
  return invalid(name, `${name} is given twice`);
}

function tooDeep(name: string): HooksError {
  return invalid(name, `${name} is nested deeper than ${JSON_MAX_DEPTH} levels`);
}
