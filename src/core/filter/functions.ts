import { parseInstant } from "../instant.ts";
import { containsText, isNumber } from "./compare.ts";
import type { FunctionName } from "./expression.ts";
import { Fault, isList, isObject, kindOfValue, Moment, Optional, Span, type Value } from "./values.ts";
import { TOO_MUCH_WORK, type Work } from "./work.ts";

type Run = (work: Work) => Value | Fault;

/** Texts longer than this are no numbers, times or durations. */
const MOST_DIGITS = 64;
const DAY_MS = 86_400_000;
/** From 1970, as far as a `Date` goes. */
const FURTHEST_MS = 8.64e15;

/** Its arguments are worked out first, from left to right; one that fails is what becomes of the whole. */
export function callOf(name: Exclude<FunctionName, "orValue">, args: readonly Run[]): Run {
  const [first, second] = args as [Run, Run | undefined];
  const call = CALLS[name];
  return (work) => {
    const one = first(work);
    if (one instanceof Fault) return one;
    const other = second === undefined ? null : second(work);
    return other instanceof Fault ? other : call(work, one, other);
  };
}

type Call = (work: Work, one: Value, other: Value) => Value | Fault;

const CALLS: Record<Exclude<FunctionName, "orValue">, Call> = {
  size(work, one) {
    if (typeof one === "string") return work.spend(1 + (one.length >>> 2)) ? BigInt(codePoints(one)) : TOO_MUCH_WORK;
    if (isList(one)) return BigInt(one.length);
    if (!isObject(one)) return new Fault(`${kindOfValue(one)} has no size`);
    const { length } = Object.keys(one);
    return work.spend(1 + length) ? BigInt(length) : TOO_MUCH_WORK;
  },
  contains: ofTexts("contains", containsText),
  startsWith: ofTexts("startsWith", (work, one, other) =>
    work.spendText(other.length) ? one.startsWith(other) : TOO_MUCH_WORK,
  ),
  endsWith: ofTexts("endsWith", (work, one, other) =>
    work.spendText(other.length) ? one.endsWith(other) : TOO_MUCH_WORK,
  ),
  lowerAscii: ofText("lowerAscii", (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  upperAscii: ofText("upperAscii", (text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  trim: ofText("trim", (text) => text.trim()),
  hasValue: (_work, one) =>
    one instanceof Optional ? one.value !== undefined : new Fault(`hasValue() follows ".?", not ${kindOfValue(one)}`),
  int: (_work, one) => toInt(one),
  double: (_work, one) => toDouble(one),
  string: (_work, one) => toText(one),
  bool: (_work, one) => toBoolean(one),
  dyn: (_work, one) => one,
  timestamp: (_work, one) => toMoment(one),
  duration: (_work, one) => toSpan(one),
  getFullYear: ofTime("getFullYear", (date) => date.getUTCFullYear()),
  getMonth: ofTime("getMonth", (date) => date.getUTCMonth()),
  getDate: ofTime("getDate", (date) => date.getUTCDate()),
  getDayOfMonth: ofTime("getDayOfMonth", (date) => date.getUTCDate() - 1),
  getDayOfWeek: ofTime("getDayOfWeek", (date) => date.getUTCDay()),
  getDayOfYear: ofTime("getDayOfYear", (date) =>
    Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS),
  ),
  getHours: ofTime("getHours", (date) => date.getUTCHours()),
  getMinutes: ofTime("getMinutes", (date) => date.getUTCMinutes()),
  getSeconds: ofTime("getSeconds", (date) => date.getUTCSeconds()),
  getMilliseconds: ofTime("getMilliseconds", (date) => date.getUTCMilliseconds()),
};

function ofTexts(name: string, of: (work: Work, one: string, other: string) => Value | Fault): Call {
  return (work, one, other) => {
    if (typeof one !== "string") return new Fault(`${name}() is asked of a string, not of ${kindOfValue(one)}`);
    if (typeof other !== "string") return new Fault(`${name}() takes a string, not ${kindOfValue(other)}`);
    return of(work, one, other);
  };
}

function ofText(name: string, of: (text: string) => string): Call {
  return (work, one) => {
    if (typeof one !== "string") return new Fault(`${name}() is asked of a string, not of ${kindOfValue(one)}`);
    return work.spend(1 + (one.length >>> 1)) ? of(one) : TOO_MUCH_WORK;
  };
}

/** In UTC. */
function ofTime(name: string, of: (date: Date) => number): Call {
  return (_work, one) => {
    if (!(one instanceof Moment)) {
      return new Fault(`${name}() is asked of a time (timestamp("…")), not of ${kindOfValue(one)}`);
    }
    const part = of(new Date(one.ms));
    return Number.isNaN(part) ? new Fault("the time is too far away") : BigInt(part);
  };
}

/** Characters, not UTF-16 units. */
function codePoints(text: string): number {
  let pairs = 0;
  for (let at = 0; at + 1 < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0xd800 || 0xdbff < unit) continue;
    const next = text.charCodeAt(at + 1);
    if (0xdc00 <= next && next <= 0xdfff) {
      pairs += 1;
      at += 1;
    }
  }
  return text.length - pairs;
}

function toInt(value: Value): Value | Fault {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") {
    return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : new Fault("int(): more than 64 bits");
  }
  if (value instanceof Moment) return BigInt(Math.floor(value.ms / 1_000));
  if (typeof value === "string" && /^[+-]?\d{1,18}$/.test(value)) return BigInt(value.replace(/^\+/, ""));
  return new Fault(`int(): ${whatIsNo(value)} whole number`);
}

function toDouble(value: Value): Value | Fault {
  if (isNumber(value)) return Number(value);
  const isDecimal = (text: string) =>
    text.length <= MOST_DIGITS && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text);
  if (typeof value === "string" && isDecimal(value)) return Number(value);
  return new Fault(`double(): ${whatIsNo(value)} number`);
}

function toText(value: Value): Value | Fault {
  if (typeof value === "string") return value;
  if (isNumber(value) || typeof value === "boolean") return String(value);
  if (value instanceof Moment && Math.abs(value.ms) <= FURTHEST_MS) return new Date(value.ms).toISOString();
  if (value instanceof Span) return `${value.ms / 1_000}s`;
  return new Fault(`string(): ${kindOfValue(value)} cannot be written as text`);
}

function toBoolean(value: Value): Value | Fault {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "True" || value === "TRUE" || value === "t" || value === "1") return true;
  if (value === "false" || value === "False" || value === "FALSE" || value === "f" || value === "0") return false;
  return new Fault(`bool(): ${whatIsNo(value)} true or false`);
}

function toMoment(value: Value): Value | Fault {
  if (value instanceof Moment) return value;
  if (isNumber(value) && Math.abs(Number(value)) <= FURTHEST_MS / 1_000) return new Moment(Number(value) * 1_000);
  const at = typeof value === "string" && value.length <= MOST_DIGITS ? parseInstant(value) : undefined;
  return at === undefined ? new Fault(`timestamp(): ${whatIsNo(value)} time (2026-01-31T12:00:00Z)`) : new Moment(at);
}

/** As CEL writes them, `1h30m`, `1.5s`; days as everywhere in hooks. */
function toSpan(value: Value): Value | Fault {
  if (value instanceof Span) return value;
  if (typeof value === "string" && value.length <= MOST_DIGITS) {
    const ms = spanOf(value);
    if (ms !== undefined) return new Span(ms);
  }
  return new Fault(`duration(): ${whatIsNo(value)} duration (90m, 1h30m, 1.5s)`);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS };

function spanOf(text: string): number | undefined {
  if (!/^[+-]?(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) ms += Number(count) * UNIT_MS[unit!]!;
  return text.startsWith("-") ? -ms : ms;
}

function whatIsNo(value: Value): string {
  return `${typeof value === "string" ? "this text" : kindOfValue(value)} is no`;
}
