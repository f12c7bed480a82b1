// How the data of a newer version of an event type becomes that of an older one: declared, no code. Steps move, rename
// and drop members, and put constants where something is missing. What no step names stays as it is. The same data and
// steps give the same bytes, so that every attempt of a delivery sends the same.

import { HooksError, invalid } from "./errors.ts";
import { EVENT_MAX_BYTES } from "./event.ts";
import { isExactNumber, parseExact } from "./exact-json.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json-value.ts";
import { nearest } from "./nearest.ts";
import { quoted } from "./quoted.ts";

/**
 * Places are JSON Pointers (RFC 6901) into the data; a token `*` stands for each entry of an array. A step that finds
 * nothing to take, or no place to put it, does nothing.
 */
export type ConversionStep =
  /** Both with as many `*`, which stand for the same entries. */
  | { move: string; to: string }
  /** A member gets another name, and keeps its place among the others. */
  | { rename: string; to: string }
  | { drop: string }
  | { set: string; value: JsonValue }
  /** Only where there is nothing. */
  | { default: string; value: JsonValue };

const MOST_STEPS = 50;
const MOST_TOKENS = 32;
const POINTER_MAX_CHARS = 512;
const VALUE_MAX_CHARS = 4_096;
const EACH = "*";

const SHAPES: Readonly<Record<string, readonly string[]>> = {
  move: ["move", "to"],
  rename: ["rename", "to"],
  drop: ["drop"],
  set: ["set", "value"],
  default: ["default", "value"],
};

/** @throws HooksError `invalid_request` naming the step: `down.steps[2].to` */
export function checkSteps(input: unknown, field: string): ConversionStep[] {
  if (!Array.isArray(input) || MOST_STEPS < input.length) {
    throw invalid(field, `${field} must be a list of at most ${MOST_STEPS} steps`);
  }
  return input.map((step: unknown, index) => checkStep(step, `${field}[${index}]`));
}

function checkStep(step: unknown, field: string): ConversionStep {
  const kinds = isJsonObject(step) ? Object.keys(SHAPES).filter((kind) => Object.hasOwn(step, kind)) : [];
  const [kind] = kinds;
  if (!isJsonObject(step) || kind === undefined || kinds.length !== 1) {
    throw invalid(
      field,
      `${field} must be one of: {"move","to"}, {"rename","to"}, {"drop"}, {"set","value"}, {"default","value"}`,
    );
  }
  for (const name of Object.keys(step)) {
    if (SHAPES[kind]!.includes(name)) continue;
    const near = nearest(name, SHAPES[kind]!);
    throw invalid(`${field}.${name}`, `${field}.${name} is not a known field`, near && `did you mean ${near}?`);
  }
  for (const name of SHAPES[kind]!) {
    if (!Object.hasOwn(step, name)) throw invalid(`${field}.${name}`, `${field}.${name} is missing`);
  }
  const from = checkPointer(step[kind], `${field}.${kind}`);
  if (kind === "drop") return { drop: from.text };
  if (from.tokens.at(-1) === EACH) throw invalid(`${field}.${kind}`, `${field}.${kind} must end in a name, not in *`);
  if (kind === "rename") {
    const to = step["to"];
    if (typeof to !== "string" || to === "" || 256 < to.length) {
      throw invalid(`${field}.to`, `${field}.to must be the member's new name`);
    }
    return { rename: from.text, to };
  }
  if (kind === "move") {
    const to = checkPointer(step["to"], `${field}.to`);
    if (to.tokens.at(-1) === EACH) throw invalid(`${field}.to`, `${field}.to must end in a name, not in *`);
    if (starsIn(from.tokens) !== starsIn(to.tokens)) {
      throw invalid(`${field}.to`, `${field}.to must have as many * as ${field}.move: they stand for the same entries`);
    }
    return { move: from.text, to: to.text };
  }
  const value = step["value"]!;
  if (VALUE_MAX_CHARS < JSON.stringify(value).length) {
    throw invalid(`${field}.value`, `${field}.value must be at most ${VALUE_MAX_CHARS} characters of JSON`);
  }
  return kind === "set" ? { set: from.text, value } : { default: from.text, value };
}

function checkPointer(pointer: unknown, field: string): { text: string; tokens: string[] } {
  const isPointer = typeof pointer === "string" && /^(\/([^~/]|~[01])*)+$/u.test(pointer);
  if (!isPointer || POINTER_MAX_CHARS < pointer.length) {
    throw invalid(
      field,
      `${field} must be a JSON Pointer into the data, got ${quoted(pointer)}`,
      "for example: /customer/id",
    );
  }
  const tokens = tokensOf(pointer);
  if (MOST_TOKENS < tokens.length) throw invalid(field, `${field} must have at most ${MOST_TOKENS} parts`);
  return { text: pointer, tokens };
}

function tokensOf(pointer: string): string[] {
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function starsIn(tokens: readonly string[]): number {
  return tokens.filter((token) => token === EACH).length;
}

/**
 * The data as JSON text, after the steps.
 * @throws HooksError `too_large` when constants make it larger than an event may be
 */
export function convertData(data: Uint8Array, steps: readonly ConversionStep[]): Uint8Array {
  const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString("utf8");
  return Buffer.from(JSON.stringify(convertValue(parseExact(text), steps)));
}

/** Changes the value in place, and answers it. */
export function convertValue(value: unknown, steps: readonly ConversionStep[]): unknown {
  let room = EVENT_MAX_BYTES;
  const grow = (chars: number): void => {
    room -= chars;
    if (room < 0) throw new HooksError("too_large", "the converted data is too large", { field: "data" });
  };
  for (const step of steps) {
    if ("move" in step) move(value, step, grow);
    else if ("rename" in step) {
      for (const { parent, token } of holdersOf(value, tokensOf(step.rename))) rename(parent, token, step.to, grow);
    } else if ("drop" in step) {
      // Later entries first: taking one away moves those behind it.
      for (const { parent, token } of holdersOf(value, tokensOf(step.drop)).reverse()) take(parent, token);
    } else {
      const pointer = "set" in step ? step.set : step.default;
      const size = JSON.stringify(step.value).length;
      for (const tokens of bound(value, tokensOf(pointer))) {
        if ("default" in step && has(value, tokens)) continue;
        grow(size + pointer.length);
        put(value, tokens, structuredClone(step.value));
      }
    }
  }
  return value;
}

function move(value: unknown, step: { move: string; to: string }, grow: (chars: number) => void): void {
  const target = tokensOf(step.to);
  const found = holdersOf(value, tokensOf(step.move)).map((holder) => ({
    holder,
    taken: read(holder.parent, holder.token),
  }));
  // Entries of one array from the last on, as taking one moves those behind it.
  for (const { holder } of [...found].reverse()) take(holder.parent, holder.token);
  for (const { holder, taken } of found) {
    let star = 0;
    const tokens = target.map((token) => (token === EACH ? holder.stars[star++]! : token));
    grow(step.to.length);
    if (!put(value, tokens, taken)) restore(holder, taken);
  }
}

/** Something that holds a value, under which token, and which entries the stars on the way stood for. */
interface Holder {
  parent: JsonObject | unknown[];
  token: string;
  stars: string[];
}

/** What a pointer finds: only what is there. */
function holdersOf(root: unknown, tokens: readonly string[]): Holder[] {
  let at: { value: unknown; stars: string[] }[] = [{ value: root, stars: [] }];
  for (const token of tokens.slice(0, -1)) {
    at = at.flatMap(({ value, stars }) => {
      if (token === EACH && Array.isArray(value)) {
        return value.map((entry: unknown, index) => ({ value: entry, stars: [...stars, String(index)] }));
      }
      return isContainer(value) && hasOwn(value, token) ? [{ value: read(value, token), stars }] : [];
    });
  }
  const last = tokens.at(-1)!;
  return at.flatMap(({ value, stars }): Holder[] => {
    if (!isContainer(value)) return [];
    if (last === EACH && Array.isArray(value)) {
      return value.map((_, index) => ({ parent: value, token: String(index), stars }));
    }
    return hasOwn(value, last) ? [{ parent: value, token: last, stars }] : [];
  });
}

/** The pointer with its stars replaced, for each combination of entries that exists. */
function bound(root: unknown, tokens: readonly string[]): string[][] {
  let at: { value: unknown; tokens: string[] }[] = [{ value: root, tokens: [] }];
  for (const token of tokens) {
    at = at.flatMap(({ value, tokens: before }) => {
      if (token === EACH && Array.isArray(value)) {
        return value.map((entry: unknown, index) => ({ value: entry, tokens: [...before, String(index)] }));
      }
      const next = isContainer(value) && hasOwn(value, token) ? read(value, token) : undefined;
      return token === EACH && !isJsonObject(value) ? [] : [{ value: next, tokens: [...before, token] }];
    });
  }
  return at.map(({ tokens: whole }) => whole);
}

/** Makes the objects that are missing on the way. False: something that is none stands there. */
function put(root: unknown, tokens: readonly string[], value: unknown): boolean {
  let parent: unknown = root;
  for (const token of tokens.slice(0, -1)) {
    if (!isContainer(parent)) return false;
    if (!hasOwn(parent, token)) {
      if (Array.isArray(parent)) return false;
      define(parent, token, {});
    }
    parent = read(parent, token);
  }
  const last = tokens.at(-1)!;
  if (!isContainer(parent)) return false;
  if (!Array.isArray(parent)) {
    define(parent, last, value);
    return true;
  }
  if (!hasOwn(parent, last)) return false;
  parent[Number(last)] = value;
  return true;
}

function rename(parent: Holder["parent"], token: string, to: string, grow: (chars: number) => void): void {
  if (Array.isArray(parent) || token === to) return;
  grow(to.length);
  const members = Object.keys(parent).map((name) => [name, read(parent, name)] as const);
  for (const [name] of members) delete parent[name];
  for (const [name, value] of members) {
    if (name === token) define(parent, to, value);
    else if (name !== to) define(parent, name, value);
  }
}

function take(parent: Holder["parent"], token: string): void {
  if (Array.isArray(parent)) parent.splice(Number(token), 1);
  else delete parent[token];
}

function restore({ parent, token }: Holder, value: unknown): void {
  if (Array.isArray(parent)) parent.splice(Number(token), 0, value);
  else define(parent, token, value);
}

function has(root: unknown, tokens: readonly string[]): boolean {
  let value: unknown = root;
  for (const token of tokens) {
    if (!isContainer(value) || !hasOwn(value, token)) return false;
    value = read(value, token);
  }
  return true;
}

function isContainer(value: unknown): value is JsonObject | unknown[] {
  return Array.isArray(value) || (isJsonObject(value) && !isExactNumber(value));
}

function hasOwn(value: JsonObject | unknown[], token: string): boolean {
  if (!Array.isArray(value)) return Object.hasOwn(value, token);
  return /^(0|[1-9]\d{0,8})$/.test(token) && Number(token) < value.length;
}

function read(value: JsonObject | unknown[], token: string): unknown {
  return Reflect.get(value, token);
}

/** Defined and not assigned: `__proto__` is a name like any other. */
function define(object: JsonObject, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
