import asyncapi from "@asyncapi/specs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDocuments, writeDocument } from "../../../src/core/catalogue/documents/document-format.ts";
import { DOCUMENT_FORMATS, type DocumentFormat } from "../../../src/core/catalogue/documents/format-names.ts";
import { toJsonSchema } from "../../../src/core/catalogue/documents/json-schema-document.ts";
import { PACK_NAMES } from "../../../src/core/catalogue/packs/pack-names.ts";
import { packNamed } from "../../../src/core/catalogue/packs/registry.ts";
import { bareType, type TypeDefinition } from "../../../src/core/catalogue/type-definition.ts";
import { madeTypes } from "./made-types.ts";

/** As a file holds it. */
function written(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function byName(types: readonly TypeDefinition[]): TypeDefinition[] {
  const key = ({ name, version }: TypeDefinition) => `${name} ${version}`;
  return types.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
}

function throughDocument(format: DocumentFormat, types: readonly TypeDefinition[]): TypeDefinition[] {
  return readDocuments([{ name: "catalogue.json", value: written(writeDocument(format, types)) }]);
}

const LINE = { type: "object", properties: { parts: { type: "array", items: { $ref: "#/$defs/line" } } } };
const EVERYTHING: TypeDefinition[] = [
  {
    ...bareType("order.paid"),
    version: "1",
    isDefault: false,
    description: "An order was paid.",
    schema: {
      type: "object",
      properties: { lines: { type: "array", items: { $ref: "#/$defs/line" } } },
      $defs: { line: LINE },
    },
    example: { lines: [{ parts: [] }] },
    tags: ["orders", "money"],
    deprecated: true,
  },
  {
    ...bareType("order.paid"),
    version: "2",
    schema: { type: "object", properties: { at: { prefixItems: [{ type: "integer" }], items: false } } },
    example: { at: [1] },
    down: { to: "1", steps: [{ drop: "/at" }] },
  },
  bareType("order.seen"),
  { ...bareType("order.any"), schema: true, example: null },
];

describe.each(DOCUMENT_FORMATS)("exported as %s and imported", (format) => {
  it.each([...PACK_NAMES])("the pack %s is what it was", (name) => {
    expect(byName(throughDocument(format, packNamed(name)))).toEqual(byName(packNamed(name)));
  });

  it("versions, recursion, a type without a schema, everything is what it was", () => {
    expect(byName(throughDocument(format, EVERYTHING))).toEqual(byName(EVERYTHING));
  });

  it("any catalogue is what it was", () => {
    fc.assert(
      fc.property(madeTypes, (types) => {
        expect(byName(throughDocument(format, types))).toEqual(byName(types));
      }),
      { numRuns: 300 },
    );
  });
});

describe("JSON Schema files", () => {
  it("one for each type, read together, are the catalogue again", () => {
    fc.assert(
      fc.property(madeTypes, (types) => {
        const files = types.map((type, at) => ({ name: `${at}.json`, value: written(toJsonSchema(type)) }));
        expect(byName(readDocuments(files))).toEqual(byName(types));
      }),
      { numRuns: 200 },
    );
  });

  it("are schemas of their data to any validator", () => {
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    for (const type of PACK_NAMES.flatMap(packNamed)) {
      const schema = toJsonSchema(type);
      expect(schema).toMatchObject({ title: type.name, description: type.description, examples: [type.example] });
      expect(ajv.validate(schema, type.example)).toBe(true);
      expect(ajv.validate(schema, "no object")).toBe(false);
    }
  });
});

describe("what is exported is what its standard says", () => {
  const specs = asyncapi as unknown as { schemasWithoutId: Record<string, object> };
  const everyType = [...EVERYTHING, ...PACK_NAMES.flatMap(packNamed)].filter(
    ({ name, version }, at, all) => all.findIndex((other) => other.name === name && other.version === version) === at,
  );

  it.each([
    ["asyncapi", "3.0.0"],
    ["asyncapi-2", "2.6.0"],
  ] as const)("%s: %s", (format, version) => {
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    const validate = ajv.compile(specs.schemasWithoutId[version] ?? false);
    const document = written(writeDocument(format, everyType)) as Record<string, unknown>;
    expect(document["asyncapi"]).toBe(version);
    expect(validate(document), JSON.stringify(validate.errors?.slice(0, 5))).toBe(true);
    expect(validate({ ...document, info: {} })).toBe(false);
  });

  it("openapi: 3.1, and its examples pass its schemas", async () => {
    const document = written(writeDocument("openapi", everyType, "Shop")) as OpenApi;
    expect(document.info.title).toBe("Shop");
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    expect((await new Validator().validate({ ...structuredClone(document), info: {} })).valid).toBe(false);

    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    ajv.addSchema({ ...document, $id: "https://example.com/openapi.json" });
    for (const [key, { post }] of Object.entries(document.webhooks)) {
      const { example } = post.requestBody.content["application/json"];
      if (example === undefined) continue;
      expect(Object.keys(example)).toEqual(["type", "timestamp", "data"]);
      const at = `https://example.com/openapi.json#/webhooks/${key}/post/requestBody/content/application~1json/schema`;
      expect(ajv.validate({ $ref: at }, example), key).toBe(true);
      expect(ajv.validate({ $ref: at }, { ...example, type: "other" }), key).toBe(false);
    }
  });
});

type OpenApi = {
  info: { title: string };
  webhooks: Record<string, { post: { requestBody: { content: { "application/json": { example?: object } } } } }>;
};
