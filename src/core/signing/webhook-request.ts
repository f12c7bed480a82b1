/** Names and values: a record (Node's `request.headers`), a `Headers`, or pairs. Names in any case; a name may repeat. */
export type HeadersInput =
  | { readonly [name: string]: string | readonly string[] | undefined }
  | Iterable<readonly [name: string, value: string]>;

/** A received webhook. `body` must be the bytes as they came, before any parser; a string stands for its UTF-8. */
export interface WebhookRequest {
  headers: HeadersInput;
  body: Uint8Array | string;
  /** Needed by schemes that sign it. */
  method?: string | undefined;
  /** The whole URL that the sender used; needed by schemes that sign it. */
  url?: string | undefined;
}

/** Lower-case name → its values, outer blanks removed. A value that is no text is kept as undefined. */
export type FoundHeaders = ReadonlyMap<string, (string | undefined)[]>;

/**
 * The values of the wanted headers, in the order in which they came.
 * @throws TypeError when `input` is none of the accepted forms.
 */
export function findHeaders(input: HeadersInput, wanted: ReadonlySet<string>): FoundHeaders {
  const found = new Map<string, (string | undefined)[]>();
  const add = (name: string, value: unknown): void => {
    const lower = name.toLowerCase();
    if (!wanted.has(lower) || value === undefined || value === null) return;
    const values = found.get(lower);
    const text = typeof value === "string" ? trimBlanks(value) : undefined;
    if (values === undefined) found.set(lower, [text]);
    else values.push(text);
  };

  if (typeof input !== "object" || input === null) {
    throw new TypeError("request.headers must be an object of names and values, a Headers, or a list of pairs");
  }
  if (isIterable(input)) {
    for (const pair of input) {
      if (!Array.isArray(pair) || typeof pair[0] !== "string") {
        throw new TypeError("request.headers is a list, but not of [name, value] pairs");
      }
      add(pair[0], pair[1]);
    }
    return found;
  }
  for (const name of Object.keys(input)) {
    const value: unknown = input[name];
    if (Array.isArray(value)) for (const one of value) add(name, one ?? NOT_TEXT);
    else add(name, value);
  }
  return found;
}

/** @throws TypeError naming the usual mistake when the body was parsed. */
export function checkBody(body: unknown): asserts body is Uint8Array | string {
  if (typeof body === "string" || body instanceof Uint8Array) return;
  throw new TypeError("request.body must be the raw bytes (Uint8Array) or text as received, before any JSON parser");
}

/** A hole in a list of values: still a value that was sent, and no text. */
const NOT_TEXT = Symbol("not text");

function isIterable(input: HeadersInput): input is Iterable<readonly [string, string]> {
  return Symbol.iterator in input;
}

/** Spaces and tabs around a value are not part of it (RFC 9110, 5.5). */
export function trimBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (start < end && isBlank(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
