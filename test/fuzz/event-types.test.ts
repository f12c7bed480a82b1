import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { checkSteps, convertValue } from "../../src/core/event-conversion.ts";
import { Effort } from "../../src/core/json-schema/effort.ts";
import { FORMATS } from "../../src/core/json-schema/formats.ts";
import { JsonSchema } from "../../src/core/json-schema/json-schema.ts";
import { LinearPattern, PatternFault } from "../../src/core/json-schema/linear-pattern.ts";
import { sampleOfSchema } from "../../src/core/json-schema/sample.ts";
import { hostileText, hostileValue, RUNS } from "./support/hostile-text.ts";

// What admins put into the catalogue, and what publishers send to be compared with it.

const SCHEMAS = [
  { type: "object", required: ["a"], properties: { a: { $ref: "#/$defs/x" } }, $defs: { x: { enum: [1, "a"] } } },
  { $id: "https://example.com/a", $dynamicAnchor: "n", items: { $dynamicRef: "#n" }, prefixItems: [{ const: 1 }] },
  { anyOf: [{ pattern: "^(a|b)+$" }, { not: { format: "date-time" } }], unevaluatedProperties: false, minContains: 0 },
  { if: { minimum: 1 }, else: { multipleOf: 0.1 }, dependentRequired: { a: ["b"] }, patternProperties: { "^x": true } },
  true,
];
const STEPS = [
  [{ move: "/a/b", to: "/c" }, { rename: "/d", to: "e" }, { drop: "/f/*/g" }],
  [
    { set: "/a/*/b", value: { x: 1 } },
    { default: "/c", value: null },
  ],
];
const PATTERNS = ["^(?:a|b)+[^c-d]{2,3}$", "\\p{L}\\u{1F600}\\b(?<n>x)*?", "[\\]\\-]|."];

describe("the catalogue", () => {
  it("a schema is refused by a name of its own, or judges any value and ends", () => {
    fc.assert(
      fc.property(
        hostileValue(SCHEMAS),
        hostileValue([{ a: 1, b: ["x"] }, [1, [2]], "2026-01-31T12:00:00Z"]),
        (schema, value) => {
          try {
            const ready = new JsonSchema(schema, "schema");
            const misfit = ready.misfitOf(value, "data", 1_000);
            if (misfit !== undefined) expect(misfit.sentences.length).toBeLessThanOrEqual(5);
            const sample = sampleOfSchema(schema, 1);
            if (sample !== undefined) expect(ready.misfitOf(sample, "data", 10_000)).toBeUndefined();
          } catch (error) {
            if (!(error instanceof HooksError)) throw error;
            expect(error.code).toMatch(/^(invalid_request|too_large)$/);
            expect(error.field).toMatch(/^schema/);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("a pattern is refused, or finds what the engine's own finds", () => {
    fc.assert(
      fc.property(hostileText(PATTERNS), hostileText(["aab", "x😀", "bbc-"]), (source, text) => {
        let linear: LinearPattern;
        try {
          linear = new LinearPattern(source);
        } catch (error) {
          if (!(error instanceof PatternFault)) throw error;
          return;
        }
        const short = text.slice(0, 40);
        expect(linear.test(short, new Effort(10_000))).toBe(new RegExp(source, "u").test(short));
      }),
      { numRuns: RUNS },
    );
  });

  it("a format takes a text or not, whatever it is", () => {
    const samples = [
      "2026-01-31T12:00:00Z",
      "ada@example.com",
      "https://[::1]:80/a?b#c",
      "2001:db8::1",
      "P1DT2H",
      "/a~0b",
    ];
    fc.assert(
      fc.property(hostileText(samples), fc.constantFrom(...FORMATS.keys()), (text, format) => {
        expect(typeof FORMATS.get(format)!(text)).toBe("boolean");
      }),
      { numRuns: RUNS },
    );
  });

  it("steps of a conversion are refused by a name of their own, or make JSON of any value", () => {
    fc.assert(
      fc.property(hostileValue(STEPS), hostileValue([{ a: { b: 1 }, d: 2, f: [{ g: 3 }] }]), (given, value) => {
        try {
          const steps = checkSteps(given, "down.steps");
          const copy: unknown = JSON.parse(JSON.stringify(value ?? null));
          expect(typeof JSON.stringify(convertValue(copy, steps))).toBe("string");
          expect(checkSteps(JSON.parse(JSON.stringify(steps)), "down.steps")).toEqual(steps);
        } catch (error) {
          if (!(error instanceof HooksError)) throw error;
          expect(error.code).toMatch(/^(invalid_request|too_large)$/);
        }
        expect(({} as { b?: unknown }).b).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });
});
