// A cassette is NDJSON: a line that says what it is, then an exchange a line. Bodies that are UTF-8 stand there as text,
// so that people can read and change them; others as base64.

import type { HeaderPairs } from "../attempt.ts";
import { HooksError } from "../errors.ts";
import { parseInstant, toIso } from "../instant.ts";
import { isJsonObject, type JsonObject } from "../json-value.ts";
import { quoted } from "../quoted.ts";
import type { RecordedAnswer, RecordedExchange, RecordedRequest } from "./exchange.ts";

export const CASSETTE_VERSION = 1;

/** The first line, without its end. */
export function formatCassetteHead(by: string, at: number): string {
  return JSON.stringify({ hooks_cassette: CASSETTE_VERSION, recorded_at: toIso(at), by });
}

/** A line, without its end. */
export function formatExchange({ at, request, answer, failure, ...exchange }: RecordedExchange): string {
  return JSON.stringify({
    at: toIso(at),
    event_id: exchange.eventId,
    event_type: exchange.eventType,
    attempt: exchange.attempt,
    duration_ms: exchange.durationMs,
    request: { ...request, body: undefined, ...bodyFields(request.body) },
    response: answer === undefined ? null : { ...answer, body: undefined, ...bodyFields(answer.body) },
    error: failure ?? null,
  });
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as JSON carries them. */
export function bodyFields(bytes: Uint8Array): { body: string } | { body_base64: string } {
  try {
    return { body: decoder.decode(bytes) };
  } catch {
    return { body_base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") };
  }
}

/** @throws HooksError `usage` naming `where` (`FILE line 1`) when it is none, or one of another version. */
export function checkCassetteHead(line: Uint8Array, where: string): void {
  const head = parseLine(line);
  if (!isJsonObject(head) || !Object.hasOwn(head, "hooks_cassette")) {
    throw wrong(where, 'it is no cassette: such a file begins with {"hooks_cassette":1,…}', RECORD_HINT);
  }
  const version = head["hooks_cassette"];
  if (version === CASSETTE_VERSION) return;
  const isNewer = typeof version === "number" && CASSETTE_VERSION < version;
  throw wrong(
    where,
    `it is a cassette of version ${quoted(version)}, and this program reads version ${CASSETTE_VERSION}`,
    isNewer ? "a newer hooks wrote it: update this one" : RECORD_HINT,
  );
}

const RECORD_HINT = "hooks listen --forward 3000 --record FILE writes one";

/** @throws HooksError `usage` naming `where` and the field that is wrong */
export function parseExchange(line: Uint8Array, where: string): RecordedExchange {
  const value = parseLine(line);
  if (!isJsonObject(value)) throw wrong(where, "it is no JSON object");
  const read = new Fields(value, "", where);
  const answer = read.object("response");
  const failure = read.object("error");
  return {
    at: read.instant("at"),
    eventId: read.text("event_id", ID),
    eventType: read.text("event_type", TYPE),
    attempt: read.count("attempt"),
    durationMs: read.count("duration_ms"),
    request: requestOf(read.object("request") ?? read.missing("request")),
    answer: answer && answerOf(answer),
    failure: failure && { code: failure.text("code", SHORT), message: failure.text("message", SHORT) },
  };
}

const ID = /^[A-Za-z0-9_-]{1,128}$/;
const TYPE = /^[A-Za-z0-9_.-]{1,128}$/;
const SHORT = /^[\s\S]{0,2000}$/;
const METHOD = /^(?!CONNECT$)[A-Z]{1,20}$/;
/** What a request line can hold. */
const PATH = /^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/;
const QUERY = /^[\x21\x22\x24-\x7e]*$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function requestOf(fields: Fields): RecordedRequest {
  return {
    method: fields.text("method", METHOD),
    path: fields.text("path", PATH),
    query: fields.text("query", QUERY),
    headers: fields.headers(),
    body: fields.body(),
  };
}

function answerOf(fields: Fields): RecordedAnswer {
  const status = fields.count("status");
  if (status < 100 || 599 < status) throw fields.wrong("status", "a status from 100 to 599");
  return { status, headers: fields.headers(), body: fields.body(), truncated: fields.value("truncated") === true };
}

/** Reads members and says where they are wrong. */
class Fields {
  readonly #object: JsonObject;
  readonly #path: string;
  readonly #where: string;

  constructor(object: JsonObject, path: string, where: string) {
    this.#object = object;
    this.#path = path;
    this.#where = where;
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  text(name: string, form: RegExp): string {
    const value = this.value(name);
    if (typeof value !== "string" || !form.test(value)) throw this.wrong(name, EXPECTED[name] ?? "text");
    return value;
  }

  count(name: string): number {
    const value = this.value(name);
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw this.wrong(name, "a whole number");
    return value as number;
  }

  instant(name: string): number {
    const value = this.value(name);
    const at = typeof value === "string" ? parseInstant(value) : undefined;
    if (at === undefined) throw this.wrong(name, "a time such as 2026-01-31T12:00:00.000Z");
    return at;
  }

  /** Undefined: it is null. */
  object(name: string): Fields | undefined {
    const value = this.value(name) ?? null;
    if (value === null) return undefined;
    if (!isJsonObject(value)) throw this.wrong(name, "an object");
    return new Fields(value, `${this.#path}${name}.`, this.#where);
  }

  headers(): HeaderPairs {
    const value = this.value("headers");
    const isPair = (pair: unknown): pair is [string, string] =>
      Array.isArray(pair) &&
      pair.length === 2 &&
      typeof pair[0] === "string" &&
      typeof pair[1] === "string" &&
      HEADER_NAME.test(pair[0]) &&
      HEADER_VALUE.test(pair[1]);
    if (!Array.isArray(value) || !value.every(isPair)) throw this.wrong("headers", "a list of [name, value]");
    return value;
  }

  body(): Uint8Array {
    const text = this.value("body");
    const base64 = this.value("body_base64");
    if (text !== undefined && base64 !== undefined) throw this.wrong("body", "there or body_base64, not both");
    if (typeof base64 === "string" && base64.length % 4 === 0 && BASE64.test(base64))
      return Buffer.from(base64, "base64");
    if (base64 !== undefined) throw this.wrong("body_base64", "base64");
    if (typeof text !== "string") throw this.wrong("body", "text");
    return Buffer.from(text);
  }

  missing(name: string): never {
    throw this.wrong(name, "an object");
  }

  wrong(name: string, expected: string): HooksError {
    return wrong(this.#where, `${this.#path}${name} must be ${expected}`);
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  event_id: "an event's id",
  event_type: "an event type",
  method: "an HTTP method",
  path: 'a path that begins with "/"',
  query: 'a query without "?"',
};

function parseLine(line: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(line));
  } catch {
    return undefined;
  }
}

function wrong(where: string, why: string, hint?: string): HooksError {
  return new HooksError("usage", `${where}: ${why}`, { field: "file", hint });
}
