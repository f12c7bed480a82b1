import fc from "fast-check";
import type { TypeDefinition } from "../../../src/core/catalogue/type-definition.ts";

const name = fc
  .array(fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("."));
const memberName = fc.oneof(
  fc.constantFrom("id", "a/b", "a~b", "$ref", "__proto__", "properties", "50%", "ü [x]#"),
  fc.string(),
);
const words = fc.oneof(fc.constantFrom("", "*/ }", "first\nsecond", "x-hooks"), fc.string({ unit: "grapheme" }));

/** Schemas with references into themselves, also recursive ones, and data that only looks like schemas. */
const schema = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(
      { type: "string", description: "x" },
      { type: ["integer", "null"] },
      { $ref: "#/$defs/part" },
      { $ref: "#/$defs/a~1b" },
      { $ref: "#/$defs/with%20space", title: "beside" },
      { $ref: "#named" },
      { $ref: "#" },
      { const: { $ref: "https://example.com/elsewhere" } },
      { enum: [{ $ref: "#/nowhere" }, null] },
      { default: { properties: { x: { $ref: "#/nowhere" } } } },
      { $id: "https://example.com/own", $defs: { x: true }, $ref: "#/$defs/x" },
      true,
      false,
    ),
    fc.record({ type: fc.constant("array"), items: tie("any") }),
    fc.record({ type: fc.constant("array"), prefixItems: fc.array(tie("any"), { maxLength: 2 }) }),
    fc.record({ anyOf: fc.array(tie("any"), { minLength: 1, maxLength: 2 }) }),
    fc.record({ properties: fc.dictionary(memberName, tie("any"), { maxKeys: 3 }) }),
    fc.record({ not: tie("any"), unevaluatedProperties: tie("any") }),
  ),
})).any;

const root = fc.record(
  {
    $schema: fc.constant("https://json-schema.org/draft/2020-12/schema"),
    $id: fc.constantFrom("https://example.com/root.json", "urn:example:root"),
    type: fc.constant("object"),
    title: words,
    description: words,
    examples: fc.array(fc.jsonValue(), { maxLength: 2 }),
    deprecated: fc.boolean(),
    properties: fc.dictionary(memberName, schema, { maxKeys: 4 }),
    allOf: fc.array(schema, { maxLength: 2 }),
    $defs: fc.record({
      part: fc.oneof(schema, fc.constant({ properties: { next: { $ref: "#/$defs/part" } } })),
      "a/b": schema,
      "with space": fc.constant({ $anchor: "named", type: "string" }),
    }),
  },
  { requiredKeys: ["$defs", "properties"] },
);

/** What export and import must bring through unchanged; each name and version once. */
export const madeTypes: fc.Arbitrary<TypeDefinition[]> = fc
  .uniqueArray(
    fc.record({
      name,
      version: fc.option(fc.stringMatching(/^[A-Za-z0-9._-]{1,4}$/)),
      description: words,
      schema: fc.oneof({ weight: 8, arbitrary: root }, fc.constantFrom(null, true, false, {})),
      example: fc.oneof(fc.constant(undefined), fc.jsonValue()),
      down: fc.option(fc.constantFrom({ to: "1", steps: [{ drop: "/a" }, { move: "/b~1c", to: "/d" }] })),
      isDefault: fc.boolean(),
      tags: fc.uniqueArray(words, { maxLength: 3 }),
      deprecated: fc.boolean(),
    }) as unknown as fc.Arbitrary<TypeDefinition>,
    { minLength: 1, maxLength: 5, selector: ({ name: type, version }) => `${type} ${version}` },
  )
  // As text and back: what JSON has no words for (-0) is in nobody's catalogue.
  .map((types) => types.map(written));

function written(type: TypeDefinition): TypeDefinition {
  const { example, ...rest } = JSON.parse(JSON.stringify(type)) as TypeDefinition;
  return { ...rest, example };
}
