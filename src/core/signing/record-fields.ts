// Reads fields of a JSON object that a user wrote; what is wrong names the field.

import { nearest } from "../nearest.ts";
import { quoted } from "../quoted.ts";

export type Json = Record<string, unknown>;

export const HEADER_NAME = /^[a-z0-9!#$%&'*+\-.^_`|~]+$/;
const DAY_SECONDS = 86_400;

/** What is wrong with which field. */
export class WrongField extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(field === "" ? message : `${field} ${message}`);
    this.field = field;
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function object(value: unknown, field: string, keys?: readonly string[]): Json {
  if (!isObject(value)) throw new WrongField(field, value === undefined ? "is missing" : "must be an object");
  if (keys !== undefined) allow(value, keys, field);
  return value;
}

export function allow(value: Json, keys: readonly string[], field: string): void {
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown === undefined) return;
  const near = nearest(unknown, keys);
  const name = field === "" ? unknown : `${field}.${unknown}`;
  throw new WrongField(
    name,
    near === undefined ? `is unknown; known: ${keys.join(", ")}` : `is unknown; did you mean "${near}"?`,
  );
}

export function text(value: unknown, field: string, mayBeEmpty = false): string {
  if (typeof value === "string" && (mayBeEmpty || value !== "")) return value;
  throw new WrongField(field, value === undefined ? "is missing" : "must be text");
}

export function match(value: unknown, pattern: RegExp, field: string, what: string): string {
  const given = text(value, field);
  if (pattern.test(given)) return given;
  throw new WrongField(field, `must be ${what}, got ${quoted(given)}`);
}

export function texts(value: unknown, field: string): string[] {
  if (!Array.isArray(value)) throw new WrongField(field, "must be a list of texts");
  return value.map((entry, index) => text(entry, `${field}[${index}]`));
}

export function headers(value: unknown, field: string): string[] {
  const names = typeof value === "string" ? [value] : texts(value, field);
  if (names.length === 0) throw new WrongField(field, "must name a header");
  return names.map((name, index) =>
    match(name.toLowerCase(), HEADER_NAME, `${field}[${index}]`, "the name of a header"),
  );
}

export function path(value: unknown, field: string): string {
  return match(value, /^[^.{}]+(\.[^.{}]+)*$/, field, "names with dots between them");
}

export function seconds(value: unknown, field: string): number {
  if (typeof value === "number" && value >= 0 && value <= 365 * DAY_SECONDS) return value;
  throw new WrongField(field, "must be a number of seconds from 0 to a year");
}

export function choice<T extends string>(value: unknown, choices: readonly T[], field: string): T {
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  const near = typeof value === "string" ? nearest(value, choices) : undefined;
  const meant = near === undefined ? "" : `; did you mean "${near}"?`;
  throw new WrongField(
    field,
    value === undefined
      ? `is missing: one of ${choices.join(", ")}`
      : `must be one of ${choices.join(", ")}, got ${quoted(value)}${meant}`,
  );
}
