import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_COLORS } from "../../src/cli/color.ts";
import type { Output } from "../../src/cli/context.ts";
import { cutToWidth, displayWidth, padToWidth } from "../../src/cli/display-width.ts";
import { type Fields, type ListView, printList } from "../../src/cli/table.ts";

interface Row {
  id: string;
  name: string;
  inner: { a: number; list: string[] };
}

const ROWS: Row[] = [
  { id: "one", name: "first", inner: { a: 1, list: ["x", "y"] } },
  { id: "two", name: "a\tb\nc\x1b", inner: { a: 2, list: [] } },
];

const VIEW: ListView<Row> = {
  fields: ["id", "name", "inner"],
  id: (row) => row.id,
  columns: [
    { title: "id", text: (row) => row.id },
    { title: "name", text: (row) => row.name },
  ],
};

function printed(
  mode: Output["mode"],
  fields: Fields = undefined,
  rows = ROWS,
  columns = 80,
  view: ListView<Row> = VIEW,
): string[] {
  const lines: string[] = [];
  const out: Output = {
    mode,
    colors: NO_COLORS,
    noteColors: NO_COLORS,
    columns: mode === "human" ? columns : undefined,
    isTty: mode === "human",
    print: (line) => void lines.push(line),
    write: () => {},
    note: () => {},
    notesWaiting: 0,
    divertNotes: () => {},
    hint: () => {},
  };
  printList(out, rows, view, fields);
  return lines;
}

describe("a list", () => {
  it("is tab-separated without a header in a pipe, one row a line whatever the cells hold", () => {
    expect(printed("plain")).toEqual(["one\tfirst", "two\ta\\tb\\nc\\x1b"]);
  });

  it("is aligned under a header for people", () => {
    expect(printed("human")).toEqual(["ID   NAME", "one  first", "two  a\\tb\\nc\\x1b"]);
  });

  it("is an object a line as JSON", () => {
    expect(printed("json").map((line) => JSON.parse(line) as Row)).toEqual(ROWS);
  });

  it("is ids with --quiet", () => {
    expect(printed("quiet")).toEqual(["one", "two"]);
  });

  it("prints nothing when it is empty, not even a header", () => {
    for (const mode of ["plain", "human", "json", "quiet"] as const) expect(printed(mode, undefined, [])).toEqual([]);
  });

  it("has the chosen fields, by path too", () => {
    expect(printed("plain", ["inner.a", "id", "inner.list"])).toEqual(["1\tone\tx,y", "2\ttwo\t"]);
    expect(printed("json", ["inner.a"])).toEqual(['{"inner.a":1}', '{"inner.a":2}']);
  });

  it("names the nearest field for an unknown one", () => {
    expect(() => printed("plain", ["nam"])).toThrow(/no field "nam"\n {2}did you mean "name"/);
    expect(() => printed("plain", ["constructor"])).toThrow(/no field/);
  });

  it("is fitted to the terminal's width and never cut in a pipe", () => {
    const long = [{ id: "one", name: "n".repeat(200), inner: { a: 1, list: [] } }];
    for (const line of printed("human", undefined, long, 40)) expect(displayWidth(line)).toBeLessThanOrEqual(40);
    expect(printed("human", undefined, long, 40)[1]).toMatch(/…$/);
    expect(printed("plain", undefined, long)[0]).toHaveLength(204);
  });
});

describe("columns that are expendable", () => {
  const view: ListView<Row> = {
    ...VIEW,
    columns: [
      { title: "id", text: (row) => row.id, whole: true },
      { title: "name", text: (row) => row.name },
      { title: "one", text: () => "1".repeat(12), expendable: 1 },
      { title: "two", text: () => "2".repeat(12), expendable: 2 },
      { title: "none", text: () => "", expendable: 1 },
    ],
  };
  const rows: Row[] = [{ id: "i".repeat(20), name: "n".repeat(10), inner: { a: 1, list: [] } }];

  it.each([
    [80, ["i".repeat(20), "n".repeat(10), "1".repeat(12), "2".repeat(12)]],
    [56, ["i".repeat(20), "n".repeat(10), expect.stringMatching(/^1+…$/), expect.stringMatching(/^2+…$/)]],
    [45, ["i".repeat(20), "n".repeat(10), expect.stringMatching(/^1+…$/)]],
    [34, ["i".repeat(20), "n".repeat(10)]],
    [30, ["i".repeat(20), "nnnnnnn…"]],
  ])("of %i columns", (columns, cells) => {
    const lines = printed("human", undefined, rows, columns, view);
    expect(lines[1]?.split(/ +/)).toEqual(cells);
    expect(displayWidth(lines[1] ?? "")).toBeLessThanOrEqual(columns);
    expect(printed("plain", undefined, rows, columns, view)[0]?.split("\t")).toHaveLength(5);
  });
});

describe("display width", () => {
  it.each([
    ["abc", 3],
    ["", 0],
    ["東京", 4],
    ["e\u0301", 1],
    ["👩‍👩‍👧", 2],
    ["🇨🇭", 2],
    ["✓", 1],
    ["\x1b[31mred\x1b[39m", 3],
    ["ｆｕｌｌ", 8],
  ])("of %j is %i", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it("of what is cut never exceeds the limit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(displayWidth(cutToWidth(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it("of what is padded is at least the limit", () => {
    expect(padToWidth("東", 4)).toBe("東  ");
    expect(padToWidth("long", 2)).toBe("long");
  });
});
