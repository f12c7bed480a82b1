// Fields of a pack's types: what a field is and what it looks like stand side by side, so that schema and example of a
// type are made from the same line.

import { SCHEMA_DIALECT } from "../json-schema/infer-schema.ts";
import type { SchemaObject } from "../json-schema/subschemas.ts";
import { bareType, type TypeDefinition } from "./type-definition.ts";

export interface Field {
  schema: SchemaObject;
  example: unknown;
  isOptional: boolean;
}

export type Fields = Readonly<Record<string, Field>>;

/** A type of a pack, before its tags. */
export type PackType = Pick<TypeDefinition, "name" | "description" | "schema" | "example">;

export function packType(name: string, description: string, fields: Fields): PackType {
  const { schema, example } = object(fields);
  return { name, description, schema: { $schema: SCHEMA_DIALECT, ...schema }, example };
}

/** The types of one part of a system, all with its tag. */
export function tagged(tag: string, types: readonly PackType[]): TypeDefinition[] {
  return types.map((type) => ({ ...bareType(type.name), ...type, tags: [tag] }));
}

export function text(example: string, description?: string): Field {
  return field({ type: "string" }, example, description);
}

/** A name for something, made by the publisher: never empty. */
export function id(example: string, description?: string): Field {
  return field({ type: "string", minLength: 1 }, example, description);
}

export function instant(example: string, description?: string): Field {
  return field({ type: "string", format: "date-time" }, example, description);
}

export function date(example: string, description?: string): Field {
  return field({ type: "string", format: "date" }, example, description);
}

/** Hours and minutes, `10:30`. */
export function timeOfDay(example: string, description?: string): Field {
  return field({ type: "string", pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" }, example, description);
}

export function email(example: string, description?: string): Field {
  return field({ type: "string", format: "email" }, example, description);
}

export function uri(example: string, description?: string): Field {
  return field({ type: "string", format: "uri" }, example, description);
}

/** Of a money amount: not negative, in the currency's main unit. */
export function amount(example: number, description?: string): Field {
  return field({ type: "number", minimum: 0 }, example, description);
}

/** ISO 4217. */
export function currency(example: string): Field {
  return field({ type: "string", pattern: "^[A-Z]{3}$" }, example, "ISO 4217");
}

export function number(example: number, description?: string): Field {
  return field({ type: "number" }, example, description);
}

/** A whole number, not negative. */
export function count(example: number, description?: string): Field {
  return field({ type: "integer", minimum: 0 }, example, description);
}

export function flag(example: boolean, description?: string): Field {
  return field({ type: "boolean" }, example, description);
}

/** One of a few words; the first one is the example unless one is named. */
export function oneOf(words: readonly string[], example = words[0], description?: string): Field {
  return field({ type: "string", enum: words }, example, description);
}

export function list(entry: Field, examples: readonly unknown[] = [entry.example], description?: string): Field {
  return field({ type: "array", items: entry.schema }, examples, description);
}

export function object(fields: Fields, description?: string): Field {
  const entries = Object.entries(fields);
  const required = entries.filter(([, { isOptional }]) => !isOptional).map(([name]) => name);
  const schema = {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, { schema: member }]) => [name, member])),
    ...(required.length === 0 ? {} : { required }),
  };
  return field(schema, Object.fromEntries(entries.map(([name, { example }]) => [name, example])), description);
}

/** Names and values that only the publisher knows. */
export function anyMembers(example: Readonly<Record<string, unknown>>, description?: string): Field {
  return field({ type: "object" }, example, description);
}

export function optional(given: Field): Field {
  return { ...given, isOptional: true };
}

/** May be null. The type must be a single one. */
export function orNull({ schema, ...rest }: Field): Field {
  const { type, enum: words, ...others } = schema;
  return {
    ...rest,
    schema: { type: [type, "null"], ...(Array.isArray(words) ? { enum: [...words, null] } : {}), ...others },
  };
}

function field(schema: SchemaObject, example: unknown, description: string | undefined): Field {
  return { schema: { ...schema, ...(description === undefined ? {} : { description }) }, example, isOptional: false };
}
