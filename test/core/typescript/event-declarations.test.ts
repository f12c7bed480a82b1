import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PACK_NAMES } from "../../../src/core/catalogue/packs/pack-names.ts";
import { packNamed } from "../../../src/core/catalogue/packs/registry.ts";
import { bareType, type TypeDefinition } from "../../../src/core/catalogue/type-definition.ts";
import type { JsonSchema } from "../../../src/core/json-schema/subschemas.ts";
import { declareEvents } from "../../../src/core/typescript/event-declarations.ts";
import { StrictCompiler } from "../../support/strict-compiler.ts";
import { madeTypes } from "../catalogue/made-types.ts";

const SLOW_MS = 60_000;

let compiler: StrictCompiler;
beforeAll(() => {
  compiler = new StrictCompiler();
});
afterAll(() => compiler.remove());

/** Declarations, and a program that uses them. */
function compile(declarations: string, program = "export {};\n"): Promise<void> {
  return compiler.compile({ "hooks-events.d.ts": declarations, "program.ts": program });
}

function type(name: string, schema: JsonSchema | null, more: Partial<TypeDefinition> = {}): TypeDefinition {
  return { ...bareType(name), schema, ...more };
}

/** The type that a schema becomes. */
function typeOf(schema: JsonSchema): string {
  const text = declareEvents([type("x", schema)]);
  return /export type X = ([\s\S]*?);\n\n/.exec(text)?.[1] ?? text;
}

describe("the type of a schema", () => {
  it.each<[JsonSchema, string]>([
    [true, "unknown"],
    [{}, "unknown"],
    [false, "never"],
    [{ type: "string", format: "email" }, "string"],
    [{ type: "integer" }, "number"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ const: "a" }, '"a"'],
    [{ const: { a: [1, null] } }, "{ a: [1, null] }"],
    [{ enum: ["b", "a", 1, null, true, "b"] }, '"b" | "a" | 1 | null | true'],
    [{ type: "object" }, "{ [key: string]: unknown }"],
    [{ type: "object", additionalProperties: false }, "{ [key: string]: never }"],
    [{ type: "object", additionalProperties: { type: "number" } }, "{\n  [key: string]: number;\n}"],
    [{ properties: { a: { type: "string" } } }, "{\n  a?: string;\n}"],
    [{ properties: { "a-b": true }, required: ["a-b", "c"] }, '{\n  "a-b": unknown;\n  c: unknown;\n}'],
    [
      { properties: { a: { type: "string" } }, additionalProperties: { type: "number" } },
      "{\n  a?: string;\n  [key: string]: number | string | undefined;\n}",
    ],
    [
      { properties: { a: { type: "string" } }, required: ["a"], patternProperties: { "^x-": { type: "boolean" } } },
      "{\n  a: string;\n  [key: string]: boolean | string;\n}",
    ],
    [
      { properties: { a: { type: "string" } }, additionalProperties: true },
      "{\n  a?: string;\n  [key: string]: unknown;\n}",
    ],
    [{ type: "array" }, "unknown[]"],
    [{ type: "array", items: { type: ["string", "number"] } }, "(string | number)[]"],
    [{ prefixItems: [{ type: "string" }, { type: "number" }], minItems: 1, items: false }, "[string, number?]"],
    [{ prefixItems: [{ type: "string" }], minItems: 1, items: { type: "null" } }, "[string, ...null[]]"],
    [{ anyOf: [{ type: "string" }, { type: "number" }, true] }, "unknown"],
    [{ oneOf: [{ type: "string" }, { type: "number" }] }, "string | number"],
    [{ oneOf: [{ type: "string" }, false] }, "string"],
    [
      { properties: { a: true }, allOf: [{ anyOf: [{ required: ["b"] }, { required: ["c"] }] }] },
      "{\n  a?: unknown;\n} & ({\n  b: unknown;\n} | {\n  c: unknown;\n})",
    ],
    [{ $ref: "#/nowhere" }, "unknown"],
    [{ $ref: "https://example.com/x" }, "unknown"],
    [{ type: "strange" }, "unknown"],
  ])("%j is %s", (schema, expected) => {
    expect(typeOf(schema)).toBe(expected);
  });

  it(
    "recursive, also through several parts, and in a circle that leads nowhere",
    async () => {
      const text = declareEvents([
        type("tree", {
          properties: { children: { type: "array", items: { $ref: "#" } }, root: { $ref: "#named" } },
          $defs: { n: { $anchor: "named", properties: { up: { $ref: "#/$defs/n" } } } },
        }),
        type("circle", {
          $ref: "#/$defs/a",
          $defs: { a: { anyOf: [{ $ref: "#/$defs/b" }, { type: "null" }] }, b: { $ref: "#/$defs/a" } },
        }),
        type("self", { $ref: "#" }),
        type("own.id", {
          $id: "https://example.com/s",
          properties: { s: { $ref: "https://example.com/s#/$defs/t" } },
          $defs: { t: { type: "string" } },
        }),
      ]);
      expect(text).toContain("export type Tree = {\n  children?: Tree[];\n  root?: TreeN;\n};");
      expect(text).toContain("export type TreeN = {\n  up?: TreeN;\n};");
      expect(text).toContain("s?: OwnIdT;");
      await compile(
        text,
        `import type { Tree } from "./hooks-events.js";
const tree: Tree = { children: [{ children: [] }] };
// @ts-expect-error no tree
const bad: Tree = { children: [1] };
export { tree, bad };
`,
      );
    },
    SLOW_MS,
  );
});

describe("the declarations of a catalogue", () => {
  it(
    "check types and data of every pack",
    async () => {
      const types = PACK_NAMES.flatMap(packNamed);
      for (const name of PACK_NAMES) {
        const examples = packNamed(name).map(
          (each) => `  ${JSON.stringify(each.name)}: ${JSON.stringify(each.example)},\n`,
        );
        // As a constant of the whole map: each example must be of its type, and each type must be there.
        await compile(
          declareEvents(packNamed(name)),
          `import type { HooksEvents } from "./hooks-events.js";\nexport const examples: HooksEvents = {\n${examples.join("")}};\n`,
        );
      }
      const names = new Set(types.map((each) => each.name));
      expect(names.size).toBeGreaterThan(60);
    },
    SLOW_MS,
  );

  it(
    "refuse what a schema refuses",
    async () => {
      await compile(
        declareEvents(packNamed("securebase")),
        `import type { HooksEvents, InvoicePaid } from "./hooks-events.js";
type Paid = HooksEvents["invoice.paid"];
export const good: Paid = { invoice_id: "inv_1", amount: 1, paid_at: "2026-01-31T12:00:00Z" };
export const same: InvoicePaid = good;
// @ts-expect-error a member is missing
export const missing: Paid = { invoice_id: "inv_1", amount: 1 };
// @ts-expect-error a wrong type
export const wrong: Paid = { ...good, amount: "1" };
// @ts-expect-error a slip in a name
export const slip: Paid = { ...good, custmer_id: "c" };
// @ts-expect-error not one of the words
export const word: HooksEvents["ticket.created"]["priority"] = "urgent";
// @ts-expect-error no such type
export type None = HooksEvents["invoice.payed"];
`,
      );
    },
    SLOW_MS,
  );

  it(
    "have versions, the current one and names of their own for each",
    async () => {
      const v = (version: string, schema: JsonSchema, more: Partial<TypeDefinition> = {}) =>
        type("order.paid", schema, { version, isDefault: version === "2", ...more });
      const types = [
        v("1", { properties: { total: { type: "string" } }, required: ["total"] }, { deprecated: true }),
        v("2", { properties: { total: { type: "number" } }, required: ["total"] }, { description: "With a number." }),
        type("order_paid", { type: "string" }),
        type("hooks.events", { type: "null" }),
        type("9.lives", { type: "null" }),
        type("order.seen", null),
      ];
      const text = declareEvents(types);
      expect(text).toMatch(/ \* order\.paid, version 1\n \*\n \* @deprecated\n \*\/\nexport type OrderPaidV1 = /);
      expect(text).toMatch(/\/\*\* With a number\. \*\/\n {2}"order\.paid": OrderPaidV2;/);
      const other = types.map((each) => ({ ...each, isDefault: each.version !== "2" }));
      expect(declareEvents(other)).toContain('  "order.paid": OrderPaidV1;');
      await compile(
        text,
        `import type { HooksEvents, HooksEvents2, HooksEventVersions, OrderPaid, OrderPaidV1, Type9Lives } from "./hooks-events.js";
export const current: HooksEvents["order.paid"] = { total: 1 };
export const first: HooksEventVersions["order.paid"]["1"] = { total: "1" };
export const same: OrderPaidV1 = first;
export const other: OrderPaid = "text";
export const nothing: [HooksEvents2, Type9Lives] = [null, null];
export const anything: HooksEvents["order.seen"] = { whatever: 1 };
// @ts-expect-error the other version's
export const wrong: HooksEventVersions["order.paid"]["2"] = { total: "1" };
`,
      );
    },
    SLOW_MS,
  );

  it(
    "of an empty catalogue have no type",
    async () => {
      await compile(
        declareEvents([]),
        `import type { HooksEvents } from "./hooks-events.js";\nexport const none: keyof HooksEvents extends never ? true : false = true;\n`,
      );
    },
    SLOW_MS,
  );

  it(
    "hold hostile names and descriptions inside their strings and comments",
    async () => {
      const texts = [
        "*/ export type Evil = string; /*",
        "*\\/ */ } export interface Evil {} /*",
        "@ts-ignore",
        "x\n@ts-expect-error",
        "line\u2028*/ export type Evil = 1;\u2029//",
        '"; export type Evil = "',
        "`$" + "{evil}`",
        "\\",
        "\\u002a/",
        "\u202e/* \u0000\u001b[31m",
        "\ud800",
        "__proto__",
        "constructor",
      ];
      const members = Object.fromEntries(
        texts.map((text) => [text, { type: "string", description: text, title: text }]),
      );
      const schema: JsonSchema = {
        description: texts.join(" "),
        properties: { ...members, words: { enum: texts }, exactly: { const: { [texts[0] ?? ""]: texts } } },
        required: texts,
        $defs: Object.fromEntries(texts.map((text) => [text, { format: text }])),
        allOf: texts.map((text) => ({
          $ref: `#/$defs/${encodeURIComponent(text.toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1"))}`,
        })),
      };
      const declarations = declareEvents(
        texts.map((text, at) => type(`t.${at}`, schema, { description: text, version: text })),
      );
      // Nothing but what is meant is declared, and no error is silenced on its way.
      await compile(
        declarations,
        `import type { HooksEvents } from "./hooks-events.js";
// @ts-expect-error nothing of this name
import type { Evil } from "./hooks-events.js";
export type Both = [HooksEvents, Evil];
`,
      );
      expect(declarations).not.toMatch(/[\u0000\u001b\u202e\u2028\u2029\ud800]/);
      expect(declarations).not.toMatch(/^\s*(\/\*)?\*.*@ts-/m);
      await expect(compile(`${declarations}export type Wrong = NoSuchType;\n`)).rejects.toThrow(/NoSuchType/);
    },
    SLOW_MS,
  );

  it(
    "of any catalogue compile",
    async () => {
      const catalogues = fc.sample(madeTypes, { numRuns: 150, seed: 7 });
      const all = catalogues.flatMap((types, at) => types.map((each) => ({ ...each, name: `c${at}.${each.name}` })));
      await compile(declareEvents(all));
    },
    SLOW_MS,
  );
});
