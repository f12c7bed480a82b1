import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_COLORS } from "../../src/cli/color.ts";
import { prettyJson } from "../../src/cli/json-text.ts";
import { hasPath, setPath } from "../../src/cli/set-path.ts";
import { parseExact } from "../../src/core/exact-json.ts";

function set(json: string, ...assignments: string[]): unknown {
  let value = parseExact(json);
  for (const assignment of assignments) value = setPath(value, assignment);
  return JSON.parse(JSON.stringify(value));
}

describe("--set", () => {
  it.each([
    ["{}", ["a=5"], { a: 5 }],
    ["{}", ["a=x"], { a: "x" }],
    ["{}", ['a="5"'], { a: "5" }],
    ["{}", ["a=true"], { a: true }],
    ["{}", ["a="], { a: "" }],
    ["{}", ["a=b=c"], { a: "b=c" }],
    ["{}", ['a={"b":[1]}', "a.b[1]=2"], { a: { b: [1, 2] } }],
    ["{}", ["a[0].b=1", "a.1.b=2"], { a: [{ b: 1 }, { b: 2 }] }],
    ['{"a":{"b":1,"c":2}}', ["a.b=9"], { a: { b: 9, c: 2 } }],
    ['{"a":[1,2]}', ["a[1]=x"], { a: [1, "x"] }],
  ])("%s with %j", (json, assignments, expected) => {
    expect(set(json, ...assignments)).toEqual(expected);
  });

  it.each([
    ["{}", "a", "must be path=value"],
    ["{}", "=5", "must be path=value"],
    ["{}", "a..b=1", "no path that can be read"],
    ["{}", "a[x]=1", "no path that can be read"],
    ['{"a":[1]}', "a[5]=1", "leaves a gap"],
    ['{"a":[1]}', "a.b=1", "lists take"],
    ['{"a":1}', "a.b=1", "no object"],
    ['{"a":123456789012345678901234567890}', "a.b=1", "no object"],
    ["{}", `${"a.".repeat(70)}b=1`, "more than 64 steps"],
  ])("%s with %j is refused: %s", (json, assignment, why) => {
    expect(() => set(json, assignment)).toThrow(why);
  });

  it("reaches no prototype", () => {
    const value = setPath({}, "__proto__.polluted=1") as object;
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":1}}');
    expect(JSON.stringify(setPath({}, "constructor.x=1"))).toBe('{"constructor":{"x":1}}');
  });

  it("keeps numbers that a double cannot hold, in what is set and beside it", () => {
    const value = setPath(parseExact('{"big":12345678901234567890,"e":1.10}'), "x=98765432109876543210");
    expect(JSON.stringify(value)).toBe('{"big":12345678901234567890,"e":1.10,"x":98765432109876543210}');
  });

  it("sets any value anywhere", () => {
    const name = fc.stringMatching(/^[a-z_]{1,8}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.jsonValue(), (path, value) => {
        const text = JSON.stringify(value);
        let found = set("{}", `${path.join(".")}=${text}`);
        for (const step of path) found = (found as Record<string, unknown>)[step];
        expect(found).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe("JSON for people", () => {
  it("is indented, with its numbers as they were", () => {
    expect(prettyJson('{"a":[1,12345678901234567890]}', NO_COLORS)).toBe(
      '{\n  "a": [\n    1,\n    12345678901234567890\n  ]\n}',
    );
  });

  it("shows hostile characters, and text that is no JSON as it is", () => {
    expect(prettyJson('{"a":"\u009b\u202e"}', NO_COLORS)).toContain('"\\x9b\\u202e"');
    expect(prettyJson("not json \x1b[2J", NO_COLORS)).toBe("not json \\x1b[2J");
  });
});

describe("a body that is a list", () => {
  it("takes a path that begins with a place, which an object does not", () => {
    expect(setPath([{ a: 1 }], "[0].a=2")).toEqual([{ a: 2 }]);
    expect(setPath([{ a: 1 }], "0.a=2")).toEqual([{ a: 2 }]);
    expect(() => setPath({ a: 1 }, "[0].a=2")).toThrow(/--set/);
    expect(() => setPath([{ a: 1 }], ".0.a=2")).toThrow(/--set/);
  });
});

describe("hasPath", () => {
  it.each([
    ["data.items[0].price=5", true],
    ["data.items[1].price=5", false],
    ["data.none=5", false],
    ["data.none.deeper=5", false],
    ["data.items[0].price.cents=5", false],
    ["data.toString=5", false],
    ["=5", false],
  ])("%s: %s", (assignment, there) => {
    expect(hasPath({ data: { items: [{ price: null }] } }, assignment)).toBe(there);
  });
});
