import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth } from "../../../src/cli/display-width.ts";
import { shownText } from "../../../src/cli/tui/styled-line.ts";
import { aroundCursor, inputOf, typeInto } from "../../../src/cli/tui/text-input.ts";
import { anyText, key } from "./support/listening.ts";

function typed(text: string, ...names: string[]): string {
  const { text: result, cursor } = names.reduce((input, name) => typeInto(input, key(name)), inputOf(text));
  return `${[...result].slice(0, cursor).join("")}|${[...result].slice(cursor).join("")}`;
}

describe("a line that is typed", () => {
  it.each([
    ["ab", ["c"], "abc|"],
    ["ab", ["left", "x"], "ax|b"],
    ["ab", ["home", "delete"], "|b"],
    ["ab", ["home", "backspace", "left"], "|ab"],
    ["ab", ["home", "end", "right", "backspace"], "a|"],
    ["a👍", ["backspace"], "a|"],
  ])("%s and %j", (text, names, result) => {
    expect(typed(text, ...names)).toBe(result);
  });

  it("takes the keys of a shell's line", () => {
    const ctrl = (name: string) => ({ name, text: "", ctrl: true });
    expect(typeInto(inputOf("a bc"), ctrl("w"))).toEqual({ text: "a ", cursor: 2 });
    expect(typeInto(inputOf("a bc"), ctrl("u"))).toEqual({ text: "", cursor: 0 });
    expect(typeInto({ text: "a bc", cursor: 1 }, ctrl("k"))).toEqual({ text: "a", cursor: 1 });
    expect(typeInto(inputOf("a"), ctrl("a"))).toEqual({ text: "a", cursor: 0 });
    const input = inputOf("a");
    expect(typeInto(input, ctrl("x"))).toBe(input);
  });

  it("stays short, its cursor within it, and what is shown of it fits", () => {
    const keys = fc.array(
      fc.oneof(
        anyText.map((text) => ({ name: "", text, ctrl: false })),
        fc.constantFrom("left", "right", "home", "end", "backspace", "delete").map(key),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(keys, fc.integer({ min: 2, max: 80 }), (some, width) => {
        const input = some.reduce(typeInto, inputOf(""));
        expect([...input.text].length).toBeLessThanOrEqual(200);
        expect(input.cursor).toBeGreaterThanOrEqual(0);
        expect(input.cursor).toBeLessThanOrEqual([...input.text].length);
        const [before] = aroundCursor(input, width);
        expect(displayWidth(shownText(before))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
