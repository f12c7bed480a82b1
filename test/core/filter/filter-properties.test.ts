import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HooksError } from "../../../src/core/errors.ts";
import { Filter } from "../../../src/core/filter/filter.ts";
import { parseFilter } from "../../../src/core/filter/filter-language.ts";
import { subjectOf } from "./support.ts";

const NAMES = ["a", "b", "list", "obj", "text", "__proto__", "constructor"];

/** Data in which the paths of the expressions below are there, or not, or of another kind. */
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      1,
      2,
      -1,
      1.5,
      1e300,
      "",
      "a",
      "b",
      "1",
      "true",
      "2026-01-31T12:00:00Z",
    ),
    fc.string({ maxLength: 5 }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 4 }),
  ),
})).value;
const data = fc.oneof(
  value,
  fc.record(
    {
      a: fc.oneof(fc.integer({ min: -2, max: 3 }), value),
      b: fc.oneof(fc.constantFrom("a", "b", "1"), value),
      list: fc.oneof(fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 4 }), fc.array(value, { maxLength: 3 })),
      obj: fc.oneof(fc.record({ a: fc.constantFrom(0, 1, "a"), b: fc.boolean() }), value),
      text: fc.string({ unit: fc.constantFrom("a", "b", "😀"), maxLength: 4 }),
    },
    { requiredKeys: [] },
  ),
);

const path = fc
  .tuple(
    fc.constantFrom("data", "event.data", "metadata", "item"),
    fc.array(fc.constantFrom(".a", ".b", ".list", ".obj", ".text", "['a']", "[0]", "[1]", ".?a", "[?0]"), {
      maxLength: 3,
    }),
  )
  .map(([root, parts]) => root + parts.join(""));

const literal = fc.constantFrom(
  "0",
  "1",
  "2",
  "-1",
  "1.5",
  "'a'",
  "''",
  "'1'",
  "true",
  "false",
  "null",
  "[1, 2]",
  "['a']",
  "{'a': 1}",
);

/** Expressions of every form, most of them nonsense for most data. */
const { condition } = fc.letrec<{ operand: string; condition: string }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    path,
    literal,
    fc
      .tuple(tie("operand"), fc.constantFrom("+", "-", "*", "/", "%"), tie("operand"))
      .map(([one, operator, other]) => `(${one} ${operator} ${other})`),
    tie("operand").map((one) => `size(${one})`),
    tie("operand").map((one) => `-${one}`),
    fc
      .tuple(fc.constantFrom("int", "double", "string", "bool", "timestamp", "duration", "dyn"), tie("operand"))
      .map(([name, one]) => `${name}(${one})`),
    fc
      .tuple(tie("operand"), fc.constantFrom("trim", "lowerAscii", "size", "hasValue", "getHours"))
      .map(([one, name]) => `${one}.${name}()`),
    fc.tuple(tie("operand"), tie("operand")).map(([one, other]) => `${one}.orValue(${other})`),
    fc.tuple(path, tie("operand")).map(([one, other]) => `${one}.map(item, ${other})`),
    fc.tuple(path, tie("condition")).map(([one, other]) => `${one}.filter(item, ${other})`),
  ),
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .tuple(tie("operand"), fc.constantFrom("==", "!=", "<", "<=", ">", ">=", "in"), tie("operand"))
      .map(([one, operator, other]) => `${one} ${operator} ${other}`),
    path,
    path.map((one) => `has(${one}.a)`),
    fc
      .tuple(tie("condition"), fc.constantFrom("&&", "||"), tie("condition"))
      .map(([one, operator, other]) => `(${one} ${operator} ${other})`),
    tie("condition").map((one) => `!(${one})`),
    fc
      .tuple(tie("condition"), tie("condition"), tie("condition"))
      .map(([test, one, other]) => `(${test} ? ${one} : ${other})`),
    fc
      .tuple(path, fc.constantFrom("all", "exists", "exists_one"), tie("condition"))
      .map(([one, macro, other]) => `${one}.${macro}(item, ${other})`),
    fc
      .tuple(tie("operand"), fc.constantFrom("contains", "startsWith", "endsWith"), tie("operand"))
      .map(([one, name, other]) => `${one}.${name}(${other})`),
  ),
}));

function read(text: string): Filter | undefined {
  try {
    return new Filter(text, parseFilter(text, "filter"));
  } catch (error) {
    if (error instanceof HooksError && error.code === "invalid_request") return undefined;
    throw error;
  }
}

/** The library's own evaluator, on the same text: what the language means. */
const ORACLE = new Environment({
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxDepth: 100, maxAstNodes: 10_000 },
})
  .registerVariable("event", "dyn")
  .registerVariable("data", "dyn")
  .registerVariable("metadata", "dyn");

/** Undefined: the language has no answer. */
function meaningOf(text: string, value: unknown): unknown {
  try {
    return ORACLE.evaluate(text, { event: { data: value, metadata: null }, data: value, metadata: null });
  } catch {
    return undefined;
  }
}

const numRuns = 8_000;

describe("whatever the filter and whatever the data", () => {
  it("answers or fails, and throws nothing; so does the explanation", { timeout: 120_000 }, () => {
    let taken = 0;
    const kinds = new Set<string>();
    fc.assert(
      fc.property(condition, data, (text, value) => {
        const filter = read(text);
        if (filter === undefined) return;
        taken += 1;
        const subject = subjectOf({ data: value });
        const outcome = filter.outcomeFor(subject);
        kinds.add(outcome.kind);
        if (outcome.kind === "failed") expect(outcome.why.length).toBeGreaterThan(5);
        for (const { expression, result, error } of filter.explain(subject)) {
          expect(expression.length).toBeGreaterThan(0);
          expect(result === null).toBe(error !== null);
        }
      }),
      { numRuns },
    );
    // What is asked of the generator: not only refusals, and answers of every kind.
    expect(taken).toBeGreaterThan(numRuns / 10);
    expect([...kinds].sort()).toEqual(["failed", "matched", "not_matched"]);
  });

  it("means what the language says, wherever the language says something", { timeout: 120_000 }, () => {
    let compared = 0;
    fc.assert(
      fc.property(condition, data, (text, value) => {
        const filter = read(text);
        // What JSON cannot say apart is not compared: the oracle is given the values themselves.
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        const meant = filter === undefined ? undefined : meaningOf(text, plain);
        if (typeof meant !== "boolean" || filter === undefined) return;
        compared += 1;
        expect(filter.outcomeFor(subjectOf({ data: plain }))).toEqual({ kind: meant ? "matched" : "not_matched" });
      }),
      { numRuns },
    );
    expect(compared).toBeGreaterThan(numRuns / 100);
  });

  it("shows itself so that it can be read again, and means the same", () => {
    fc.assert(
      fc.property(condition, data, (text, value) => {
        const filter = read(text);
        if (filter === undefined) return;
        const again = parseFilter(parseFilter(text, "filter").text, "filter");
        const subject = subjectOf({ data: value });
        expect(new Filter(text, again).outcomeFor(subject).kind).toBe(filter.outcomeFor(subject).kind);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("work is bounded by the size of the event", () => {
  const numbers = Array.from({ length: 100_000 }, (_, at) => at);
  const text = "x".repeat(500_000);
  const words = Array.from({ length: 2_000 }, () => "x".repeat(100));

  /** Each would take the square of the data, or more. */
  it.each([
    ["data.list.all(i, i in data.list)", { list: numbers }],
    ["data.list.exists(i, data.text.contains('y'))", { list: numbers, text }],
    ["data.list.map(i, data.text + data.text).size() > 0", { list: numbers, text }],
    ["data.list.map(i, data.list).size() == data.list.map(i, data.list + data.list).size()", { list: numbers }],
    ["data.list.exists(i, data.list == data.other)", { list: numbers, other: [...numbers.slice(0, -1), -1] }],
    ["data.words.all(w, data.text.lowerAscii() != w)", { words, text }],
    ["data.list.exists(i, size(data.text) == i)", { list: numbers, text }],
    ["data.list.exists(i, data.text < data.text)", { list: numbers, text }],
  ])("%s", (filter, value) => {
    const before = process.cpuUsage();
    const outcome = read(filter)!.outcomeFor(subjectOf({ data: value }));
    const { user } = process.cpuUsage(before);
    expect(outcome).toEqual({
      kind: "failed",
      why: "it would take more steps than a filter may for an event of this size",
    });
    // Unbounded they run for minutes, or out of memory.
    expect(user).toBeLessThan(10_000_000);
  });

  it("and leaves alone what goes through a long list once, or a long text", () => {
    const value = { list: numbers, text, items: numbers.map((at) => ({ sku: `s${at}`, price: at })) };
    for (const filter of [
      "data.list.exists(i, i == 99999)",
      "data.list.all(i, i >= 0 && i < 100000)",
      "data.items.exists(i, i.sku == 's99999' && i.price > 10)",
      "data.items.filter(i, i.price >= 50000).size() == 50000",
      "!data.text.contains('y') && data.text.endsWith('x') && size(data.text) == 500000",
      "99999 in data.list",
      "data.list == data.list && data.items == data.items",
    ]) {
      expect(read(filter)!.outcomeFor(subjectOf({ data: value })), filter).toEqual({ kind: "matched" });
    }
  });

  it("also for a text that is made to be slow to search", () => {
    const value = { text: "a".repeat(500_000), wanted: `${"a".repeat(200_000)}b` };
    const before = process.cpuUsage();
    expect(read("data.text.contains(data.wanted)")!.outcomeFor(subjectOf({ data: value })).kind).toBe("not_matched");
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });

  it("finds what there is, whatever the length of what is looked for", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 400 }),
        fc.nat(400),
        fc.integer({ min: 0, max: 60 }),
        fc.boolean(),
        (haystack, start, length, isSpoiled) => {
          const wanted = haystack.slice(start, start + length) + (isSpoiled ? "ab" : "");
          const outcome = read("data.text.contains(data.wanted)")!.outcomeFor(
            subjectOf({ data: { text: haystack, wanted } }),
          );
          expect(outcome.kind).toBe(haystack.includes(wanted) ? "matched" : "not_matched");
        },
      ),
    );
  });
});
