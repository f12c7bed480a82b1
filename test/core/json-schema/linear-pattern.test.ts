import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Effort, EffortExceeded } from "../../../src/core/json-schema/effort.ts";
import { LinearPattern, PatternFault } from "../../../src/core/json-schema/linear-pattern.ts";

const test = (source: string, text: string): boolean => new LinearPattern(source).test(text, new Effort(text.length));

const atom = fc.constantFrom(
  "a",
  "b",
  ".",
  "[ab]",
  "[^a]",
  "\\d",
  "\\w",
  "\\S",
  "\\u0061",
  "\\p{L}",
  "^",
  "$",
  "\\b",
  "€",
  "",
);
const pattern = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    atom,
    fc.tuple(tie("pattern"), tie("pattern")).map(([one, other]) => one + other),
    fc.tuple(tie("pattern"), tie("pattern")).map(([one, other]) => `(?:${one}|${other})`),
    fc
      .tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "{2}", "{1,2}", "{0,}", "*?"))
      .map(([one, times]) => `(${one})${times}`),
  ),
})).pattern;
const text = fc.string({ unit: fc.constantFrom("a", "b", "1", " ", "€", "😀", "\n"), maxLength: 8 });

describe("a pattern in linear time", () => {
  it("finds what the engine's own finds", () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 4 }), (source, texts) => {
        const own = new RegExp(source, "u");
        const linear = new LinearPattern(source);
        for (const one of texts)
          expect([source, one, linear.test(one, new Effort(100))]).toEqual([source, one, own.test(one)]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["^[A-Z]{2}\\d{2}[A-Z0-9]{11,30}$", "DE89370400440532013000", true],
    ["^cus_[A-Za-z0-9]+$", "cus_", false],
    ["^\\u{1F600}$", "😀", true],
    ["^\\ud83d\\ude00$", "😀", true],
    ["^(?<year>\\d{4})-\\d\\d$", "2026-01", true],
    ["[\\]\\-]", "-", true],
    ["", "", true],
    ["[]", "a", false],
    ["[^]", "\n", true],
  ])("%s on %s: %s", (source, given, found) => {
    expect(test(source, given)).toBe(found);
  });

  it.each(["^(a+)+$", "^(a|a)*$", "^(a*)*b", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){20}"])(
    "%s: twice the text takes twice the steps",
    (source) => {
      const stepsFor = (length: number): number => {
        let steps = 0;
        const counting = { spend: (count: number) => (steps += count) } as unknown as Effort;
        new LinearPattern(source).test(`${"a".repeat(length)}!`, counting);
        return steps;
      };
      expect(stepsFor(20_000)).toBeLessThan(2.1 * stepsFor(10_000));
    },
  );

  it("gives up when a text is too long for its pattern's size", () => {
    const wide = new LinearPattern(`(?:${"a?".repeat(900)})*b`);
    expect(() => wide.test("a".repeat(100_000), new Effort(100_000))).toThrow(EffortExceeded);
  });

  it.each([
    ["(?=a)", "lookaround"],
    ["(?<!a)b", "lookaround"],
    ["(a)\\1", "backreferences"],
    ["(?<n>a)\\k<n>", "backreferences"],
    ["(", "regular expression"],
    ["a{2,1}", "regular expression"],
    ["\\", "regular expression"],
    ["a{5000}", "states"],
    ["((a{50}){50}){50}", "states"],
    ["((((){1000}){1000}){1000}){1000}", "states"],
    [`${"(".repeat(60)}a${")".repeat(60)}`, "nested"],
    ["a".repeat(3_000), "characters"],
  ])("refuses %s: %s", (source, why) => {
    expect(() => new LinearPattern(source)).toThrow(PatternFault);
    expect(() => new LinearPattern(source)).toThrow(why);
  });
});
