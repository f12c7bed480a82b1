// Where schemas stand inside a schema (JSON Schema 2020-12, with the keywords of draft 7 that tools still write). What
// stands anywhere else (`const`, `enum`, `default`, `examples`) is data, also when it looks like a schema.

/** A schema, or the value true or false in the place of one. */
export type JsonSchema = boolean | SchemaObject;

export interface SchemaObject {
  [keyword: string]: unknown;
}

/** Keywords whose value is a schema. */
const SINGLE = new Set([
  "additionalItems",
  "additionalProperties",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
/** Keywords whose value is a list of schemas. */
const LISTS = new Set(["allOf", "anyOf", "items", "oneOf", "prefixItems"]);
/** Keywords whose value is an object of schemas, by names of the author's. */
const MAPS = new Set(["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"]);

export function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "boolean" || isSchemaObject(value);
}

/**
 * The same schema with each of its direct subschemas replaced by what `change` answers for it.
 * @param path of the subschema below the schema, as segments of a JSON Pointer.
 */
export function mapSubschemas(
  schema: SchemaObject,
  change: (subschema: JsonSchema, path: readonly string[]) => JsonSchema,
): SchemaObject {
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (SINGLE.has(keyword) && isSchema(value)) return [keyword, change(value, [keyword])];
    if (LISTS.has(keyword) && Array.isArray(value)) {
      return [keyword, value.map((entry, at) => (isSchema(entry) ? change(entry, [keyword, String(at)]) : entry))];
    }
    if (MAPS.has(keyword) && isSchemaObject(value)) {
      const members = Object.entries(value).map(([name, entry]) => [
        name,
        isSchema(entry) ? change(entry, [keyword, name]) : entry,
      ]);
      return [keyword, Object.fromEntries(members)];
    }
    return [keyword, value];
  });
  // Not by assignment: a member may be called __proto__.
  return Object.fromEntries(entries);
}

/** Calls `visit` for a schema and all that stand inside it, outermost first. */
export function visitSchemas(
  schema: JsonSchema,
  visit: (schema: SchemaObject, path: readonly string[]) => void,
  path: readonly string[] = [],
): void {
  if (!isSchemaObject(schema)) return;
  visit(schema, path);
  mapSubschemas(schema, (subschema, below) => {
    visitSchemas(subschema, visit, [...path, ...below]);
    return subschema;
  });
}
