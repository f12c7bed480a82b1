// The keywords of JSON Schema 2020-12, by what stands in them.

export const SINGLE_SCHEMAS: ReadonlySet<string> = new Set([
  "additionalProperties",
  "unevaluatedProperties",
  "propertyNames",
  "items",
  "unevaluatedItems",
  "contains",
  "not",
  "if",
  "then",
  "else",
  "contentSchema",
]);

export const LISTS_OF_SCHEMAS: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);

export const MAPS_OF_SCHEMAS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "dependentSchemas",
  "$defs",
  "definitions",
]);

export const ASSERTIONS: ReadonlySet<string> = new Set([
  ...["$ref", "$dynamicRef", "type", "enum", "const", "format"],
  ...["multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"],
  ...["maxLength", "minLength", "pattern"],
  ...["maxItems", "minItems", "uniqueItems", "maxContains", "minContains"],
  ...["maxProperties", "minProperties", "required", "dependentRequired"],
]);

/** They assert nothing. The last ones are OpenAPI's. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...["$id", "$anchor", "$dynamicAnchor", "$comment", "$vocabulary"],
  ...["title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples"],
  ...["contentEncoding", "contentMediaType"],
  ...["discriminator", "xml", "externalDocs", "example"],
]);

/** Keywords that an older JSON Schema asserts by, and what is written today. Passed over, they would assert nothing. */
export const OF_OLD: ReadonlyMap<string, string> = new Map([
  ["dependencies", "dependentRequired, or dependentSchemas"],
  ["additionalItems", "prefixItems for the first ones, items for those behind them"],
  ["$recursiveRef", "$dynamicRef"],
  ["$recursiveAnchor", "$dynamicAnchor"],
  ["divisibleBy", "multipleOf"],
  ["nullable", 'a list of types: "type": ["string", "null"]'],
]);
