import { describe, expect, it } from "vitest";
import { isHooksError } from "../../../src/core/errors.ts";
import { JsonSchema } from "../../../src/core/json-schema/json-schema.ts";
import { sampleOfSchema } from "../../../src/core/json-schema/sample.ts";
import { drawFrom, makeSchema } from "./made-schemas.ts";

const INVOICE = {
  type: "object",
  required: ["id", "amount", "currency", "lines"],
  properties: {
    id: { type: "string", pattern: "^inv_[A-Za-z0-9]{8}$" },
    number: { type: "string", minLength: 3, maxLength: 12 },
    amount: { type: "integer", minimum: 100, multipleOf: 5 },
    rate: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
    currency: { enum: ["eur", "usd"] },
    status: { const: "paid" },
    customer: { $ref: "#/$defs/customer" },
    lines: { type: "array", minItems: 2, uniqueItems: true, items: { $ref: "#/$defs/line" } },
    paid_at: { type: "string", format: "date-time" },
    method: {
      oneOf: [{ type: "null" }, { type: "object", required: ["card"], properties: { card: { type: "string" } } }],
    },
    address: { allOf: [{ $ref: "#/$defs/address" }, { required: ["country"] }] },
    note: { type: ["string", "null"], default: "thanks" },
    tags: { type: "array", prefixItems: [{ const: "first" }], items: { type: "string" } },
  },
  additionalProperties: false,
  if: { properties: { status: { const: "void" } } },
  else: { required: ["paid_at"] },
  $defs: {
    customer: {
      type: "object",
      required: ["email"],
      properties: { email: { format: "email" }, parent: { $ref: "#/$defs/customer" } },
    },
    line: {
      type: "object",
      required: ["sku"],
      properties: {
        sku: { type: "string", pattern: "^[A-Z]{3}-\\d{4}$" },
        qty: { type: "integer", minimum: 1, maximum: 9 },
      },
    },
    address: {
      type: "object",
      properties: { country: { type: "string", pattern: "^[A-Z]{2}$" }, city: { type: "string" } },
    },
  },
};

describe("data made from a schema", () => {
  it("fits it, names what it names, and is the same for the same seed", () => {
    const one = sampleOfSchema(INVOICE, 1) as Record<string, unknown>;
    expect(new JsonSchema(INVOICE, "schema").misfitOf(one, "data", 1_000)).toBeUndefined();
    expect(Object.keys(one)).toEqual(Object.keys(INVOICE.properties));
    expect(one).toMatchObject({ status: "paid", note: "thanks", tags: ["first"] });
    expect(sampleOfSchema(INVOICE, 1)).toEqual(one);
    expect(sampleOfSchema(INVOICE, 2)).not.toEqual(one);
  });

  it.each([
    [{ type: "string", format: "uuid" }, /^[0-9a-f-]{36}$/],
    [{ type: "string", format: "ipv6" }, /:/],
    [{ examples: ["first", "second"] }, /^first$/],
    [{ type: "string", minLength: 40 }, /^.{40,}$/],
    [{ type: "string", maxLength: 2 }, /^.{0,2}$/],
    [{ type: "string", pattern: "^(?:ab|cd)+$", minLength: 9 }, /^(?:ab|cd){5,}$/],
  ])("%j", (schema, like) => {
    expect(sampleOfSchema(schema, 3)).toMatch(like);
  });

  it.each([
    [{ type: "integer", minimum: 5, maximum: 5 }, 5],
    [{ type: "number", minimum: 0.5, maximum: 0.5 }, 0.5],
    [{ type: "null" }, null],
    [{ const: { a: [1] } }, { a: [1] }],
    [{ example: { from: "openapi" } }, { from: "openapi" }],
    [{ type: "array", maxItems: 0 }, []],
    [{ type: "object", maxProperties: 0 }, {}],
  ])("%j: %j", (schema, value) => {
    expect(sampleOfSchema(schema, 3)).toEqual(value);
  });

  it("ends where a schema contains itself, and where nothing fits", () => {
    const tree = { type: "object", required: ["id"], properties: { id: { type: "integer" }, next: { $ref: "#" } } };
    expect(JSON.stringify(sampleOfSchema(tree, 1)).length).toBeLessThan(500);
    expect(
      sampleOfSchema({ type: "object", required: ["next"], properties: { next: { $ref: "#" } } }, 1),
    ).toBeUndefined();
    expect(sampleOfSchema(false, 1)).toBeUndefined();
    expect(sampleOfSchema({ allOf: [{ type: "string" }, { type: "integer" }] }, 1)).toBeUndefined();
  });

  it("fits whatever schema it was made from, or is none", () => {
    let made = 0;
    for (let seed = 0; seed < 300; seed++) {
      const schema = makeSchema(drawFrom(seed));
      try {
        const sample = sampleOfSchema(schema, seed);
        if (sample === undefined) continue;
        made += 1;
        expect([schema, new JsonSchema(schema, "schema").misfitOf(sample, "data", 5_000)]).toEqual([schema, undefined]);
      } catch (error) {
        // References in a circle are no schema.
        if (!isHooksError(error)) throw error;
      }
    }
    expect(made).toBeGreaterThan(150);
  });
});
