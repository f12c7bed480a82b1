// An envelope as a user writes it: JSON whose texts may name parts of the delivery in braces. Compiled once; what it
// writes is compact JSON with its members in the order given, and the publisher's bytes as they came.

import { isObject, type Json, WrongField } from "../signing/record-fields.ts";
import type { ProfileMessage } from "./profile.ts";
import { type FieldValue, type WireField, wireField } from "./wire-fields.ts";

/** JSON text in pieces: bytes of the publisher's are never copied into text. */
export class Pieces {
  readonly #parts: Uint8Array[] = [];
  #text = "";

  text(text: string): void {
    this.#text += text;
  }

  bytes(bytes: Uint8Array): void {
    if (this.#text !== "") this.#parts.push(Buffer.from(this.#text));
    this.#text = "";
    this.#parts.push(bytes);
  }

  join(): Uint8Array {
    if (this.#text !== "") this.#parts.push(Buffer.from(this.#text));
    this.#text = "";
    return Buffer.concat(this.#parts);
  }
}

export interface JsonTemplate {
  /** False when it is a field that has no value; nothing is written then. */
  write(message: ProfileMessage, to: Pieces): boolean;
  /** What stands for it then, where something must. */
  absent: "null" | "{}";
}

export type TextTemplate = (message: ProfileMessage) => string | undefined;

const DEEPEST = 16;

/**
 * Of JSON. A text that is one field becomes its value (`"{data}"`); in a longer text its text is put in. A member whose
 * name ends in `?` is left out when its field has no value; others are null then, and `{metadata}` is `{}`.
 * @throws WrongField naming `field`
 */
export function compileJson(value: unknown, field: string, depth = 0): JsonTemplate {
  if (DEEPEST < depth) throw new WrongField(field, `is nested deeper than ${DEEPEST}`);
  if (typeof value === "string") return compileValue(value, field);
  if (Array.isArray(value)) return compileList(value, field, depth);
  if (isObject(value)) return compileObject(value, field, depth);
  const text = JSON.stringify(value);
  return written((_, to) => to.text(text));
}

/**
 * Of a header's value. Undefined when one of its fields has no value.
 * @throws WrongField naming `field`
 */
export function compileText(value: string, field: string): TextTemplate {
  const parts = partsOf(value, field);
  return (message) => {
    let text = "";
    for (const part of parts) {
      const piece = typeof part === "string" ? part : textOf(part(message));
      if (piece === undefined) return undefined;
      text += piece;
    }
    return text;
  };
}

function compileObject(object: Json, field: string, depth: number): JsonTemplate {
  const names = new Set<string>();
  const members = Object.entries(object).map(([given, value]): Member => {
    const isOptional = given.endsWith("?");
    const name = isOptional ? given.slice(0, -1) : given;
    if (name === "") throw new WrongField(field, "has a member without a name");
    if (names.has(name)) throw new WrongField(`${field}.${name}`, "is there twice, with ? and without");
    names.add(name);
    const template = compileJson(value, `${field}.${name}`, depth + 1);
    return { head: `${JSON.stringify(name)}:`, isOptional, template };
  });
  return written((message, to) => {
    let separator = "{";
    for (const { head, isOptional, template } of members) {
      if (isOptional) {
        const value = new Pieces();
        if (!template.write(message, value)) continue;
        to.text(separator + head);
        to.bytes(value.join());
      } else {
        to.text(separator + head);
        writeOrAbsent(template, message, to);
      }
      separator = ",";
    }
    to.text(separator === "{" ? "{}" : "}");
  });
}

interface Member {
  head: string;
  isOptional: boolean;
  template: JsonTemplate;
}

function compileList(list: readonly unknown[], field: string, depth: number): JsonTemplate {
  const items = list.map((item, index) => compileJson(item, `${field}[${index}]`, depth + 1));
  return written((message, to) => {
    to.text("[");
    for (const [index, item] of items.entries()) {
      if (index !== 0) to.text(",");
      writeOrAbsent(item, message, to);
    }
    to.text("]");
  });
}

function compileValue(value: string, field: string): JsonTemplate {
  const parts = partsOf(value, field);
  const [only] = parts;
  if (parts.length === 1 && typeof only === "function") {
    const absent = value === "{metadata}" ? "{}" : "null";
    return { absent, write: (message, to) => writeField(only(message), to) };
  }
  const text = compileText(value, field);
  return { absent: "null", write: (message, to) => writeField(text(message), to) };
}

function writeField(value: FieldValue, to: Pieces): boolean {
  if (value === undefined) return false;
  if (value instanceof Uint8Array) to.bytes(value);
  else to.text(JSON.stringify(value));
  return true;
}

function writeOrAbsent(template: JsonTemplate, message: ProfileMessage, to: Pieces): void {
  if (!template.write(message, to)) to.text(template.absent);
}

/** What always has a value. */
function written(write: (message: ProfileMessage, to: Pieces) => void): JsonTemplate {
  return {
    absent: "null",
    write: (message, to) => {
      write(message, to);
      return true;
    },
  };
}

/** Texts and the fields between them; `{{` and `}}` are braces. */
function partsOf(value: string, field: string): (string | WireField)[] {
  const parts: (string | WireField)[] = [];
  for (const piece of value.split(/(\{\{|\}\}|\{[^{}]*\})/)) {
    if (piece === "") continue;
    if (piece === "{{" || piece === "}}") parts.push(piece[0]!);
    else if (/^\{[^{}]*\}$/.test(piece)) {
      const found = wireField(piece.slice(1, -1));
      if (typeof found === "string") throw new WrongField(field, found);
      parts.push(found);
    } else if (/[{}]/.test(piece)) throw new WrongField(field, 'has a brace alone: a field is "{type}", a brace "{{"');
    else parts.push(piece);
  }
  return parts.length === 0 ? [""] : parts;
}

/** JSON text that is a string stands for what it says; any other for itself. */
function textOf(value: FieldValue): string | undefined {
  if (!(value instanceof Uint8Array)) return value === undefined ? undefined : String(value);
  const json = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
