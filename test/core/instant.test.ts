import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBound, parseInstant, parseRange, toIso } from "../../src/core/instant.ts";

const NOON = Date.UTC(2026, 0, 31, 12);

describe("parseInstant", () => {
  it("reads back whatever toIso writes", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (at) => parseInstant(toIso(at)) === at));
  });

  it.each([
    ["2026-01-31T12:00:00Z", NOON],
    ["2026-01-31T13:00:00+01:00", NOON],
    ["2026-01-31T12:00:00.5Z", NOON + 500],
    ["2026-01-31T12:00Z", NOON],
  ])("reads %s", (text, at) => {
    expect(parseInstant(text)).toBe(at);
  });

  it.each([
    "-5",
    "1e3",
    "2026",
    "2026-01-31",
    "2026-01-31 12:00:00Z",
    "2026-01-31T12:00:00",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "now",
    "",
  ])("refuses %j, which Date.parse might take for something", (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

describe("parseBound", () => {
  it.each([
    ["2h", NOON - 7_200_000],
    ["0s", NOON],
    ["2026-01-31", NOON - 43_200_000],
    ["2026-01-31T12:00:00Z", NOON],
  ])("%s", (text, at) => {
    expect(parseBound(text, "since", NOON)).toBe(at);
  });

  it.each(["yesterday", "2 h", "-2h", "2w", "1e3s"])("refuses %j and names the field", (text) => {
    expect(() => parseBound(text, "since", NOON)).toThrow(
      expect.objectContaining({ code: "invalid_request", field: "since" }),
    );
  });
});

describe("parseRange", () => {
  it("has either bound, both or none, but no end before its beginning", () => {
    expect(parseRange({}, NOON)).toEqual({ since: undefined, until: undefined });
    expect(parseRange({ since: "2h", until: "1h" }, NOON)).toEqual({
      since: NOON - 7_200_000,
      until: NOON - 3_600_000,
    });
    expect(() => parseRange({ since: "1h", until: "2h" }, NOON)).toThrow(expect.objectContaining({ field: "until" }));
  });
});
