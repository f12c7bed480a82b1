// What an expression works with: JSON's values, whole numbers (of literals and counts), times and spans, and values that
// may be missing. What goes wrong is a value, too: a fault travels up until something decides without it.

import { quoted } from "../quoted.ts";

export type Value =
  | null
  | boolean
  | string
  /** Every number of the data: JSON's numbers are doubles. */
  | number
  /** Whole numbers of 64 bits: literals, counts and what is reckoned with them alone. */
  | bigint
  | readonly Value[]
  | ObjectValue
  | Moment
  | Span
  | Optional;

export interface ObjectValue {
  readonly [name: string]: Value;
}

/** Why an expression has no value for this event. */
export class Fault {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** A point in time. */
export class Moment {
  /** Unix ms. */
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A length of time. */
export class Span {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

/** What `.?` gives: a value, or none. */
export class Optional {
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }
}

export const NONE = new Optional(undefined);

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A JSON object, or what `{…}` in an expression makes. */
export function isObject(value: Value): value is ObjectValue {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Moment || value instanceof Span || value instanceof Optional)
  );
}

/** An own member only: nothing is inherited, `__proto__` and `constructor` are names like all others. */
export function memberOf(object: ObjectValue, name: string): Value | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** For people. */
export function kindOfValue(value: Value): string {
  if (value === null) return "null";
  if (isList(value)) return "a list";
  if (value instanceof Moment) return "a time";
  if (value instanceof Span) return "a duration";
  if (value instanceof Optional) return "a value that may be missing";
  switch (typeof value) {
    case "string":
      return "a string";
    case "boolean":
      return "true or false";
    case "number":
    case "bigint":
      return "a number";
    default:
      return "an object";
  }
}

/** A value as a report shows it: never longer than a line, whatever is in the data. */
export function shownValue(value: Value): string {
  if (isList(value)) return value.length === 0 ? "[]" : `a list of ${value.length}`;
  // A sum may lie beyond what a date can be.
  if (value instanceof Moment) return Math.abs(value.ms) <= 8.64e15 ? new Date(value.ms).toISOString() : "a time";
  if (value instanceof Span) return `${value.ms / 1_000}s`;
  if (value instanceof Optional) return value.value === undefined ? "none" : shownValue(value.value);
  if (isObject(value)) return Object.keys(value).length === 0 ? "{}" : "an object";
  return typeof value === "bigint" ? String(value) : quoted(value);
}
