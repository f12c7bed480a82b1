// A grammar check of JSON text (RFC 8259) over its bytes that also says where each value begins and ends, so that a
// part of a document can be kept as it came. It agrees with JSON.parse on what is valid (a property test holds it to
// that) and builds no values: about 2 ns a byte, and nesting costs a byte a level, never the call stack.

import { HooksError } from "./errors.ts";

export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

/** Where a value stands: `start` inclusive, `end` exclusive. */
export interface JsonSpan {
  start: number;
  end: number;
  kind: JsonKind;
  /** Arrays and objects inside each other; 0 for a string, a number, true, false and null. */
  depth: number;
  /** For a string: true when it has no escapes, so that its text is the bytes between the quotes. */
  plain: boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/** What a byte is inside a string: 0 plain, 1 ends the plain run (quote, backslash, control character, not ASCII). */
const ENDS_RUN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === QUOTE || byte === BACKSLASH || byte < 0x20 || 0x7f < byte ? 1 : 0,
);

const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));
const LITERALS = { t: "true", f: "false", n: "null" } as const;

export class JsonScanner {
  readonly bytes: Uint8Array;
  /** Where the next byte is read. */
  at: number;
  readonly #end: number;
  /** What the text is, for messages and as the error's field: `body`, `--data`. */
  readonly #what: string;
  /** 1 for an object, 0 for an array, of each container that is open. */
  #open = new Uint8Array(64);

  constructor(bytes: Uint8Array, what: string, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.#end = end;
    this.#what = what;
  }

  get isAtEnd(): boolean {
    return this.#end <= this.at;
  }

  /** The byte at `at`, or -1 at the end. */
  peek(): number {
    return this.at < this.#end ? this.bytes[this.at]! : -1;
  }

  skipWhitespace(): void {
    const { bytes } = this;
    const end = this.#end;
    let at = this.at;
    while (at < end) {
      const byte = bytes[at]!;
      if (0x20 < byte || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
      at++;
    }
    this.at = at;
  }

  /** @throws HooksError `invalid_json` when anything but white space is left. */
  finish(): void {
    this.skipWhitespace();
    if (!this.isAtEnd) throw this.unexpected("the end");
  }

  /** Takes `byte` when it is next. */
  take(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  /** A member's name and its colon, with the white space around; leaves `at` at the value. */
  scanName(): JsonSpan {
    if (this.peek() !== QUOTE) throw this.unexpected("a name in double quotes");
    const name = this.#scanString();
    this.skipWhitespace();
    if (!this.take(COLON)) throw this.unexpected('":"');
    this.skipWhitespace();
    return name;
  }

  /** One value, from its first byte (no white space before it); leaves `at` behind it. */
  scanValue(): JsonSpan {
    const first = this.peek();
    if (first === QUOTE) return this.#scanString();
    if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return this.#scanScalar();
    const start = this.at;
    const deepest = this.#scanContainer();
    return { start, end: this.at, kind: first === OPEN_OBJECT ? "object" : "array", depth: deepest, plain: false };
  }

  unexpected(expected: string): HooksError {
    const byte = this.peek();
    if (byte === 0xef && this.at === 0)
      return this.#invalid("it begins with a byte order mark: send UTF-8 without one");
    const found = byte === -1 ? "the text ends" : `found ${describeByte(byte)}`;
    return this.#invalid(`expected ${expected}, ${found}`);
  }

  /** Walks over a container and everything in it; returns its depth. */
  #scanContainer(): number {
    let depth = 0;
    let deepest = 0;
    for (;;) {
      // At the first byte of a value.
      const byte = this.peek();
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        this.at++;
        this.#push(depth++, byte === OPEN_OBJECT ? 1 : 0);
        if (deepest < depth) deepest = depth;
        this.skipWhitespace();
        if (this.take(byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) depth--;
        else {
          if (byte === OPEN_OBJECT) this.scanName();
          continue;
        }
      } else if (byte === QUOTE) this.#skipString();
      else if (byte === MINUS || isDigit(byte)) this.#skipNumber();
      else this.#scanLiteral(byte);

      // Behind a value: close what ends here, or go to the next value.
      for (;;) {
        if (depth === 0) return deepest;
        const inObject = this.#open[depth - 1] === 1;
        const next = this.#nextToken();
        if (next === COMMA) {
          this.at++;
          this.skipWhitespace();
          if (inObject) this.scanName();
          break;
        }
        if (next !== (inObject ? CLOSE_OBJECT : CLOSE_ARRAY))
          throw this.unexpected(inObject ? '"," or "}"' : '"," or "]"');
        this.at++;
        depth--;
      }
    }
  }

  /** The byte behind white space, or -1 at the end; not taken. */
  #nextToken(): number {
    const byte = this.peek();
    if (0x20 < byte) return byte;
    this.skipWhitespace();
    return this.peek();
  }

  #push(depth: number, isObject: 0 | 1): void {
    if (depth === this.#open.length) {
      const larger = new Uint8Array(2 * depth);
      larger.set(this.#open);
      this.#open = larger;
    }
    this.#open[depth] = isObject;
  }

  #scanString(): JsonSpan {
    const start = this.at;
    const plain = this.#skipString();
    return { start, end: this.at, kind: "string", depth: 0, plain };
  }

  /** Whether nothing in it is escaped. Makes no span: most strings stand inside of what is kept as it is. */
  #skipString(): boolean {
    const { bytes } = this;
    const end = this.#end;
    let plain = true;
    let at = this.at + 1;
    for (;;) {
      while (at < end && ENDS_RUN[bytes[at]!] === 0) at++;
      this.at = at;
      if (end <= at) throw this.unexpected("the end of a string");
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.at = at + 1;
        return plain;
      }
      if (byte === BACKSLASH) {
        plain = false;
        at += this.#escapeLength();
      } else if (byte < 0x20) throw this.#invalid(`a string holds ${describeByte(byte)}, which must be escaped`);
      else at += this.#sequenceLength();
    }
  }

  #escapeLength(): number {
    const kind = this.at + 1 < this.#end ? this.bytes[this.at + 1]! : -1;
    if (SIMPLE_ESCAPES.has(kind)) return 2;
    if (kind === 0x75 && this.at + 6 <= this.#end) {
      let digits = 0;
      while (digits < 4 && isHexDigit(this.bytes[this.at + 2 + digits]!)) digits++;
      if (digits === 4) return 6;
    }
    throw this.#invalid("a string holds an escape that JSON does not know");
  }

  /** Length of the UTF-8 sequence at `at` (Unicode, table 3-7: no overlong forms, no surrogates). */
  #sequenceLength(): number {
    const { bytes, at } = this;
    const first = bytes[at]!;
    // 0 stands for what is behind the end: no continuation byte.
    const second = at + 1 < this.#end ? bytes[at + 1]! : 0;
    if (0xc2 <= first && first <= 0xdf && isContinuation(second)) return 2;
    const third = at + 2 < this.#end ? bytes[at + 2]! : 0;
    if (0xe0 <= first && first <= 0xef && isContinuation(second) && isContinuation(third)) {
      const overlong = first === 0xe0 && second < 0xa0;
      const surrogate = first === 0xed && 0x9f < second;
      if (!overlong && !surrogate) return 3;
    }
    const fourth = at + 3 < this.#end ? bytes[at + 3]! : 0;
    if (0xf0 <= first && first <= 0xf4 && isContinuation(second) && isContinuation(third) && isContinuation(fourth)) {
      const overlong = first === 0xf0 && second < 0x90;
      const tooLarge = first === 0xf4 && 0x8f < second;
      if (!overlong && !tooLarge) return 4;
    }
    throw this.#invalid("it is not valid UTF-8");
  }

  #scanScalar(): JsonSpan {
    const start = this.at;
    const byte = this.peek();
    const kind = byte === MINUS || isDigit(byte) ? this.#skipNumber() : this.#scanLiteral(byte);
    return { start, end: this.at, kind, depth: 0, plain: false };
  }

  #scanLiteral(first: number): "null" | "boolean" {
    const literal = first === -1 ? undefined : LITERALS[String.fromCharCode(first) as keyof typeof LITERALS];
    if (literal === undefined) throw this.unexpected("a value");
    for (let index = 0; index < literal.length; index++) {
      if (this.at < this.#end && this.bytes[this.at] === literal.charCodeAt(index)) this.at++;
      else throw this.unexpected(`"${literal}"`);
    }
    return literal === "null" ? "null" : "boolean";
  }

  #skipNumber(): "number" {
    const { bytes } = this;
    let at = this.at;
    if (bytes[at] === MINUS) at++;
    const start = at;
    while (at < this.#end && isDigit(bytes[at]!)) at++;
    this.at = at;
    // Most numbers of most texts end here.
    const next = at < this.#end ? bytes[at]! : -1;
    const isWhole = next !== 0x2e && next !== 0x65 && next !== 0x45;
    if (isWhole && (at === start + 1 || (start < at && bytes[start] !== 0x30))) return "number";

    this.at = start;
    if (this.take(0x30)) {
      if (isDigit(this.peek())) throw this.#invalid("a number begins with 0");
    } else this.#takeDigits();
    if (this.take(0x2e)) this.#takeDigits();
    if (this.take(0x65) || this.take(0x45)) {
      if (!this.take(0x2b)) this.take(MINUS);
      this.#takeDigits();
    }
    return "number";
  }

  /** At least one. */
  #takeDigits(): void {
    const { bytes } = this;
    const end = this.#end;
    const start = this.at;
    let at = start;
    while (at < end && isDigit(bytes[at]!)) at++;
    this.at = at;
    if (at === start) throw this.unexpected("a digit");
  }

  #invalid(reason: string): HooksError {
    const { line, column } = this.#position();
    return new HooksError(
      "invalid_json",
      `${this.#what} is not valid JSON: ${reason} (line ${line}, column ${column})`,
      { field: this.#what },
    );
  }

  /** 1-based; columns count bytes. */
  #position(): { line: number; column: number } {
    const { bytes, at } = this;
    let line = 1;
    let lineStart = 0;
    for (let index = 0; index < at; index++) {
      if (bytes[index] === 0x0a) {
        line++;
        lineStart = index + 1;
      }
    }
    return { line, column: at - lineStart + 1 };
  }
}

function isDigit(byte: number): boolean {
  return 0x30 <= byte && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (0x41 <= byte && byte <= 0x46) || (0x61 <= byte && byte <= 0x66);
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Printable ASCII as it is, all else as its code: a message never carries a control character. */
function describeByte(byte: number): string {
  if (byte === QUOTE) return "a double quote";
  return 0x20 < byte && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16).padStart(2, "0")}`;
}
