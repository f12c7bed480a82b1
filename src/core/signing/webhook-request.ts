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

/** A header's values in the order in which they came, outer blanks removed; undefined for a value that is no text. */
export type HeaderValues = readonly (string | undefined)[];

/** Values of headers, each at the number that its finder has for the name. */
export type FoundHeaders = readonly (HeaderValues | undefined)[];

/** Finds some headers among all that a request has. Made once, used for many requests. */
export class HeaderFinder {
  readonly #slots: ReadonlyMap<string, number>;
  /** At each length the names that have it: most names of a request need no further look. */
  readonly #byLength: { name: string; slot: number }[][] = [];

  /** @param names lower case */
  constructor(names: readonly string[]) {
    this.#slots = new Map([...new Set(names)].map((name, slot) => [name, slot]));
    for (const [name, slot] of this.#slots) {
      this.#byLength[name.length] ??= [];
      this.#byLength[name.length]!.push({ name, slot });
    }
  }

  /** The number of one of its names; -1 for any other. */
  slotOf(name: string): number {
    return this.#slots.get(name) ?? -1;
  }

  /** What the request has under each name. @throws TypeError when `input` is none of the accepted forms. */
  findAll(input: HeadersInput): FoundHeaders {
    const found: ((string | undefined)[] | undefined)[] = [];
    if (typeof input !== "object" || input === null) {
      throw new TypeError("request.headers must be an object of names and values, a Headers, or a list of pairs");
    }
    if (isIterable(input)) {
      for (const pair of input) {
        if (!Array.isArray(pair) || typeof pair[0] !== "string") {
          throw new TypeError("request.headers is a list, but not of [name, value] pairs");
        }
        const slot = this.#slotOfAnyCase(pair[0]);
        if (slot >= 0) take(found, slot, pair[1]);
      }
    } else {
      // Quicker than Object.keys, which makes a list of all names.
      for (const name in input) {
        const slot = this.#slotOfAnyCase(name);
        if (slot >= 0 && Object.hasOwn(input, name)) take(found, slot, input[name]);
      }
    }
    return found;
  }

  /** What the request has under a name (lower case, one of the finder's); undefined: nothing. Throws as `findAll`. */
  find(input: HeadersInput): (name: string) => HeaderValues | undefined {
    const found = this.findAll(input);
    return (name) => found[this.slotOf(name)];
  }

  #slotOfAnyCase(name: string): number {
    const candidates = this.#byLength[name.length];
    if (candidates === undefined) return -1;
    for (const candidate of candidates) if (candidate.name === name) return candidate.slot;
    return this.slotOf(name.toLowerCase());
  }
}

/** @throws TypeError naming the usual mistake, above all a body that was parsed. */
export function checkBody(body: unknown): asserts body is Uint8Array | string {
  if (typeof body === "string" || body instanceof Uint8Array) return;
  throw new TypeError(`request.body ${mistakeOf(body)}`);
}

const RAW = "the raw bytes (Uint8Array) or text as received, before any JSON parser";

function mistakeOf(body: unknown): string {
  if (body === undefined || body === null) return `is missing: it must be ${RAW}; an empty one is ""`;
  if (body instanceof ArrayBuffer) return "is an ArrayBuffer: give new Uint8Array(body)";
  if (typeof body !== "object") return `is a ${typeof body}: it must be ${RAW}`;
  if ("getReader" in body || "pipe" in body) {
    return "is a stream: read it first, for example new Uint8Array(await request.arrayBuffer())";
  }
  return `was parsed, and what was signed is lost: it must be ${RAW} (docs/library.md says how, for each framework)`;
}

function take(found: ((string | undefined)[] | undefined)[], slot: number, value: unknown): void {
  if (value === undefined || value === null) return;
  const values = Array.isArray(value) ? value.map(textOf) : [textOf(value)];
  if (values.length === 0) return;
  const before = found[slot];
  if (before === undefined) found[slot] = values;
  else before.push(...values);
}

function isIterable(input: HeadersInput): input is Iterable<readonly [string, string]> {
  return Symbol.iterator in input;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? trimBlanks(value) : undefined;
}

/** Spaces and tabs around a value are not part of it (RFC 9110, 5.5). */
export function trimBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (start < end && isBlank(value.charCodeAt(end - 1))) end--;
  return end - start === value.length ? value : value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
