import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { HELP_TOPICS } from "../../../src/cli/help-topics.ts";
import { HooksError } from "../../../src/core/errors.ts";
import { parseFilter } from "../../../src/core/filter/filter-language.ts";
import { sectionsOf } from "../../support/markdown-blocks.ts";

function refusalOf(text: unknown): HooksError {
  try {
    parseFilter(text, "filter");
  } catch (error) {
    if (error instanceof HooksError) return error;
    throw error;
  }
  throw new Error(`was taken: ${String(text)}`);
}

describe("a text that is no filter is refused", () => {
  it("with the place that is wrong, in one line", () => {
    expect(refusalOf("data.amount > ")).toMatchObject({
      code: "invalid_request",
      field: "filter",
      message: 'filter is not valid at character 15, after "data.amount >": it ends too early',
    });
    expect(refusalOf("data.amount > && data.x == 1").message).toMatch(/ at character 15, after "data.amount >": /);
    expect(refusalOf("&& data.x").message).toMatch(/^filter is not valid at character 1: /);
  });

  it("with the last words before the place only, when it is long", () => {
    const { message } = refusalOf(
      `${"data.aaaaaaaaa == 1 && ".repeat(20)}data.b ==== 1 && ${"data.c == 1 && ".repeat(20)}true`,
    );
    expect(message).toMatch(/ at character \d{3}, after "….{10,24}": /);
    expect(message).not.toContain("\n");
  });

  it.each([
    ["", "must be an expression"],
    ["   ", "must be an expression"],
    [7, "must be an expression"],
    [{ $where: "1" }, "must be an expression"],
    ["x".repeat(2_001), "at most 2000 characters, got 2001"],
    [`data.a == 1${" || data.a == 1".repeat(60)}`, "it has too many parts: at most 200"],
    [`${"(".repeat(40)}true${")".repeat(40)}`, "it is nested too deeply: at most 16"],
    [`data.x${".a".repeat(30)} == 1`, "it is nested too deeply: at most 16"],
    [`data.x in [${"1,".repeat(101)}1]`, "the list is too long: at most 100"],
    ["data.name.matches('(a+)+$')", "matches() is not available"],
    ["data.items.all(i, data.tags.exists(t, t == i))", "exists() cannot stand inside another one"],
    ["data.items.map(i, data.tags.filter(t, t == i)).size() == 1", "filter() cannot stand inside another one"],
    ["evnt.type == 'x'", 'there is no "evnt": did you mean "event"?'],
    ["amount > 5", 'there is no "amount": members of the data are written data.amount'],
    ["timestamp > timestamp('2026-01-01T00:00:00Z')", 'there is no "timestamp": write event.timestamp'],
    ["event.tpye == 'x'", 'an event has no "tpye": did you mean "event.type"?'],
    ["has(event.typ)", 'an event has no "typ": did you mean "event.type"?'],
    ["data.name.startWith('a')", 'there is no function "startWith": did you mean "startsWith"?'],
    ["process.exit()", 'there is no function "exit"'],
    ["startsWith('a', 'b')", "startsWith() is written value.startsWith(…)"],
    ["'5'.int() == 5", "int() is written int(value)"],
    ["data.name.startsWith() == true", "startsWith() takes one value"],
    ["has(data)", "has() takes the path of one member"],
    ["has(data['x'])", "has() takes the path of one member"],
    ["data.items.all(i)", "all() takes a name and what is said of it"],
    ["data.items.all(1, true)", "all(var, predicate) invalid predicate iteration variable"],
    ["data.items.all(data, true)", '"data" has a meaning already'],
    ["data.n == 9007199254740993", "whole numbers beyond 9007199254740991 are not exact in JSON"],
    ["data.n == 1u", "are not available"],
    ["b'x' == b'x'", "are not available"],
    ["timestamp('yesterday') < event.timestamp", "this text is no time"],
    ["duration('soon') < duration('1h')", "this text is no duration"],
    ["1 + 'a' == 'x'", "no such overload: int + string"],
    ["'a' > 5", "no such overload"],
    ["data.amount", undefined],
    ["'text'", "it is of type string, where true or false is needed"],
    ["1 + 1", "it is of type int, where true or false is needed"],
    ["{1: 2} == data", "the keys of {…} must be strings"],
    ["cel.bind(x, 1, x == 1)", 'there is no function "bind"'],
    ["a; b", "not valid at character"],
    ["data.`x` == 1", "not valid at character"],
    ["data.x == 'unfinished", "nterminated string"],
    ["data.x == '\\q'", "not valid at character"],
  ])("%j", (text, words) => {
    if (words === undefined) expect(parseFilter(text, "filter").text).toBe("data.amount");
    else {
      const { code, message, field, hint } = refusalOf(text);
      expect(message).toContain(words);
      expect([code, field]).toEqual(["invalid_request", "filter"]);
      if (typeof text === "string" && 0 < text.trim().length && text.length < 2_000) expect(hint).toBeTruthy();
    }
  });

  it("names the field as it was called", () => {
    expect(() => parseFilter("data.", "--filter")).toThrow(/^--filter is not valid at character 6, after "data.": /);
  });
});

it("runs no code and reaches nothing but the event", () => {
  for (const text of [
    "this.constructor.constructor('return process')().exit()",
    "data.constructor.constructor('x')",
    "globalThis.x == 1",
    "require('fs')",
    "event.__proto__.polluted == 1",
    "__proto__.x == 1",
    "$" + "{process.env}",
    "data.x == `$" + "{1}`",
  ]) {
    expect(() => parseFilter(text, "filter"), text).toThrow(HooksError);
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

it("takes every expression that the help and the docs show", () => {
  const docs = readFileSync(path.join(import.meta.dirname, "../../../docs/filters.md"), "utf8");
  const block = sectionsOf(docs).find(({ title }) => title === "What an expression sees")!.blocks[0]!;
  const ofHelp = HELP_TOPICS["filters"]!.split("\n").filter((line) => /^ {4}\S/.test(line));
  const shown = [...block.text.trim().split("\n"), ...ofHelp.map((line) => line.trim())];
  expect(shown.length).toBeGreaterThan(12);
  for (const text of shown) expect(parseFilter(text, "filter").text.length, text).toBeGreaterThan(5);
});
