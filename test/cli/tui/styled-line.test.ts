import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth } from "../../../src/cli/display-width.ts";
import { fitLine, lineText, shownText, widthOf, wrapLine } from "../../../src/cli/tui/styled-line.ts";
import { anyText } from "./support/listening.ts";

const anyLine = fc.array(
  anyText.map((text) => ({ text })),
  { maxLength: 5 },
);

describe("a line of the screen", () => {
  it("fits, and is whole where there is room for it", () => {
    fc.assert(
      fc.property(anyLine, fc.integer({ min: 0, max: 120 }), (line, width) => {
        const fitted = lineText(fitLine(line, width));
        expect(displayWidth(fitted)).toBeLessThanOrEqual(width);
        if (widthOf(line) <= width) expect(fitted).toBe(line.map(({ text }) => shownText(text)).join(""));
        else if (0 < width) expect(fitted).toMatch(/…$/);
      }),
    );
  });

  it("goes on in the next lines, and nothing of it is lost", () => {
    fc.assert(
      fc.property(anyLine, fc.integer({ min: 2, max: 120 }), (line, width) => {
        const lines = wrapLine(line, width);
        for (const one of lines) expect(widthOf(one)).toBeLessThanOrEqual(width);
        expect(lines.map(lineText).join("")).toBe(line.map(({ text }) => shownText(text)).join(""));
      }),
    );
  });

  it("goes on below its beginning", () => {
    expect(wrapLine([{ text: "  ab" }, { text: "cdefghijkl" }], 10, 2).map(lineText)).toEqual(["  abcdefgh", "  ijkl"]);
    expect(wrapLine([], 10)).toEqual([[]]);
  });

  it("shows what a terminal would obey, and no pile of marks", () => {
    expect(shownText("a\x1b[2J\tb\u202e")).toBe("a\\x1b[2J  b\\u202e");
    expect(shownText(`e${"\u0301".repeat(50)}x`)).toBe(`e${"\u0301".repeat(8)}x`);
  });
});
