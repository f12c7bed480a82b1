import { describe, expect, it } from "vitest";
import { isHooksError } from "../../../src/core/errors.ts";
import { JsonSchema } from "../../../src/core/json-schema/json-schema.ts";

function misfit(schema: unknown, value: unknown): string[] {
  return new JsonSchema(schema, "schema").misfitOf(value, "data", JSON.stringify(value).length)?.sentences ?? [];
}

function refusal(schema: unknown): [field: string | undefined, message: string] {
  try {
    new JsonSchema(schema, "schema");
  } catch (error) {
    if (isHooksError(error)) return [error.field, error.message];
    throw error;
  }
  return [undefined, "taken"];
}

const ORDER = {
  type: "object",
  required: ["id", "lines"],
  properties: {
    id: { type: "string", minLength: 1 },
    lines: { type: "array", minItems: 1, items: { $ref: "#/$defs/line" } },
  },
  additionalProperties: false,
  $defs: { line: { type: "object", properties: { price: { type: "number", minimum: 0 }, "a b": { const: 1 } } } },
};

describe("what is wrong with a value", () => {
  it.each([
    [{ id: "a", lines: [{ price: 1 }] }, []],
    [{ id: "a" }, ["data.lines is missing"]],
    [{ id: "", lines: [] }, ["data.id must not be empty", "data.lines must not be empty"]],
    [{ id: "a", lines: [{}, { price: "5" }] }, ["data.lines[1].price must be a number, got a string"]],
    [{ id: "a", lines: [{ price: -1 }] }, ["data.lines[0].price must be at least 0"]],
    [{ id: "a", lines: [{ "a b": 2 }] }, ['data.lines[0]["a b"] must be 1']],
    [{ id: "a", lines: [{}], extra: 1 }, ["data.extra is not accepted; accepted: id, lines"]],
    [[], ["data must be an object, got an array"]],
  ])("%j: %j", (value, sentences) => {
    expect(misfit(ORDER, value)).toEqual(sentences);
  });

  it("is told of the form that came furthest, or of all when none did", () => {
    const forms = { anyOf: [{ type: "null" }, { type: "object", properties: { a: { type: "integer" } } }] };
    expect(misfit(forms, { a: "x" })).toEqual(["data.a must be a whole number, got a string"]);
    expect(misfit(forms, 5)).toEqual(["data must be null, got 5, or must be an object, got 5"]);
    expect(misfit({ oneOf: [{ minimum: 1 }, { maximum: 5 }] }, 3)).toEqual([
      "data must have exactly one of 2 forms, and fits more than one",
    ]);
  });

  it("is at most five things, whatever there is", () => {
    const many = { items: { type: "string" } };
    expect(
      misfit(
        many,
        Array.from({ length: 1_000 }, () => 1),
      ),
    ).toHaveLength(5);
  });
});

describe("keywords that the other validators do not agree on, or do not have", () => {
  it("takes an own member for one, and nothing that every object has", () => {
    expect(misfit({ required: ["constructor"] }, {})).toEqual(["data.constructor is missing"]);
    expect(misfit({ properties: { toString: false } }, {})).toEqual([]);
    const sneaky: unknown = JSON.parse('{"__proto__":{"a":1}}');
    expect(misfit({ required: ["__proto__"] }, sneaky)).toEqual([]);
    expect(misfit({ required: ["a"] }, sneaky)).toEqual(["data.a is missing"]);
    expect(misfit(JSON.parse('{"properties":{"__proto__":{"type":"string"}}}'), sneaky)).toHaveLength(1);
  });

  it("counts characters, not UTF-16 units", () => {
    expect(misfit({ maxLength: 2 }, "😀😀")).toEqual([]);
    expect(misfit({ minLength: 3 }, "😀😀")).toHaveLength(1);
  });

  it("takes 0.3 for a multiple of 0.1, and 1.0 for a whole number", () => {
    expect(misfit({ multipleOf: 0.1 }, 0.3)).toEqual([]);
    expect(misfit({ multipleOf: 0.01 }, 19.99)).toEqual([]);
    expect(misfit({ multipleOf: 0.01 }, 19.995)).toHaveLength(1);
    expect(misfit({ type: "integer" }, JSON.parse("1.0"))).toEqual([]);
  });

  it("finds schemas by pointer, by anchor and by id", () => {
    const schema = {
      $id: "https://example.com/root",
      properties: { a: { $ref: "#one" }, b: { $ref: "item" }, c: { $ref: "#/components/x~1y" } },
      $defs: { one: { $anchor: "one", type: "string" }, two: { $id: "item", type: "integer" } },
      components: { "x/y": { type: "null" } },
    };
    expect(misfit(schema, { a: "x", b: 1, c: null })).toEqual([]);
    expect(misfit(schema, { a: 1, b: "x", c: 0 })).toHaveLength(3);
  });

  it("lets an outer schema say what an inner one contains ($dynamicRef)", () => {
    const tree = {
      $id: "https://example.com/strict",
      $dynamicAnchor: "node",
      $ref: "tree",
      unevaluatedProperties: false,
      $defs: {
        tree: {
          $id: "tree",
          $dynamicAnchor: "node",
          type: "object",
          properties: { children: { type: "array", items: { $dynamicRef: "#node" } } },
        },
      },
    };
    expect(misfit(tree, { children: [{ children: [] }] })).toEqual([]);
    expect(misfit(tree, { children: [{ daat: 1 }] })).toHaveLength(1);
  });
});

describe("formats", () => {
  const good: Record<string, string[]> = {
    "date-time": [
      "2026-01-31T12:00:00Z",
      "2026-01-31t12:00:00.123+01:00",
      "1998-12-31T23:59:60Z",
      "1998-12-31T15:59:60.1-08:00",
    ],
    date: ["2024-02-29"],
    time: ["08:30:06Z"],
    duration: ["P4DT12H30M5S", "PT0S", "P2W", "P1Y"],
    email: ["ada@example.com", '"joe bloggs"@example.com', "ada@[127.0.0.1]"],
    hostname: ["example.com", "xn--4gbwdl.xn--wgbh1c", "a"],
    ipv4: ["192.0.2.1"],
    ipv6: ["::1", "2001:db8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"],
    uri: ["https://example.com/?q=%20#a", "urn:isbn:1", "ldap://[2001:db8::7]/c=GB?one", "mailto:a@b"],
    "uri-reference": ["/a", "#frag", "//example.com/x", "a:b"],
    uuid: ["2eb8aa08-aa98-11ea-b4aa-73b441d16380"],
    "json-pointer": ["", "/a~0b/c~1d"],
    "relative-json-pointer": ["1", "0/a", "0#"],
    "uri-template": ["http://example.com/{id}/{+path,x:3}"],
    regex: ["^a+$"],
  };
  const bad: Record<string, string[]> = {
    "date-time": [
      "2026-02-29T12:00:00Z",
      "2026-01-31 12:00:00Z",
      "2026-01-31T12:00:00",
      "1998-12-31T22:59:60Z",
      "٢٠٢٦-01-31T12:00:00Z",
    ],
    date: ["2026-13-01", "2026-1-1"],
    time: ["24:00:00Z", "12:00:00"],
    duration: ["P", "PT", "P1D2H", "P1YT", "4D"],
    email: ["ada", "@example.com", "a@b@c d", ".a@example.com", "a..b@example.com"],
    hostname: ["-a.com", "a-.com", "a..b", `${"a".repeat(64)}.com`, "a b"],
    ipv4: ["256.0.0.1", "1.2.3", "01.2.3.4"],
    ipv6: ["1::2::3", ":::", "1:2:3:4:5:6:7", "12345::", "::1%eth0"],
    uri: ["//example.com", "http:// x", "https://[::1", "http://a b", "\\\\x", "http://a/{b}"],
    "uri-reference": ["\\a", "#a#b", "a b"],
    uuid: ["2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638g"],
    "json-pointer": ["a", "/~2", "/~"],
    "relative-json-pointer": ["-1", "01", "/a"],
    "uri-template": ["http://example.com/{", "{a b}"],
    regex: ["(", "a{2,1}"],
  };

  it.each(Object.entries(good))("%s takes %j", (format, texts) => {
    for (const text of texts) expect([text, misfit({ format }, text)]).toEqual([text, []]);
  });

  it.each(Object.entries(bad))("%s refuses %j", (format, texts) => {
    for (const text of texts)
      expect([text, misfit({ format }, text)]).toEqual([text, [`data must be of the format ${format}`]]);
  });

  it("of another name is not judged, and nothing but text is", () => {
    expect(misfit({ format: "phone" }, "x")).toEqual([]);
    expect(misfit({ format: "email" }, 5)).toEqual([]);
  });
});

describe("a schema that is none", () => {
  it.each([
    [5, "schema"],
    [null, "schema"],
    [[], "schema"],
    [{ type: "objekt" }, "schema.type"],
    [{ type: [] }, "schema.type"],
    [{ properties: { a: { minLength: -1 } } }, "schema.properties.a.minLength"],
    [{ properties: { a: 5 } }, "schema.properties.a"],
    [{ properties: [] }, "schema.properties"],
    [{ required: "id" }, "schema.required"],
    [{ required: ["a", "a"] }, "schema.required"],
    [{ items: [{}] }, "schema.items"],
    [{ allOf: [] }, "schema.allOf"],
    [{ allOf: [{}, { anyOf: [{ pattern: "(" }] }] }, "schema.allOf[1].anyOf[0].pattern"],
    [{ enum: "a" }, "schema.enum"],
    [{ multipleOf: 0 }, "schema.multipleOf"],
    [{ minimum: "1" }, "schema.minimum"],
    [{ uniqueItems: "yes" }, "schema.uniqueItems"],
    [{ dependentRequired: { a: "b" } }, "schema.dependentRequired"],
    [{ patternProperties: { "(": {} } }, "schema.patternProperties"],
    [{ additionalItems: false }, "schema.additionalItems"],
    [{ dependencies: {} }, "schema.dependencies"],
    [{ $schema: "https://example.com/dialect" }, "schema.$schema"],
    [{ $ref: "https://example.com/schema.json" }, "schema.$ref"],
    [{ $ref: "https://json-schema.org/draft/2020-12/schema" }, "schema.$ref"],
    [{ $ref: "#/$defs/none" }, "schema.$ref"],
    [{ $ref: "#/%" }, "schema.$ref"],
    [{ $ref: 5 }, "schema.$ref"],
    [{ $anchor: "1" }, "schema.$anchor"],
    [{ $defs: { a: { $anchor: "x" }, b: { $anchor: "x" } } }, "schema.$defs.b.$anchor"],
  ])("%j is refused at %s", (schema, field) => {
    const [at, message] = refusal(schema);
    expect(at).toBe(field);
    expect(message.startsWith(field)).toBe(true);
  });

  it("may be of an older draft where that means the same, and says so", () => {
    const schema = new JsonSchema({ $schema: "http://json-schema.org/draft-07/schema#", type: "object" }, "schema");
    expect(schema.notes).toEqual([expect.stringContaining("is read as https://json-schema.org/draft/2020-12/schema")]);
  });

  it("tells of keywords that mean nothing, with the one that was meant", () => {
    const schema = new JsonSchema({ properties: { a: { requierd: ["x"], "x-own": 1, title: "A" } } }, "schema");
    expect(schema.notes).toEqual([
      'schema.properties.a.requierd is not a keyword, and means nothing; did you mean "required"?',
    ]);
  });
});

describe("schemas and data that would take for ever", () => {
  const circles = [
    { $ref: "#" },
    { allOf: [{ $ref: "#" }] },
    { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { anyOf: [{ $ref: "#/$defs/a" }] } } },
    { if: { not: { $ref: "#" } } },
    { dependentSchemas: { a: { $ref: "#" } } },
  ];

  it.each(circles)("refuses a reference in a circle: %j", (schema) => {
    expect(refusal(schema)[1]).toContain("in a circle");
  });

  it("takes a schema that contains itself further in", () => {
    const tree = { type: "object", properties: { next: { $ref: "#" } }, additionalProperties: false };
    expect(misfit(tree, { next: { next: { next: {} } } })).toEqual([]);
    expect(misfit(tree, { next: { next: { other: 1 } } })).toHaveLength(1);
  });

  it("gives up on references that multiply (2^40 ways to the same place)", () => {
    const $defs: Record<string, unknown> = { d40: { type: "string" } };
    for (let n = 0; n < 40; n++)
      $defs[`d${n}`] = { allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] };
    expect(misfit({ $ref: "#/$defs/d0", $defs }, "x")).toEqual(["data takes too long to compare with the schema"]);
  });

  it("gives up on references that follow each other without end", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, n) => [`d${n}`, n === 2_999 ? {} : { $ref: `#/$defs/d${n + 1}` }]),
    );
    const [, message] = refusal({ $ref: "#/$defs/d0", $defs });
    if (message === "taken") expect(misfit({ $ref: "#/$defs/d0", $defs }, 1)).toHaveLength(1);
    else expect(message).toContain("too often");
  });

  it("is bounded in size, depth and number", () => {
    let deep: unknown = {};
    for (let n = 0; n < 80; n++) deep = { not: deep };
    expect(refusal(deep)[1]).toContain("nested deeper than 64");
    expect(refusal({ allOf: Array.from({ length: 6_000 }, () => true) })[1]).toContain("5,000 schemas");
    expect(refusal({ title: "x".repeat(300_000) })[1]).toContain("at most 262144 bytes");
  });

  it("compares a hundred thousand entries with each other in time that grows with them, not with their square", () => {
    const entries = Array.from({ length: 100_000 }, (_, n) => ({ n, text: `entry ${n}` }));
    expect(misfit({ uniqueItems: true }, entries)).toEqual([]);
    expect(misfit({ uniqueItems: true }, [...entries, { text: "entry 7", n: 7 }])).toEqual([
      "data must not hold an entry twice: [7] and [100000] are equal",
    ]);
  });
});
