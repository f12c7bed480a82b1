import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indentJson } from "../../src/core/indent-json.ts";

describe("indented JSON", () => {
  it("is the same JSON, as JSON.stringify writes it", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value = JSON.parse(text) as unknown;
        const compact = JSON.stringify(value);
        expect(indentJson(compact)).toBe(JSON.stringify(value, undefined, 2));
        expect(indentJson(JSON.stringify(value, undefined, "\t"))).toBe(JSON.stringify(value, undefined, 2));
      }),
    );
  });

  it("keeps the order and number of names, and how values were written", () => {
    expect(indentJson('{"b":1.10,"1":"\\u00e9\\/","b":1E+2}')).toBe(
      '{\n  "b": 1.10,\n  "1": "\\u00e9\\/",\n  "b": 1E+2\n}',
    );
    expect(indentJson('{ "a" : [ ] , "b" : { } }')).toBe('{\n  "a": [],\n  "b": {}\n}');
  });

  it("is nothing for what is no JSON, and stays small for what is nested without end", () => {
    for (const text of ["", "x", "{", '{"a":1}x', "[1,]"]) expect(indentJson(text)).toBeUndefined();
    const depth = 5_000;
    const deep = "[".repeat(depth) + "]".repeat(depth);
    const indented = indentJson(deep)!;
    expect(indented.replace(/\s/g, "")).toBe(deep);
    expect(indented.length).toBeLessThan(depth * 120);
  });
});
