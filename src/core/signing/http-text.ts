import { HooksError } from "../errors.ts";
import { trimBlanks } from "./webhook-request.ts";

/** Name and value, as they came. */
export type HeaderPair = [name: string, value: string];

/** A request as it stood on the wire. */
export interface RawRequest {
  method: string;
  /** Path, or the whole URL. */
  target: string;
  /** In their order, duplicates kept. */
  headers: HeaderPair[];
  /** Every byte after the blank line. */
  body: Uint8Array;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~\w]+) (\S+) HTTP\/\d(?:\.\d)?$/;
const STATUS_LINE = /^HTTP\/\d(?:\.\d)? \d{3}/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~\w]+)[ \t]*:(.*)$/s;

/**
 * Reads a raw HTTP/1 request. Lines end with CRLF or LF. Bytes of headers stand for latin1 characters, as in Node.
 * The body is taken as it is: `content-length` neither cuts nor refuses it, for a signature can tell better.
 * @throws HooksError `usage` that begins with `what`.
 */
export function parseHttpRequest(bytes: Uint8Array, what: string): RawRequest {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: string[] = [];
  let at = 0;
  for (;;) {
    const end = buffer.indexOf(LINE_FEED, at);
    if (end < 0) throw unreadable(what, "there is no blank line between the headers and the body");
    const line = buffer.toString("latin1", at, at < end && buffer[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
    at = end + 1;
    if (line === "" && lines.length > 0) break;
    if (line !== "") lines.push(line);
  }
  const [first = "", ...rest] = lines;
  const [, method, target] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) {
    throw unreadable(what, 'the first line is not a request line such as "POST /in HTTP/1.1"');
  }
  const headers = rest.map((line, index) => parseHeader(line, `${what}: line ${index + 2}`));
  if (headers.some(([name, value]) => name.toLowerCase() === "transfer-encoding" && /chunked/i.test(value))) {
    throw unreadable(what, "the body is in chunks (transfer-encoding: chunked); save it decoded, or give it as a file");
  }
  return { method, target, headers, body: buffer.subarray(at) };
}

/**
 * Reads a file of headers: lines `Name: value` (a request or status line before them is skipped), or JSON, either an
 * object or a list of pairs.
 * @throws HooksError `usage` that begins with `what`.
 */
export function parseHeaderFile(text: string, what: string): HeaderPair[] {
  const content = text.replace(/^\ufeff/, "");
  if (/^\s*[[{]/.test(content)) return parseHeaderJson(content, what);
  const pairs: HeaderPair[] = [];
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    if (pairs.length === 0 && (REQUEST_LINE.test(line) || STATUS_LINE.test(line))) continue;
    pairs.push(parseHeader(line, `${what}: line ${index + 1}`));
  }
  return pairs;
}

/** @throws HooksError `usage` that begins with `what`. */
export function parseHeader(line: string, what: string): HeaderPair {
  const [, name, value] = HEADER_LINE.exec(line) ?? [];
  if (name === undefined || value === undefined) throw unreadable(what, 'a header must be of the form "Name: value"');
  return [name, trimBlanks(value)];
}

function parseHeaderJson(text: string, what: string): HeaderPair[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(what, "it begins like JSON, but is none");
  }
  const entries: [unknown, unknown][] = Array.isArray(value) ? value.map(pairOf) : Object.entries(value as object);
  return entries.flatMap(([name, given]): HeaderPair[] => {
    const values: unknown[] = Array.isArray(given) ? given : [given];
    return values.map((one) => {
      if (typeof name === "string" && typeof one === "string") return [name, one];
      throw unreadable(
        what,
        "JSON headers must be an object of names and values, or a list of [name, value] or {name, value}; all text",
      );
    });
  });
}

/** `[name, value]`, or `{"name", "value"}` as browsers and HAR files have it. */
function pairOf(pair: unknown): [unknown, unknown] {
  if (Array.isArray(pair)) return [pair[0], pair[1]];
  const { name, value } = (pair ?? {}) as { name?: unknown; value?: unknown };
  return [name, value];
}

function unreadable(what: string, why: string): HooksError {
  return new HooksError("usage", `${what}: ${why}`, { field: what.replace(/:.*$/s, "") });
}
