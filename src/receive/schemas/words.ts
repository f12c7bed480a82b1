import { type Static, type TSchema, Type } from "typebox";
import { SCOPE_NAME_PATTERN } from "../../core/scope.ts";

// The words that the schemas are written in. `description` says what a value is; it also stands in the error when a
// pattern or a choice of forms does not fit ("limit must be: a whole number from 1 to 200").

/** An object that takes no members but these: for what comes in. */
export function closed<Properties extends Record<string, TSchema>>(properties: Properties, options: object = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** The value or null: one schema with two types, so that an error names both. */
export function orNull<Value extends TSchema>(schema: Value) {
  return Type.Unsafe<Static<Value> | null>({ ...schema, type: [(schema as { type?: string }).type, "null"] });
}

/** What stands under its name among the document's components. */
export function ref(name: string) {
  return Type.Unsafe<unknown>(Type.Ref(`${name}#`));
}

/** The same for a schema that is at hand, with its type. */
export function refTo<Schema extends TSchema>(schema: Schema) {
  return Type.Unsafe<Static<Schema>>(Type.Ref(`${(schema as { $id?: string }).$id}#`));
}

/** A page of a list, newest first. */
export function pageOfRefs(name: string) {
  return Type.Object({
    data: Type.Array(ref(name)),
    next_cursor: orNull(Type.String({ description: "give it as cursor for the next page; null at the end" })),
  });
}

export const INSTANT = Type.String({ format: "date-time", description: "ISO 8601, UTC, with milliseconds" });
export const DURATION = Type.String({ maxLength: 20, description: 'a duration such as "10s", "5m", "24h", "7d"' });

export const SCOPE_NAME = Type.String({
  pattern: SCOPE_NAME_PATTERN.source,
  description: '1 to 32 characters of a-z, 0-9 and "-"',
});

/** A part of a body that is passed on byte for byte: any JSON. */
export const RAW_JSON = Type.Unsafe<Uint8Array>({ description: "any JSON; its bytes are kept as they came" });
export const RAW_OBJECT = Type.Unsafe<Uint8Array>({
  type: "object",
  description: "a JSON object; its bytes are kept as they came",
});

/** An object with members of any name. */
export function record<Value>(values: object, options: object = {}) {
  return Type.Unsafe<Record<string, Value>>({ type: "object", additionalProperties: values, ...options });
}
