import { Fault, isList, isObject, kindOfValue, Moment, memberOf, Span, type Value } from "./values.ts";
import { TOO_MUCH_WORK, type Work } from "./work.ts";

/** Below it KMP's table costs more than it saves; the worst that a plain search does is so many times the text. */
const SHORT_NEEDLE = 32;

/** As CEL has it: values of different kinds are not equal, numbers are compared by what they are worth. */
export function equals(work: Work, one: Value, other: Value): boolean | Fault {
  if (typeof one === "string" && typeof other === "string") {
    if (one.length !== other.length) return false;
    return work.spendText(one.length) ? one === other : TOO_MUCH_WORK;
  }
  if (one === other) return true;
  if (isNumber(one) && isNumber(other)) return isWorthTheSame(one, other);
  if (isList(one)) return isList(other) && one.length === other.length ? sameItems(work, one, other) : false;
  if (one instanceof Moment) return other instanceof Moment && one.ms === other.ms;
  if (one instanceof Span) return other instanceof Span && one.ms === other.ms;
  return isObject(one) && isObject(other) ? sameMembers(work, one, other) : false;
}

/** Negative, 0, positive; NaN: neither (a number is not a number). */
export function order(work: Work, one: Value, other: Value): number | Fault {
  if (isNumber(one) && isNumber(other)) return orderOf(one, other);
  if (typeof one === "string" && typeof other === "string") {
    if (!work.spendText(Math.min(one.length, other.length))) return TOO_MUCH_WORK;
    return one < other ? -1 : Number(other < one);
  }
  if (one instanceof Moment && other instanceof Moment) return one.ms - other.ms;
  if (one instanceof Span && other instanceof Span) return one.ms - other.ms;
  if (typeof one === "boolean" && typeof other === "boolean") return Number(one) - Number(other);
  return new Fault(`${kindOfValue(one)} cannot be compared with ${kindOfValue(other)}`);
}

/** `one in other`: an item of a list, or the name of a member. */
export function isIn(work: Work, one: Value, other: Value): boolean | Fault {
  if (isList(other)) {
    for (const item of other) {
      if (!work.spend(1)) return TOO_MUCH_WORK;
      const same = equals(work, one, item);
      if (same !== false) return same;
    }
    return false;
  }
  if (isObject(other)) return typeof one === "string" && memberOf(other, one) !== undefined;
  return new Fault(`nothing can be in ${kindOfValue(other)}: it takes a list or an object`);
}

/** Whether the text contains the other. Linear in both, also for a text that was made to be slow to search. */
export function containsText(work: Work, text: string, wanted: string): boolean | Fault {
  if (!work.spendText(text.length)) return TOO_MUCH_WORK;
  if (wanted.length <= SHORT_NEEDLE) return text.includes(wanted);
  if (text.length < wanted.length) return false;
  if (!work.spend((text.length + wanted.length) >>> 2)) return TOO_MUCH_WORK;
  const back = prefixTable(wanted);
  let matched = 0;
  for (let at = 0; at < text.length; at++) {
    while (0 < matched && text.charCodeAt(at) !== wanted.charCodeAt(matched)) matched = back[matched - 1]!;
    if (text.charCodeAt(at) === wanted.charCodeAt(matched)) matched += 1;
    if (matched === wanted.length) return true;
  }
  return false;
}

/** Knuth, Morris, Pratt: for each beginning, the longest end of it that is a beginning, too. */
function prefixTable(wanted: string): Uint32Array {
  const table = new Uint32Array(wanted.length);
  let matched = 0;
  for (let at = 1; at < wanted.length; at++) {
    while (0 < matched && wanted.charCodeAt(at) !== wanted.charCodeAt(matched)) matched = table[matched - 1]!;
    if (wanted.charCodeAt(at) === wanted.charCodeAt(matched)) matched += 1;
    table[at] = matched;
  }
  return table;
}

function sameItems(work: Work, one: readonly Value[], other: readonly Value[]): boolean | Fault {
  for (const [at, item] of one.entries()) {
    if (!work.spend(1)) return TOO_MUCH_WORK;
    const same = equals(work, item, other[at]!);
    if (same !== true) return same;
  }
  return true;
}

function sameMembers(
  work: Work,
  one: { readonly [name: string]: Value },
  other: { readonly [name: string]: Value },
): boolean | Fault {
  const names = Object.keys(one);
  const others = Object.keys(other).length;
  if (!work.spend(1 + names.length + others)) return TOO_MUCH_WORK;
  if (names.length !== others) return false;
  for (const name of names) {
    const there = memberOf(other, name);
    if (there === undefined) return false;
    const same = equals(work, one[name]!, there);
    if (same !== true) return same;
  }
  return true;
}

export function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** Between the two kinds of numbers JavaScript compares exactly. */
function isWorthTheSame(one: number | bigint, other: number | bigint): boolean {
  return !(one < other) && !(other < one) && !Number.isNaN(one) && !Number.isNaN(other);
}

function orderOf(one: number | bigint, other: number | bigint): number {
  if (one < other) return -1;
  if (other < one) return 1;
  return isWorthTheSame(one, other) ? 0 : Number.NaN;
}
