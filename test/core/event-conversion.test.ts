import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSteps, convertData, convertValue } from "../../src/core/event-conversion.ts";

const convert = (value: unknown, steps: unknown): unknown =>
  convertValue(structuredClone(value), checkSteps(steps, "steps"));

describe("steps", () => {
  it.each([
    [
      "moves a member",
      [{ move: "/customer/id", to: "/customer_id" }],
      { customer: { id: 7, n: 1 } },
      { customer: { n: 1 }, customer_id: 7 },
    ],
    [
      "makes what is missing on the way",
      [{ move: "/id", to: "/order/ref/id" }],
      { id: 1 },
      { order: { ref: { id: 1 } } },
    ],
    ["wraps a member in itself", [{ move: "/a", to: "/a/b" }], { a: 1 }, { a: { b: 1 } }],
    [
      "moves in each entry",
      [{ move: "/lines/*/price/amount", to: "/lines/*/amount" }],
      { lines: [{ price: { amount: 1 } }, {}, { price: { amount: 3 } }] },
      { lines: [{ price: {}, amount: 1 }, {}, { price: {}, amount: 3 }] },
    ],
    [
      "keeps entries of entries apart",
      [{ move: "/a/*/b/*/x", to: "/a/*/b/*/y" }],
      { a: [{ b: [{ x: 1 }, { x: 2 }] }, { b: [{ x: 3 }] }] },
      { a: [{ b: [{ y: 1 }, { y: 2 }] }, { b: [{ y: 3 }] }] },
    ],
    [
      "drops a member, an entry and all entries",
      [{ drop: "/a" }, { drop: "/b/1" }, { drop: "/c/*" }],
      { a: 1, b: [1, 2, 3], c: [1, 2] },
      { b: [1, 3], c: [] },
    ],
    ["sets a constant", [{ set: "/currency", value: "usd" }], { currency: "eur" }, { currency: "usd" }],
    [
      "sets one in each entry",
      [{ set: "/lines/*/tax", value: { rate: 0 } }],
      { lines: [{}, { tax: 1 }] },
      { lines: [{ tax: { rate: 0 } }, { tax: { rate: 0 } }] },
    ],
    [
      "fills in what is not there",
      [
        { default: "/currency", value: "usd" },
        { default: "/n", value: 1 },
      ],
      { currency: null },
      { currency: null, n: 1 },
    ],
    ["reads escapes in pointers", [{ move: "/a~1b", to: "/c~0d" }], { "a/b": 1 }, { "c~d": 1 }],
    [
      "does nothing where there is nothing",
      [{ move: "/a/b/c", to: "/d" }, { drop: "/x/y" }, { rename: "/z", to: "q" }],
      { a: { b: 5 } },
      { a: { b: 5 } },
    ],
    ["leaves a member where it has no place to go", [{ move: "/a", to: "/b/c" }], { a: 1, b: 5 }, { a: 1, b: 5 }],
    ["takes __proto__ for a name", [{ move: "/a", to: "/__proto__" }], { a: 1 }, JSON.parse('{"__proto__":1}')],
  ])("%s", (_, steps, before, after) => {
    expect(convert(before, steps)).toEqual(after);
  });

  it("renames in place: the order of members stays", () => {
    expect(JSON.stringify(convert({ a: 1, b: 2, c: 3 }, [{ rename: "/b", to: "x" }]))).toBe('{"a":1,"x":2,"c":3}');
    expect(convert({ a: 1, b: 2 }, [{ rename: "/a", to: "b" }])).toEqual({ b: 1 });
  });

  it.each([
    [{}, "steps"],
    ["drop", "steps"],
    [[5], "steps[0]"],
    [[{}], "steps[0]"],
    [[{ move: "/a", drop: "/b" }], "steps[0]"],
    [[{ move: "/a" }], "steps[0].to"],
    [[{ move: "a", to: "/b" }], "steps[0].move"],
    [[{ move: "", to: "/b" }], "steps[0].move"],
    [[{ move: "/a~2", to: "/b" }], "steps[0].move"],
    [[{ move: "/a/*/b", to: "/b" }], "steps[0].to"],
    [[{ move: "/a/*", to: "/b/*" }], "steps[0].move"],
    [[{ rename: "/a", to: "" }], "steps[0].to"],
    [[{ set: "/a" }], "steps[0].value"],
    [[{ drop: "/a", form: 1 }], "steps[0].form"],
    [[{ set: "/a", value: "x".repeat(5_000) }], "steps[0].value"],
    [[{ drop: "/a".repeat(40) }], "steps[0].drop"],
    [Array.from({ length: 51 }, () => ({ drop: "/a" })), "steps"],
  ])("%j is refused at %s", (steps, field) => {
    expect(() => checkSteps(steps, "steps")).toThrow(expect.objectContaining({ code: "invalid_request", field }));
  });
});

describe("converted data", () => {
  it("keeps big numbers, and what no step names, as they were written", () => {
    const data = Buffer.from('{"n":12345678901234567890,"price":1.10,"old":1}');
    expect(Buffer.from(convertData(data, [{ drop: "/old" }])).toString()).toBe(
      '{"n":12345678901234567890,"price":1.10}',
    );
    // A number is no object that one could go into.
    expect(Buffer.from(convertData(Buffer.from('{"n":1e400}'), [{ move: "/n/rawJSON", to: "/x" }])).toString()).toBe(
      '{"n":1e400}',
    );
  });

  it("cannot be blown up by constants", () => {
    const entries = Buffer.from(JSON.stringify({ lines: Array.from({ length: 100_000 }, () => ({})) }));
    const steps = checkSteps([{ set: "/lines/*/x", value: "y".repeat(4_000) }], "steps");
    expect(() => convertData(entries, steps)).toThrow(expect.objectContaining({ code: "too_large" }));
  });

  it("is the same bytes each time, and JSON, whatever the data and the steps", () => {
    const name = fc.constantFrom("a", "b", "c", "*", "0");
    const pointer = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join("/")}`);
    const step = fc.oneof(
      fc.record({ move: pointer, to: pointer }),
      fc.record({ rename: pointer, to: fc.constantFrom("a", "x") }),
      fc.record({ drop: pointer }),
      fc.record({ set: pointer, value: fc.jsonValue({ maxDepth: 1 }) }),
      fc.record({ default: pointer, value: fc.jsonValue({ maxDepth: 1 }) }),
    );
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(1, "x", null, true),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b", "c", "0"), tie("value"), { maxKeys: 3 }),
      ),
    })).value;
    let converted = 0;
    fc.assert(
      fc.property(value, fc.array(step, { maxLength: 4 }), (given, steps) => {
        let checked: ReturnType<typeof checkSteps>;
        try {
          checked = checkSteps(steps, "steps");
        } catch {
          return;
        }
        const data = Buffer.from(JSON.stringify(given));
        const one = Buffer.from(convertData(data, checked)).toString();
        expect(Buffer.from(convertData(data, checked)).toString()).toBe(one);
        expect(JSON.stringify(JSON.parse(one))).toBe(one);
        converted += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(converted).toBeGreaterThan(100);
  });
});
