import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareAnswers } from "../../../src/core/cassette/answer-diff.ts";
import type { RecordedAnswer } from "../../../src/core/cassette/exchange.ts";
import { parsePlace } from "../../../src/core/cassette/place.ts";

function answer(body: string | Uint8Array, more: Partial<RecordedAnswer> = {}): RecordedAnswer {
  return { status: 200, headers: [], body: Buffer.from(body), truncated: false, ...more };
}

const diff = (before: string, after: string, ...ignored: string[]) =>
  compareAnswers(
    answer(before),
    answer(after),
    ignored.map((place) => parsePlace(place, "--ignore")),
  ).map(({ where, recorded, now }) => `${where}: ${recorded} → ${now}`);

describe("answers that are alike", () => {
  it.each([
    ['{"a":1,"b":[1,2]}', '{ "b": [1, 2], "a": 1.0 }'],
    ['{"a":"[redacted]"}', '{"a":{"x":1}}'],
    ["", ""],
    ["ok", "ok"],
  ])("%s and %s", (before, after) => {
    expect(diff(before, after)).toEqual([]);
  });

  it("whatever changes with each answer", () => {
    const before = answer("", {
      headers: [
        ["Date", "a"],
        ["Content-Type", "application/json;charset=UTF-8"],
        ["X-Id", "1"],
      ],
    });
    const after = answer("", {
      headers: [
        ["date", "b"],
        ["content-type", "application/json; charset=utf-8"],
      ],
    });
    expect(compareAnswers(before, after)).toEqual([]);
  });

  it("any JSON is like itself, printed otherwise", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(diff(JSON.stringify(value), JSON.stringify(value, null, 2))).toEqual([]);
      }),
    );
  });
});

describe("what differs", () => {
  it.each([
    ['{"a":1}', '{"a":2}', ["body.a: 1 → 2"]],
    ['{"a":1}', "{}", ["body.a: 1 → undefined"]],
    ["{}", '{"a":null}', ["body.a: undefined → null"]],
    ['{"a":[1,2]}', '{"a":[1,3,4]}', ["body.a[1]: 2 → 3", "body.a[2]: undefined → 4"]],
    ['{"a":{"b":1}}', '{"a":[1]}', ['body.a: {"b":1} → [1]']],
    ["1", "2", ["body: 1 → 2"]],
    [
      '{"a":12345678901234567890}',
      '{"a":12345678901234567891}',
      ["body.a: 12345678901234567890 → 12345678901234567891"],
    ],
    ["ok", "no", ['body: 2 bytes: "ok" → 2 bytes: "no"']],
    ["", "no", ['body: empty → 2 bytes: "no"']],
    ['{"__proto__":1}', "{}", ["body.__proto__: 1 → undefined"]],
  ])("%s and %s", (before, after, differences) => {
    expect(diff(before, after)).toEqual(differences);
  });

  it("status and headers", () => {
    const before = answer("", { headers: [["Content-Type", "text/plain"]] });
    const after = answer("", { status: 503, headers: [["Retry-After", "5"]] });
    expect(compareAnswers(before, after)).toEqual([
      { where: "status", recorded: "200", now: "503" },
      { where: "header content-type", recorded: "text/plain", now: undefined },
      { where: "header retry-after", recorded: undefined, now: "5" },
    ]);
    expect(compareAnswers(before, after, [parsePlace("header:Content-Type", "--ignore")])).toHaveLength(2);
  });

  it("binary bodies are told by their size", () => {
    const [before, after] = [answer(Uint8Array.of(0xff)), answer(Uint8Array.of(0xff, 0xfe))];
    expect(compareAnswers(before, after)).toEqual([
      { where: "body", recorded: "1 bytes, binary", now: "2 bytes, binary" },
    ]);
  });

  it("two different values differ somewhere", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        fc.pre(!JSON.stringify([one, other]).includes("[redacted]"));
        const [before, after] = [JSON.stringify(one), JSON.stringify(other)];
        const same = JSON.stringify(sorted(JSON.parse(before))) === JSON.stringify(sorted(JSON.parse(after)));
        expect(diff(before, after).length === 0).toBe(same);
      }),
    );
  });

  it("a place that is ignored, and all below it, does not count", () => {
    const [before, after] = ['{"id":1,"at":{"x":1},"n":1}', '{"id":2,"at":{"x":2},"n":1}'];
    expect(diff(before, after, "id", "at")).toEqual([]);
    expect(diff(before, after, "id")).toEqual(["body.at.x: 1 → 2"]);
    expect(diff('{"l":[{"id":1}]}', '{"l":[{"id":2}]}', "l.*.id")).toEqual([]);
  });

  it("hostile JSON is compared in bounded time and depth", () => {
    const deep = (end: string) => "[".repeat(30_000) + end + "]".repeat(30_000);
    expect(diff(deep("1"), deep("2"))).toHaveLength(1);
    const medium = (end: string) => `${"[".repeat(500)}${end}${"]".repeat(500)}`;
    expect(diff(medium("1"), medium("2"))).toHaveLength(1);
    expect(diff(medium("1"), medium("1"))).toEqual([]);
    const wide = (value: number) => JSON.stringify(Array.from({ length: 10_000 }, () => value));
    expect(diff(wide(1), wide(2))).toHaveLength(50);
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, item]) => [name, sorted(item)])
    .concat([["{}", null]]);
}
