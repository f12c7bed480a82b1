import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../src/core/duration.ts";

describe("parseDuration", () => {
  it.each([
    ["500ms", 500],
    ["1ms", 1],
    ["10s", 10_000],
    ["5m", 300_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
    ["007s", 7_000],
    [250, 250],
  ])("reads %j", (input, ms) => {
    expect(parseDuration(input, "x")).toBe(ms);
  });

  it.each([
    "",
    "s",
    "10",
    "10 s",
    " 10s",
    "10s ",
    "-5s",
    "+5s",
    "1.5s",
    "1e3s",
    "0x10s",
    "10S",
    "10sec",
    "1h30m",
    "1w",
    "10s\n",
    "٣s",
    "Infinityms",
    "99999999999999999999d",
    `${"9".repeat(400)}d`,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
  ])("refuses %j, naming the field", (input) => {
    expect(() => parseDuration(input, "retry.delays[2]")).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        field: "retry.delays[2]",
        message: expect.stringMatching(/^retry\.delays\[2\] must be/),
      }),
    );
  });

  it("says what it got", () => {
    expect(() => parseDuration("500", "--timeout")).toThrow('or "1d", got "500"');
  });

  it("takes zero only where it is asked for", () => {
    expect(() => parseDuration("0s", "x")).toThrow("from 1ms");
    expect(parseDuration("0s", "x", { min: 0 })).toBe(0);
    expect(parseDuration(0, "x", { min: 0 })).toBe(0);
  });

  it("holds to its bounds, both of them inclusive", () => {
    const bounds = { min: 1_000, max: 300_000 };
    expect(parseDuration("1s", "timeout", bounds)).toBe(1_000);
    expect(parseDuration("5m", "timeout", bounds)).toBe(300_000);
    expect(() => parseDuration("999ms", "timeout", bounds)).toThrow("timeout must be from 1s to 5m, got 999ms");
    expect(() => parseDuration(300_001, "timeout", bounds)).toThrow("got 300001ms");
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0s"],
    [1, "1ms"],
    [1_500, "1500ms"],
    [90_000, "90s"],
    [3_600_000, "1h"],
    [86_400_000, "24h"],
    [172_800_000, "2d"],
  ])("writes %i as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  it("is read back as what it was", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_153_600_000_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms), "x", { min: 0 })).toBe(ms);
      }),
    );
  });
});
