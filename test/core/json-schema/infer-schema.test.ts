import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inferSchema } from "../../../src/core/json-schema/infer-schema.ts";

// Without `ownProperties` it takes `constructor` for a member of every object.
const ajv = new Ajv2020({ allowUnionTypes: true, ownProperties: true });
formats.default(ajv);

function passes(schema: object, value: unknown): boolean {
  return ajv.compile(schema)(value) as boolean;
}

function inferred(...samples: unknown[]): Record<string, unknown> {
  const { $schema: _dialect, $comment: _origin, ...rest } = inferSchema(samples);
  return rest;
}

function field(...values: unknown[]): unknown {
  const samples = values.map((value) => ({ value }));
  return (inferred(...samples)["properties"] as Record<string, unknown>)["value"];
}

describe("a schema that is inferred", () => {
  it("names the dialect and how much it was made of", () => {
    expect(inferSchema([{}, {}])).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $comment: "inferred from 2 events",
    });
  });

  it("requires what was always there, and leaves other members open", () => {
    expect(inferred({ id: "a", n: 1 }, { id: "b" })).toEqual({
      type: "object",
      properties: { id: { type: "string" }, n: { type: "integer" } },
      required: ["id"],
      additionalProperties: true,
    });
  });

  it.each([
    [[1, 2], { type: "integer" }],
    [[1, 2.5], { type: "number" }],
    [[true], { type: "boolean" }],
    [[null], { type: "null" }],
    [["x y", null], { type: ["string", "null"] }],
    [[1, null], { type: ["integer", "null"] }],
    [[1, "one"], { type: ["string", "integer"] }],
    [[[1, 2], []], { type: "array", items: { type: "integer" } }],
    [[[], []], { type: "array" }],
    [[[{ a: 1 }, { b: null }]], { type: "array", items: expect.objectContaining({ type: "object" }) }],
    [["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123+02:00"], { type: "string", format: "date-time" }],
    [["2026-01-31", "2024-02-29"], { type: "string", format: "date" }],
    [["ada@example.com"], { type: "string", format: "email" }],
    [["https://example.com/a?b=c#d"], { type: "string", format: "uri" }],
    [["3f1c7a52-6c1e-4f0e-9a55-0d6f3f6f8f11"], { type: "string", format: "uuid" }],
    [["2026-01-31", "soon"], { type: "string" }],
    [["2026-02-30"], { type: "string" }],
    [["note: paid"], { type: "string" }],
    [["2026-01-31", null], { type: ["string", "null"], format: "date" }],
  ])("of %j is %j", (values, schema) => {
    expect(field(...values)).toEqual(schema);
  });

  it("takes few words that come often for a closed list, and nothing else", () => {
    const often = (...words: unknown[]) => Array.from({ length: 5 }, () => words).flat();
    expect(field(...often("open", "closed"))).toEqual({ type: "string", enum: ["closed", "open"] });
    expect(field(...often("open", "closed", null))).toEqual({
      type: ["string", "null"],
      enum: ["closed", "open", null],
    });
    // Too few samples, one value only, values that are ids or sentences, another type beside them.
    expect(field("open", "closed", "open")).toEqual({ type: "string" });
    expect(field(...often("USD", "USD"))).toEqual({ type: "string" });
    expect(field(...often("inv_1", "inv_2"))).toEqual({ type: "string" });
    expect(field(...often("the card", "the bank"))).toEqual({ type: "string" });
    expect(field(...often("open", "closed", 7))).toEqual({ type: ["string", "integer"] });
    const many = Array.from({ length: 11 }, (_, at) => "abcdefghijk".charAt(at).repeat(3));
    expect(field(...often(...many))).toEqual({ type: "string" });
  });

  it("takes an object with very many names for a table", () => {
    const table = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`key_${at}`, { at }]));
    expect(inferred(table)).toEqual({
      type: "object",
      additionalProperties: {
        type: "object",
        properties: { at: { type: "integer" } },
        required: ["at"],
        additionalProperties: true,
      },
    });
    const small = Object.fromEntries(Object.entries(table).slice(0, 100));
    expect(Object.keys(inferred(small)["properties"] as object)).toHaveLength(100);
  });

  it("refuses what no sample was like", () => {
    const schema = inferSchema([{ at: "2026-01-31T12:00:00Z", n: 1 }]);
    expect(passes(schema, { at: "2027-01-31T12:00:00Z", n: 2, more: true })).toBe(true);
    expect(passes(schema, { at: "tomorrow", n: 1 })).toBe(false);
    expect(passes(schema, { at: "2026-01-31T12:00:00Z", n: 1.5 })).toBe(false);
    expect(passes(schema, { n: 1 })).toBe(false);
  });

  it("passes every sample that it was made of, whatever they are", () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom("open", "closed", "USD", "__proto__", "2026-01-31", "2026-01-31T23:59:60Z", "a@b.co", "x://y"),
      fc.emailAddress(),
      fc.uuid(),
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        text,
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("any"), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.constantFrom("a", "b", "__proto__", "constructor"), fc.string()), tie("any"), {
          maxKeys: 4,
        }),
      ),
    })).any;
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (made) => {
        // As they come out of a store.
        const samples = made.map((sample) => JSON.parse(JSON.stringify(sample)) as unknown);
        const validate = ajv.compile(inferSchema(samples));
        for (const sample of samples) {
          expect(validate(sample), `${JSON.stringify(sample)}: ${JSON.stringify(validate.errors)}`).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("passes every sample with many names and few", () => {
    const names = Array.from({ length: 130 }, (_, at) => `n${at}`);
    const object = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.integer(), fc.constantFrom("a", "b")), {
      maxKeys: 120,
      size: "max",
    });
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 6 }), (samples) => {
        const nested = samples.map((sample) => [sample, { inside: sample }]);
        const validate = ajv.compile(inferSchema(nested));
        for (const sample of nested) expect(validate(sample)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
