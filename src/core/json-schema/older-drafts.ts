import { isSchemaObject, type JsonSchema, mapSubschemas, type SchemaObject } from "./subschemas.ts";

/**
 * A schema of draft 7 (what AsyncAPI and older files have) as one of 2020-12. What both mean alike stays as it is;
 * a schema of 2020-12 comes out as it went in.
 */
export function toDraft2020(schema: JsonSchema): JsonSchema {
  if (!isSchemaObject(schema)) return schema;
  const inside = mapSubschemas(schema, toDraft2020);
  return withIdName(withDependencies(withPrefixItems(inside)));
}

/** `items` as a list became `prefixItems`, and `additionalItems` became `items`. */
function withPrefixItems(schema: SchemaObject): SchemaObject {
  if (!Array.isArray(schema["items"])) return schema;
  const { items, additionalItems, ...rest } = schema;
  return { ...rest, prefixItems: items, ...(additionalItems === undefined ? {} : { items: additionalItems }) };
}

/** `dependencies` became `dependentSchemas` and `dependentRequired`. */
function withDependencies(schema: SchemaObject): SchemaObject {
  const { dependencies, ...rest } = schema;
  if (!isSchemaObject(dependencies)) return schema;
  const lists = Object.entries(dependencies).filter(([, value]) => Array.isArray(value));
  const schemas = Object.entries(dependencies).filter(([, value]) => !Array.isArray(value));
  return {
    ...rest,
    ...(lists.length === 0 ? {} : { dependentRequired: Object.fromEntries(lists) }),
    ...(schemas.length === 0 ? {} : { dependentSchemas: Object.fromEntries(schemas) }),
  };
}

/** `"$id": "#name"` became `"$anchor": "name"`; the dialect that is named is no longer the one it is in. */
function withIdName(schema: SchemaObject): SchemaObject {
  const { $id, $schema, ...rest } = schema;
  const isOldDialect = typeof $schema === "string" && /json-schema\.org\/draft-0[4-7]\//.test($schema);
  const isAnchor = typeof $id === "string" && $id.startsWith("#");
  if (!isOldDialect && !isAnchor) return schema;
  return {
    ...($schema === undefined || isOldDialect ? {} : { $schema }),
    ...($id === undefined ? {} : isAnchor ? { $anchor: $id.slice(1) } : { $id }),
    ...rest,
  };
}
