// One JSON value as programs of several languages write it.

import type { BodyChange } from "./body-changes.ts";
import type { HintCode } from "./hint.ts";

/** Members in the order in which they were written, which objects do not keep for names that look like numbers. */
type Json = string | RawToken | Json[] | Map<string, Json>;

/** A number as it was written (1.0 stays 1.0), true, false or null. */
interface RawToken {
  raw: string;
}

/** Reading and printing call themselves for each level. */
const MAX_DEPTH = 500;
const TOKEN = /[{}[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}[\],:"]+/g;

interface Layout {
  name: string;
  comma: string;
  colon: string;
  indent: string | undefined;
}

const LAYOUTS: readonly Layout[] = [
  { name: "compact JSON", comma: ",", colon: ":", indent: undefined },
  { name: 'JSON with ", " and ": " (Python)', comma: ", ", colon: ": ", indent: undefined },
  { name: "JSON indented by two", comma: ",", colon: ": ", indent: "  " },
  { name: "JSON indented by four", comma: ",", colon: ": ", indent: "    " },
  { name: "JSON indented by tabs", comma: ",", colon: ": ", indent: "\t" },
];

interface Escapes {
  name: string;
  apply(text: string): string;
}

const ESCAPES: readonly Escapes[] = [
  { name: "", apply: (text) => text },
  { name: "\\u escapes for what is not ASCII", apply: (text) => escapeMatches(text, /[^\x20-\x7e]/g) },
  {
    name: "\\u escapes, in upper case, for what is not ASCII",
    apply: (text) => escapeMatches(text, /[^\x20-\x7e]/g, (hex) => hex.toUpperCase()),
  },
  { name: "slashes escaped (PHP)", apply: (text) => text.replaceAll("/", "\\/") },
  {
    name: "slashes and what is not ASCII escaped (PHP)",
    apply: (text) => escapeMatches(text.replaceAll("/", "\\/"), /[^\x20-\x7e]/g),
  },
  { name: "<, > and & escaped (Go)", apply: (text) => escapeMatches(text, /[<>&\u2028\u2029]/g) },
];

/** Every spelling that differs from `text`; none when it is no JSON. */
export function* jsonSpellings(text: string): Generator<BodyChange> {
  let value: Json;
  try {
    value = readInOrder(text);
  } catch {
    return;
  }
  const seen = new Set([text]);
  for (const sorted of [false, true]) {
    for (const escapes of ESCAPES) {
      for (const layout of LAYOUTS) {
        const spelling = print(value, layout, escapes, sorted, "");
        for (const end of ["", "\n"]) {
          if (seen.has(spelling + end)) continue;
          seen.add(spelling + end);
          yield {
            code: codeOf(sorted, escapes),
            text: `It matches the body printed as ${nameOf(layout, escapes, sorted)}${end === "" ? "" : " and a line break"}: these are not the bytes that were sent; keep the raw body, before any JSON parser.`,
            body: Buffer.from(spelling + end),
          };
        }
      }
    }
  }
}

function codeOf(sorted: boolean, { name }: Escapes): HintCode {
  if (sorted) return "body_key_order";
  return name === "" ? "body_reserialized" : "body_escapes";
}

function nameOf({ name }: Layout, escapes: Escapes, sorted: boolean): string {
  return [name, sorted ? "keys sorted" : "", escapes.name].filter((part) => part !== "").join(", ");
}

/** @throws SyntaxError; RangeError for what is nested too deeply. */
function readInOrder(text: string): Json {
  JSON.parse(text);
  const tokens = text.match(TOKEN) ?? [];
  let at = 0;
  const read = (depth: number): Json => {
    if (depth > MAX_DEPTH) throw new RangeError("nested too deeply");
    const token = tokens[at++] ?? "";
    if (token === "[") {
      const items: Json[] = [];
      for (; tokens[at] !== "]"; items.push(read(depth + 1))) if (tokens[at] === ",") at++;
      at++;
      return items;
    }
    if (token === "{") {
      const members = new Map<string, Json>();
      while (tokens[at] !== "}") {
        if (tokens[at] === ",") at++;
        const name = JSON.parse(tokens[at] ?? "") as string;
        at += 2;
        members.set(name, read(depth + 1));
      }
      at++;
      return members;
    }
    return token.startsWith('"') ? (JSON.parse(token) as string) : { raw: token };
  };
  return read(0);
}

function print(value: Json, layout: Layout, escapes: Escapes, sorted: boolean, margin: string): string {
  if (typeof value === "string") return escapes.apply(JSON.stringify(value));
  if ("raw" in value) return value.raw;
  const inner = layout.indent === undefined ? "" : margin + layout.indent;
  const items = Array.isArray(value)
    ? value.map((item) => print(item, layout, escapes, sorted, inner))
    : (sorted ? [...value].sort(([one], [other]) => (one < other ? -1 : 1)) : [...value]).map(
        ([name, item]) =>
          escapes.apply(JSON.stringify(name)) + layout.colon + print(item, layout, escapes, sorted, inner),
      );
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (items.length === 0) return open + close;
  if (layout.indent === undefined) return open + items.join(layout.comma) + close;
  return `${open}\n${inner}${items.join(`${layout.comma}\n${inner}`)}\n${margin}${close}`;
}

function escapeMatches(text: string, pattern: RegExp, hexCase: (hex: string) => string = (hex) => hex): string {
  return text.replace(pattern, (letter) =>
    [...Array(letter.length).keys()]
      .map((at) => `\\u${hexCase(letter.charCodeAt(at).toString(16).padStart(4, "0"))}`)
      .join(""),
  );
}
