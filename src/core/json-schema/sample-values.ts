import type { JsonObject } from "../json-value.ts";
import { LinearPattern } from "./linear-pattern.ts";

// Single values that fit what several schemas say of a number or a string.

/** Undefined: there is none. */
export function sampleNumber(
  schemas: readonly JsonObject[],
  isWhole: boolean,
  random: () => number,
): number | undefined {
  const values = (keyword: string): number[] =>
    schemas.flatMap((schema) => (typeof schema[keyword] === "number" ? [schema[keyword]] : []));
  const steps = values("multipleOf").map((step) =>
    isWhole && !Number.isInteger(step) ? step * denominator(step) : step,
  );
  const step = steps.length === 0 ? (isWhole ? 1 : 0.01) : steps.reduce(commonMultiple, isWhole ? 1 : steps[0]!);
  const above = values("exclusiveMinimum");
  const below = values("exclusiveMaximum");
  const least = Math.max(...values("minimum"), ...above);
  const most = Math.min(...values("maximum"), ...below);
  const from = Number.isFinite(least) ? least : Number.isFinite(most) ? most - 100 * step : step;
  const to = Number.isFinite(most) ? most : from + 100 * Math.max(step, 1);
  let first = Math.ceil(from / step);
  let last = Math.floor(to / step);
  if (above.includes(first * step)) first += 1;
  if (below.includes(last * step)) last -= 1;
  if (last < first) {
    // Between two steps: any number in between, if it need not be a multiple.
    const between = (from + to) / 2;
    return steps.length === 0 && !isWhole && from <= to ? between : undefined;
  }
  const chosen = (first + Math.floor(random() * Math.min(last - first + 1, 1_000))) * step;
  return isWhole ? Math.round(chosen) : Number(chosen.toPrecision(15));
}

function denominator(step: number): number {
  const decimals = /\.(\d+)/.exec(String(step))?.[1]?.length ?? 0;
  return 10 ** Math.min(decimals, 9);
}

function commonMultiple(one: number, other: number): number {
  if (!Number.isInteger(one) || !Number.isInteger(other)) return Math.max(one, other);
  let [a, b] = [one, other];
  while (b !== 0) [a, b] = [b, a % b];
  return (one / a) * other;
}

const DIGITS = "0123456789abcdef";

/** Of each format a text; `hex` draws digits. */
const TEXTS_OF_FORMAT: Readonly<Record<string, (hex: (count: number) => string, day: string) => string>> = {
  "date-time": (_hex, day) => `2026-01-${day}T12:00:00Z`,
  date: (_hex, day) => `2026-01-${day}`,
  time: () => "12:00:00Z",
  duration: () => "PT1H",
  email: () => "ada@example.com",
  "idn-email": () => "ada@example.com",
  hostname: () => "www.example.com",
  "idn-hostname": () => "www.example.com",
  ipv4: () => "192.0.2.1",
  ipv6: () => "2001:db8::1",
  uri: () => "https://example.com/path",
  "uri-reference": () => "/path",
  iri: () => "https://example.com/path",
  "iri-reference": () => "/path",
  "uri-template": () => "https://example.com/{id}",
  uuid: (hex) => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  "json-pointer": () => "/a/b",
  "relative-json-pointer": () => "0/a",
  regex: () => "^a+$",
};

/** What a member's name says of its value. */
const TEXTS_OF_NAME: readonly [name: RegExp, text: (hex: (count: number) => string) => string][] = [
  [/(^|_)(id|key|token|reference)$|Id$/, (hex) => hex(12)],
  [/e_?mail$/i, () => "ada@example.com"],
  [/(^|_)(url|uri|link|website)$|Url$/, () => "https://example.com/path"],
  [/(^|_)(at|time|timestamp)$|At$/, () => "2026-01-15T12:00:00Z"],
  [/(^|_)date$|Date$/, () => "2026-01-15"],
  [/currency$/i, () => "usd"],
  [/country(_code)?$/i, () => "DE"],
  [/phone(_number)?$/i, () => "+15550100"],
  [/(first|given)_?name$/i, () => "Ada"],
  [/(last|family)_?name$|surname$/i, () => "Lovelace"],
  [/name$/i, () => "Ada Lovelace"],
];

/** Undefined: none was found. */
export function sampleText(schemas: readonly JsonObject[], name: string, random: () => number): string | undefined {
  const texts = (keyword: string): string[] =>
    schemas.flatMap((schema) => (typeof schema[keyword] === "string" ? [schema[keyword]] : []));
  const least = Math.max(0, ...schemas.map(({ minLength }) => Number(minLength ?? 0)));
  const most = Math.min(...schemas.map(({ maxLength }) => Number(maxLength ?? Number.POSITIVE_INFINITY)));
  if (most < least || 100_000 < least) return undefined;
  const hex = (count: number): string =>
    Array.from({ length: count }, () => DIGITS[Math.floor(random() * 16)]).join("");
  const day = String(1 + Math.floor(random() * 28)).padStart(2, "0");
  const format = texts("format").find((one) => Object.hasOwn(TEXTS_OF_FORMAT, one));
  const [pattern] = texts("pattern");
  if (pattern !== undefined) return ofPattern(new LinearPattern(pattern), least, most, random);
  if (format !== undefined) return TEXTS_OF_FORMAT[format]!(hex, day);
  const byName = TEXTS_OF_NAME.find(([names]) => names.test(name))?.[1](hex);
  const text = byName ?? (name === "" ? "text" : name.replaceAll("_", " "));
  return [...text.padEnd(least, " text")].slice(0, most).join("");
}

/** The judge says whether it fits: here only its length is looked at. */
function ofPattern(pattern: LinearPattern, least: number, most: number, random: () => number): string | undefined {
  for (let extra = 1; extra <= 2 * Math.max(least, 4); extra *= 2) {
    for (const much of [extra, extra - 1]) {
      const text = pattern.sample(random, much);
      if (least <= text.length && text.length <= most) return text;
    }
  }
  const short = pattern.sample(random, 0);
  return short.length < least ? short.padEnd(least, "a") : short;
}
