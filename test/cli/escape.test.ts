import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeBlock, escapeJson, escapeLine, jsonLine } from "../../src/cli/escape.ts";

/** What no output may hold: C0 but tab and line feed, DEL, C1, overrides and isolates of direction. */
const FORBIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

const HOSTILE = [
  "\x1b[31mred",
  "\x1b]52;c;ZXZpbA==\x07",
  "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\",
  "\u009b2J",
  "safe\rgone",
  "\u202egpj.exe",
  "a\u200bb",
  "\ud800 alone",
];

const anyText = fc.string({ unit: "binary" });

describe("text from outside", () => {
  it.each(HOSTILE)("is shown and not obeyed: %j", (text) => {
    expect(escapeLine(text)).not.toMatch(FORBIDDEN);
    expect(escapeBlock(text)).not.toMatch(FORBIDDEN);
    expect(jsonLine({ text })).not.toMatch(FORBIDDEN);
  });

  it("stays as it is when it is harmless", () => {
    for (const text of ["order.paid", "Zürich, 東京", "👩‍👩‍👧 family", "क्‍ष"]) expect(escapeLine(text)).toBe(text);
  });

  it("names what it hides", () => {
    expect(escapeLine("a\nb\tc\x1b\u202e")).toBe("a\\nb\\tc\\x1b\\u202e");
    expect(escapeBlock("a\nb\tc\r")).toBe("a\nb\tc\\r");
  });

  it("never leaves a forbidden character, whatever the text", () => {
    fc.assert(fc.property(anyText, (text) => !FORBIDDEN.test(escapeLine(text)) && !/[\n\t]/.test(escapeLine(text))));
    fc.assert(fc.property(anyText, (text) => !FORBIDDEN.test(escapeBlock(text))));
  });
});

describe("JSON", () => {
  it("is one line without forbidden characters, and the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const line = jsonLine(value);
        expect(line).not.toMatch(FORBIDDEN);
        expect(line).not.toMatch(/\n/);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("that was pretty becomes one line, and its strings stay", () => {
    const pretty = '{\n\t"a": "x\\ny\u009b",\r\n "b": [1,\n 2]\n}';
    const line = escapeJson(pretty);
    expect(line).not.toMatch(/[\n\r\t]/);
    expect(JSON.parse(line)).toEqual({ a: "x\ny\u009b", b: [1, 2] });
  });
});
