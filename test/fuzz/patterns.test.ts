import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEventPattern, isEventType, PatternIndex, patternTakes } from "../../src/core/event-pattern.ts";
import { RUNS } from "./support/hostile-text.ts";

// reliability.md R65: matching is linear, and equal to a naive reading of the rule. FUZZ_RUNS=100000 tries a million
// pairs and more.

/** The rule read word by word. */
function naive(pattern: string, type: string): boolean {
  const segments = type.split(".");
  if (pattern === "*") return !(segments.length > 1 && segments[0] === "hooks");
  const wanted = pattern.split(".");
  if (wanted.at(-1) !== "*") return pattern === type;
  wanted.pop();
  return wanted.length < segments.length && wanted.every((segment, at) => segment === segments[at]);
}

/** Few names, so that much matches; some of them are everybody's property. */
const segment = fc.constantFrom(
  "a",
  "b",
  "aa",
  "order",
  "hooks",
  "__proto__",
  "constructor",
  "toString",
  "0",
  "-",
  "_",
);
const type = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join("."));
const pattern = fc.oneof(
  type,
  type.map((text) => `${text}.*`),
  fc.constant("*"),
);

describe("patterns", () => {
  it("take what a naive reading takes, on ten times as many pairs as other properties are tried", () => {
    let taken = 0;
    fc.assert(
      fc.property(pattern, type, (one, other) => {
        const takes = patternTakes(one, other);
        if (takes) taken++;
        return takes === naive(one, other);
      }),
      { numRuns: 10 * RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 20);
  });

  it("of 10,000 subscriptions find those that a naive search finds, for 1,000 types", () => {
    const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
      fc.sample(arbitrary, { numRuns: count, seed: 7 });
    const patterns = sample(pattern, 10_000);
    const types = [...sample(type, 990), ...Array.from({ length: 10 }, (_, n) => "a.".repeat(50 + n).slice(0, -1))];
    const index = new PatternIndex<number>();
    for (const [at, one] of patterns.entries()) index.add([one], at);
    const distinct = [...new Set(patterns)];
    for (const one of types) {
      expect(isEventType(one)).toBe(true);
      const wanted = new Set(distinct.filter((each) => naive(each, one)));
      const expected = patterns.flatMap((each, at) => (wanted.has(each) ? [at] : []));
      expect([...index.takers(one)].sort((a, b) => a - b)).toEqual(expected);
    }
  });

  it.each(["*a*a*a*a*a*a*a*a*b", "a.*.*.*.*.b", "**", "(a+)+$", "a{1,999}"])("of another kind are none: %s", (text) => {
    expect(isEventPattern(text)).toBe(false);
  });

  it("cost by the type's length, not by how often its beginning repeats", () => {
    const index = new PatternIndex<number>();
    for (let n = 1; n <= 60; n++) index.add([`${"a.".repeat(n)}*`, `${"a.".repeat(n)}b`], n);
    const long = `${"a.".repeat(63)}a`;
    const before = process.cpuUsage();
    for (let n = 0; n < 10_000; n++) index.takers(long);
    const { user, system } = process.cpuUsage(before);
    // reliability.md allows 50 µs a match; each of these is 60 matches.
    expect((user + system) / 10_000).toBeLessThan(60 * 50);
  });
});
