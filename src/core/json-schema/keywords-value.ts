import { canonicalJson, type JsonValue, kindOfJson } from "../json-value.ts";
import { quoted } from "../quoted.ts";
import type { Check } from "./check.ts";
import { FORMATS } from "./formats.ts";
import type { KeywordReader } from "./keyword-reader.ts";
import { LinearPattern, PatternFault } from "./linear-pattern.ts";

// Keywords about a value as a whole, about numbers and about strings.

const TYPES = ["null", "boolean", "object", "array", "number", "string", "integer"] as const;
type TypeName = (typeof TYPES)[number];
const MOST_SHOWN = 8;

export function valueChecks(reader: KeywordReader): Check[] {
  return [...typeChecks(reader), ...choiceChecks(reader), ...numberChecks(reader), ...stringChecks(reader)];
}

function typeChecks(reader: KeywordReader): Check[] {
  if (!reader.has("type")) return [];
  const given = reader.value("type");
  const types = Array.isArray(given) ? given : [given];
  const areTypes = types.every((one) => TYPES.includes(one as TypeName));
  if (!areTypes || types.length === 0 || new Set(types).size !== types.length) {
    reader.fail("type", `must be one or several of: ${TYPES.join(", ")}`);
  }
  const accepted = new Set(types as TypeName[]);
  const words = (types as TypeName[]).map(typeWords).join(" or ");
  return [
    (value, run) => {
      const kind = kindOfJson(value);
      if (accepted.has(kind) || (kind === "number" && accepted.has("integer") && Number.isInteger(value))) return true;
      return run.fail(`must be ${words}, got ${gotWords(value)}`);
    },
  ];
}

function typeWords(type: TypeName): string {
  if (type === "null") return "null";
  if (type === "integer") return "a whole number";
  if (type === "boolean") return "true or false";
  return type === "object" || type === "array" ? `an ${type}` : `a ${type}`;
}

function gotWords(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const kind = kindOfJson(value);
  return kind === "string" ? "a string" : `an ${kind}`;
}

function choiceChecks(reader: KeywordReader): Check[] {
  const checks: Check[] = [];
  if (reader.has("const")) {
    const constant = reader.value("const");
    checks.push(isOneOf([constant], `must be ${shown(constant)}`));
  }
  const choices = reader.list("enum");
  if (choices !== undefined) {
    if (choices.length === 0) reader.fail("enum", "must not be empty");
    const more = MOST_SHOWN < choices.length ? " …" : "";
    checks.push(isOneOf(choices, `must be one of: ${choices.slice(0, MOST_SHOWN).map(shown).join(", ")}${more}`));
  }
  return checks;
}

function isOneOf(choices: readonly JsonValue[], message: string): Check {
  const simple = new Set(choices.filter(isSimple));
  const composed = new Set(choices.filter((one) => !isSimple(one)).map(canonicalJson));
  return (value, run) => {
    if (isSimple(value)) return simple.has(value) || run.fail(message);
    if (composed.size === 0) return run.fail(message);
    const text = canonicalJson(value);
    run.effort.spend(text.length);
    return composed.has(text) || run.fail(message);
  };
}

function isSimple(value: unknown): value is null | boolean | number | string {
  return typeof value !== "object" || value === null;
}

function shown(value: unknown): string {
  return typeof value === "string" ? quoted(value) : quoted(value).slice(0, 60);
}

function numberChecks(reader: KeywordReader): Check[] {
  const checks: Check[] = [];
  const compare = (keyword: string, fits: (value: number, bound: number) => boolean, words: string): void => {
    const bound = reader.number(keyword);
    if (bound === undefined) return;
    checks.push((value, run) => typeof value !== "number" || fits(value, bound) || run.fail(`${words} ${bound}`));
  };
  compare("minimum", (value, bound) => bound <= value, "must be at least");
  compare("maximum", (value, bound) => value <= bound, "must be at most");
  compare("exclusiveMinimum", (value, bound) => bound < value, "must be more than");
  compare("exclusiveMaximum", (value, bound) => value < bound, "must be less than");
  const step = reader.number("multipleOf");
  if (step !== undefined && step <= 0) reader.fail("multipleOf", "must be more than 0");
  compare("multipleOf", isMultiple, "must be a multiple of");
  return checks;
}

/** 0.3 is a multiple of 0.1, although the quotient of the doubles is not whole. */
function isMultiple(value: number, step: number): boolean {
  const quotient = value / step;
  if (Number.isInteger(quotient)) return true;
  if (!Number.isFinite(quotient)) return value % step === 0;
  return Math.abs(quotient - Math.round(quotient)) <= 4 * Number.EPSILON * Math.abs(quotient);
}

function stringChecks(reader: KeywordReader): Check[] {
  const checks: Check[] = [];
  const least = reader.count("minLength");
  const most = reader.count("maxLength");
  const pattern = reader.text("pattern");
  const format = reader.text("format");
  const onText = (fits: (text: string) => boolean, message: string): void => {
    checks.push((value, run) => typeof value !== "string" || fits(value) || run.fail(message));
  };
  // Counted in code points; the UTF-16 length is between that and twice as much.
  if (least !== undefined) {
    onText(
      (text) => 2 * least <= text.length || least <= lengthOf(text),
      least === 1 ? "must not be empty" : `must have at least ${least} characters`,
    );
  }
  if (most !== undefined) {
    onText((text) => text.length <= most || lengthOf(text) <= most, `must have at most ${most} characters`);
  }
  if (pattern !== undefined) {
    const linear = linearPattern(pattern, (why) => reader.fail("pattern", why));
    checks.push(
      (value, run) =>
        typeof value !== "string" || linear.test(value, run.effort) || run.fail(`must match ${quoted(pattern)}`),
    );
  }
  const isOfFormat = format === undefined ? undefined : FORMATS.get(format);
  if (isOfFormat !== undefined) onText(isOfFormat, `must be of the format ${format}`);
  return checks;
}

function lengthOf(text: string): number {
  let length = text.length;
  for (let at = 1; at < text.length; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800) length -= 1;
  }
  return length;
}

/** @param fail throws */
export function linearPattern(source: string, fail: (why: string) => never): LinearPattern {
  try {
    return new LinearPattern(source);
  } catch (error) {
    if (error instanceof PatternFault) return fail(error.message);
    throw error;
  }
}
