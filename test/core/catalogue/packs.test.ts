import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { PACK_NAMES } from "../../../src/core/catalogue/packs/pack-names.ts";
import { packNamed } from "../../../src/core/catalogue/packs/registry.ts";
import { EVENT_TYPE_PATTERN } from "../../../src/core/event.ts";

/** What the documents of the five systems name, copied from them. */
const named = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../../fixtures/packs/named-types.json"), "utf8"),
) as Record<string, string[]> & { securebase: Record<string, string[]> };

const ajv = new Ajv2020({ strict: true, strictRequired: true, allowUnionTypes: true, allErrors: true });
formats.default(ajv);

describe.each([
  ["foresight", 25],
  ["aegisx", 4],
  ["arsmedica", 5],
  ["dotmac", 41],
  ["securebase", 11],
])("the pack %s", (packName, size) => {
  const types = packNamed(packName);

  it("has every type that the system's document names, and no other", () => {
    const names = Array.isArray(named[packName]) ? named[packName] : Object.keys(named[packName] ?? {});
    expect(names).toHaveLength(size);
    expect(types.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    for (const { name } of types) expect(name).toMatch(EVENT_TYPE_PATTERN);
  });

  it.each(types.map((type) => [type.name, type] as const))("%s: described, tagged, its example passes", (_, type) => {
    expect(type.description).toMatch(/^[A-Z].{10,}\.$/);
    expect(type.tags).toHaveLength(1);
    expect(type.deprecated).toBe(false);
    const { $schema, properties, required } = type.schema as {
      $schema: string;
      properties: object;
      required: string[];
    };
    expect($schema).toBe("https://json-schema.org/draft/2020-12/schema");
    const validate = ajv.compile(type.schema as object);
    expect(validate(type.example), JSON.stringify(validate.errors)).toBe(true);
    // The example shows everything there is, and the schema means it: nothing else passes.
    expect(Object.keys(type.example as object)).toEqual(Object.keys(properties));
    expect(required.length).toBeGreaterThan(0);
    for (const field of required) {
      const { [field]: _gone, ...rest } = type.example as Record<string, unknown>;
      expect(validate(rest), `${type.name} without ${field}`).toBe(false);
      expect(validate({ ...rest, [field]: [null] }), `${type.name} with a wrong ${field}`).toBe(false);
    }
  });
});

describe("securebase", () => {
  it("has the fields of its table, all of them required, and the customer of its sample", () => {
    for (const [name, fields] of Object.entries(named.securebase)) {
      const type = packNamed("securebase").find((candidate) => candidate.name === name);
      const { required, properties } = type!.schema as { required: string[]; properties: object };
      expect([name, required.toSorted()]).toEqual([name, fields.toSorted()]);
      expect(Object.keys(properties).toSorted()).toEqual([...fields, "customer_id"].toSorted());
    }
  });
});

describe("the packs", () => {
  it("are the five, and others are refused with the nearest", () => {
    expect(PACK_NAMES).toEqual(["foresight", "aegisx", "arsmedica", "dotmac", "securebase"]);
    expect(() => packNamed("forsight")).toThrow(
      expect.objectContaining({ code: "invalid_request", field: "pack", hint: "did you mean foresight?" }),
    );
    expect(() => packNamed("__proto__")).toThrow(/pack must be one of/);
  });
});
