import { isJsonObject } from "../json-value.ts";
import { nearest } from "../nearest.ts";
import { memberPath } from "./field-diff.ts";

/** Something in a set-up that is not in its form. */
export interface SetupProblem {
  /** Its place in the document: `subscriptions[2].retry.delays`. */
  field: string;
  /** Goes after the name of the field: "must be a text". */
  message: string;
  hint?: string | undefined;
}

/** Looks at the value that stands at `field`, and reports what is wrong with its form. What it says is for others. */
export type Shape = (value: unknown, field: string, report: (problem: SetupProblem) => void) => void;

function kind(words: string, isOf: (value: unknown) => boolean): Shape {
  return (value, field, report) => {
    if (!isOf(value)) report({ field, message: `must be ${words}, got ${kindOf(value)}` });
  };
}

export const text = kind("a text", (value) => typeof value === "string");
export const flag = kind("true or false", (value) => typeof value === "boolean");
export const number = kind("a number", (value) => typeof value === "number");
export const textOrNumber = kind("a text or a number", (value) => ["string", "number"].includes(typeof value));
export const anything: Shape = () => {};

export function orNull(shape: Shape): Shape {
  return (value, field, report) => {
    if (value !== null) shape(value, field, report);
  };
}

export function listOf(shape: Shape, most: number): Shape {
  return (value, field, report) => {
    if (!Array.isArray(value)) report({ field, message: `must be a list, got ${kindOf(value)}` });
    else if (most < value.length) report({ field, message: `must be a list of at most ${most.toLocaleString("en")}` });
    else for (const [at, entry] of value.entries()) shape(entry, `${field}[${at}]`, report);
  };
}

export function mapOf(shape: Shape): Shape {
  return (value, field, report) => {
    if (!isJsonObject(value)) report({ field, message: `must be a mapping, got ${kindOf(value)}` });
    else for (const [name, entry] of Object.entries(value)) shape(entry, memberPath(field, name), report);
  };
}

/** A mapping with these members and no others. */
export function fieldsOf(members: Readonly<Record<string, Shape>>, required: readonly string[] = []): Shape {
  const known = Object.keys(members);
  return (value, field, report) => {
    if (!isJsonObject(value)) {
      report({ field, message: `must be a mapping, got ${kindOf(value)}` });
      return;
    }
    for (const name of required) {
      if (!Object.hasOwn(value, name)) report({ field: memberPath(field, name), message: "is missing" });
    }
    for (const [name, entry] of Object.entries(value)) {
      const shape = Object.hasOwn(members, name) ? members[name] : undefined;
      if (shape !== undefined) shape(entry, memberPath(field, name), report);
      else report({ field: memberPath(field, name), message: "is not a known field", hint: meant(name, known) });
    }
  };
}

/** One shape for each kind of value that it may be. */
export function byKind(words: string, shapes: { text?: Shape; list?: Shape; mapping?: Shape }): Shape {
  return (value, field, report) => {
    const shape = typeof value === "string" ? shapes.text : Array.isArray(value) ? shapes.list : shapes.mapping;
    const isObject = typeof value === "object" && value !== null;
    if (shape === undefined || (typeof value !== "string" && !isObject)) {
      report({ field, message: `must be ${words}, got ${kindOf(value)}` });
    } else shape(value, field, report);
  };
}

function meant(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? `accepted: ${known.join(", ")}` : `did you mean ${near}?`;
}

/** In the words of YAML, where an unquoted 1 or true is no text. */
function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "string") return "a text";
  return `${typeof value === "number" ? "the number " : ""}${JSON.stringify(value)}`;
}
