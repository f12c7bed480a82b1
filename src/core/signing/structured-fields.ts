// Structured Field Values (RFC 9651), as much of them as HTTP Message Signatures need: dictionaries of inner lists of
// strings, and of byte sequences.

import { decodeStrictly } from "./byte-text.ts";

/** A bare item with its type; numbers are whole ones. */
export type BareItem =
  | { type: "string" | "token"; text: string }
  | { type: "integer"; number: number }
  | { type: "boolean"; value: boolean }
  | { type: "bytes"; bytes: Uint8Array; text: string };

export type Parameters = ReadonlyMap<string, BareItem>;

export interface Item {
  value: BareItem;
  parameters: Parameters;
}

export interface InnerList {
  items: readonly Item[];
  parameters: Parameters;
}

export type Dictionary = ReadonlyMap<string, Item | InnerList>;

class NoStructuredField extends Error {}

/** Undefined when the text is none. */
export function parseDictionary(text: string): Dictionary | undefined {
  try {
    return new Parser(text).dictionary();
  } catch (error) {
    if (error instanceof NoStructuredField) return undefined;
    throw error;
  }
}

/** In the one form that RFC 9651 gives it. */
export function serializeInnerList({ items, parameters }: InnerList): string {
  return `(${items.map(serializeItem).join(" ")})${serializeParameters(parameters)}`;
}

export function serializeItem({ value, parameters }: Item): string {
  return serializeBare(value) + serializeParameters(parameters);
}

function serializeParameters(parameters: Parameters): string {
  return [...parameters]
    .map(([name, value]) => (value.type === "boolean" && value.value ? `;${name}` : `;${name}=${serializeBare(value)}`))
    .join("");
}

function serializeBare(item: BareItem): string {
  switch (item.type) {
    case "string":
      return `"${item.text.replace(/["\\]/g, "\\$&")}"`;
    case "token":
      return item.text;
    case "integer":
      return String(item.number);
    case "boolean":
      return item.value ? "?1" : "?0";
    case "bytes":
      return `:${item.text}:`;
  }
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  dictionary(): Dictionary {
    const members = new Map<string, Item | InnerList>();
    this.#take(/ */y);
    while (this.#at < this.#text.length) {
      const key = this.#key();
      let member: Item | InnerList;
      if (this.#skip("=")) member = this.#text[this.#at] === "(" ? this.#innerList() : this.#item();
      else member = { value: { type: "boolean", value: true }, parameters: this.#parameters() };
      // A second one of the same name would replace the first: which of them was meant must not be a guess.
      if (members.has(key)) throw new NoStructuredField();
      members.set(key, member);
      this.#take(/[ \t]*/y);
      if (this.#at === this.#text.length) break;
      if (!this.#skip(",")) throw new NoStructuredField();
      this.#take(/[ \t]*/y);
      if (this.#at === this.#text.length) throw new NoStructuredField();
    }
    return members;
  }

  #innerList(): InnerList {
    this.#skip("(");
    const items: Item[] = [];
    for (;;) {
      this.#take(/ */y);
      if (this.#skip(")")) return { items, parameters: this.#parameters() };
      items.push(this.#item());
      if (!/[ )]/.test(this.#text[this.#at] ?? "")) throw new NoStructuredField();
    }
  }

  #item(): Item {
    return { value: this.#bareItem(), parameters: this.#parameters() };
  }

  #parameters(): Parameters {
    const parameters = new Map<string, BareItem>();
    while (this.#skip(";")) {
      this.#take(/ */y);
      const key = this.#key();
      if (parameters.has(key)) throw new NoStructuredField();
      parameters.set(key, this.#skip("=") ? this.#bareItem() : { type: "boolean", value: true });
    }
    return parameters;
  }

  #key(): string {
    return this.#need(/[a-z*][a-z0-9_.*-]*/y);
  }

  #bareItem(): BareItem {
    const start = this.#text[this.#at] ?? "";
    if (start === '"') {
      const quoted = this.#need(/"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y);
      return { type: "string", text: quoted.slice(1, -1).replace(/\\(.)/g, "$1") };
    }
    if (start === ":") {
      const text = this.#need(/:[A-Za-z0-9+/=]*:/y).slice(1, -1);
      const bytes = decodeStrictly(text, "base64");
      if (bytes === undefined) throw new NoStructuredField();
      return { type: "bytes", bytes, text };
    }
    if (start === "?") return { type: "boolean", value: this.#need(/\?[01]/y) === "?1" };
    if (/[-\d]/.test(start)) return { type: "integer", number: Number(this.#need(/-?\d{1,15}(?![\d.])/y)) };
    return { type: "token", text: this.#need(/[A-Za-z*][\w!#$%&'*+.^`|~:/-]*/y) };
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #need(pattern: RegExp): string {
    const found = this.#take(pattern);
    if (found === "") throw new NoStructuredField();
    return found;
  }

  /** @param pattern sticky */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}
