import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HooksError } from "../../../src/core/errors.ts";
import { hostileBytes, hostileText, monotonous, RUNS } from "./hostile-text.ts";

/** Name → what it does with what comes from outside, and texts that are good. */
export type Parsers<Input> = Record<string, { parse: (input: Input) => unknown; samples: string[] }>;

/**
 * The tests that every parser has: whatever it is given, it answers or throws an error that is meant for whoever gave it,
 * and in time that grows with the length only.
 */
export function describeParsers(texts: Parsers<string>, bytes: Parsers<Uint8Array> = {}): void {
  describe("whatever it is given", () => {
    it.each(Object.entries(texts))(
      "%s is answered, or refused with an error of ours",
      (_name, { parse, samples }) => {
        fc.assert(
          fc.property(hostileText(samples), (text) => {
            answers(() => parse(text));
            expect(({} as { x?: unknown }).x).toBeUndefined();
          }),
          { numRuns: RUNS },
        );
      },
      MOST_MS,
    );

    it.each(Object.entries(bytes))(
      "%s is answered, or refused with an error of ours",
      (_name, { parse, samples }) => {
        fc.assert(
          fc.property(hostileBytes(samples), (given) => void answers(() => parse(given))),
          { numRuns: RUNS },
        );
      },
      MOST_MS,
    );

    it("something good is taken by each, so that refusing everything would be noticed", () => {
      for (const [name, { parse, samples }] of Object.entries(texts)) {
        expect(
          samples.some((text) => answers(() => parse(text))),
          name,
        ).toBe(true);
      }
      for (const [name, { parse, samples }] of Object.entries(bytes)) {
        expect(
          samples.some((text) => answers(() => parse(Buffer.from(text)))),
          name,
        ).toBe(true);
      }
    });
  });

  describe("a long text takes a time that grows with its length", () => {
    it.each(Object.entries(texts))("%s", (_name, { parse, samples }) => {
      for (const text of monotonous(samples, LENGTH)) expectQuick(() => parse(text), text);
    });

    it.each(Object.entries(bytes))("%s", (_name, { parse, samples }) => {
      for (const text of monotonous(samples, LENGTH)) expectQuick(() => parse(Buffer.from(text)), text);
    });
  });
}

/** That a parser which takes too long is noticed. */
export function itNoticesSlowParsers(): void {
  it("a parser that takes too long would be noticed", () => {
    // Goes on to the end of the text from each of its characters.
    expect(() => expectQuick(() => /a*b/.test("a".repeat(30_000)), "a", 50)).toThrow(/to be less than 50/);
  });
}

/** The machine may be busy, and a long run has the more time. */
const MOST_MS = 180_000 * Math.max(1, RUNS / 500);

/** A text of so many characters takes a parser that is linear some milliseconds, and one that is quadratic seconds. */
const LENGTH = 100_000;
const LIMIT_MS = 1_000;

/** @returns whether it was taken. */
function answers(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (!(error instanceof HooksError)) throw error;
    // One that is meant for whoever sent the text: never a fault of our own.
    expect(error.code).not.toBe("internal");
    return false;
  }
}

/** In time of this thread: what other programs take of the machine does not count. */
function expectQuick(parse: () => unknown, text: string, limitMs = LIMIT_MS): void {
  const before = process.cpuUsage();
  answers(parse);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000, `for ${JSON.stringify(text.slice(0, 40))}…`).toBeLessThan(limitMs);
}
