// One JSON value as programs of several languages write it.

import type { BodyChange } from "./body-changes.ts";
import type { HintCode } from "./hint.ts";

/** A number as it was written: 1.0 stays 1.0. */
interface RawNumber {
  raw: string;
}

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
  let value: unknown;
  try {
    value = JSON.parse(text, keepNumber);
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

/** Node gives the source of a value to revivers that ask for it. */
function keepNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === "number" ? ({ raw: context?.source ?? String(value) } satisfies RawNumber) : value;
}

function print(value: unknown, layout: Layout, escapes: Escapes, sorted: boolean, margin: string): string {
  if (typeof value === "string") return escapes.apply(JSON.stringify(value));
  if (typeof value !== "object" || value === null) return String(value);
  if (isNumber(value)) return value.raw;
  const inner = layout.indent === undefined ? "" : margin + layout.indent;
  const items = Array.isArray(value)
    ? value.map((item) => print(item, layout, escapes, sorted, inner))
    : (sorted ? Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)) : Object.entries(value)).map(
        ([name, item]) =>
          escapes.apply(JSON.stringify(name)) + layout.colon + print(item, layout, escapes, sorted, inner),
      );
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (items.length === 0) return open + close;
  if (layout.indent === undefined) return open + items.join(layout.comma) + close;
  return `${open}\n${inner}${items.join(`${layout.comma}\n${inner}`)}\n${margin}${close}`;
}

/** An object of the body that looks like one is printed as its text: a spelling that does not match, no more. */
function isNumber(value: object): value is RawNumber {
  return "raw" in value && typeof value.raw === "string" && Object.keys(value).length === 1;
}

function escapeMatches(text: string, pattern: RegExp, hexCase: (hex: string) => string = (hex) => hex): string {
  return text.replace(pattern, (letter) =>
    [...Array(letter.length).keys()]
      .map((at) => `\\u${hexCase(letter.charCodeAt(at).toString(16).padStart(4, "0"))}`)
      .join(""),
  );
}
