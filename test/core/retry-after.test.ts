import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRetryAfter, retryAfterOf } from "../../src/core/retry-after.ts";

const NOON = Date.UTC(2026, 0, 1, 12); // a Thursday
const DAY = 86_400_000;

describe("parseRetryAfter", () => {
  it.each([
    ["0", 0],
    ["120", 120_000],
    ["86400", DAY],
    ["86401", DAY],
    ["1000000000", DAY],
    ["999999999999999", DAY],
    ["Thu, 01 Jan 2026 12:00:30 GMT", 30_000],
    ["Thu, 01 Jan 2026 12:00:00 GMT", 0],
    ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 0],
    ["Fri, 01 Jan 2027 12:00:00 GMT", DAY],
  ])("reads %j", (value, ms) => expect(parseRetryAfter(value, NOON)).toBe(ms));

  it.each([
    "",
    " ",
    "-5",
    "+5",
    "5s",
    "1.5",
    "1e9",
    "0x10",
    "٣",
    "120, 60",
    "soon",
    "Infinity",
    "Sunday, 06-Nov-94 08:49:37 GMT", // RFC 850 form: obsolete
    "Sun Nov  6 08:49:37 1994", // asctime form: obsolete
    "Thu, 01 Jan 2026 12:00:30",
    "Thu, 01 Jan 2026 12:00:30 UTC",
    "Thu, 01 Jan 2026 12:00:30 +0000",
    "Thu, 1 Jan 2026 12:00:30 GMT",
    "thu, 01 jan 2026 12:00:30 gmt",
    "Fri, 01 Jan 2026 12:00:30 GMT",
    "Sat, 31 Feb 2026 12:00:30 GMT",
    "Thu, 01 Jan 2026 24:00:00 GMT",
    "Thu, 01 Jan 2026 12:60:00 GMT",
    "2026-01-01T12:00:30Z",
    "1767268830000000000",
  ])("takes %j for nothing", (value) => expect(parseRetryAfter(value, NOON)).toBeUndefined());

  it("stays from 0 to 24 h, whatever it is given", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.nat().map(String),
          fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
        ),
        (value) => {
          const ms = parseRetryAfter(value, NOON) ?? 0;
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThanOrEqual(DAY);
        },
      ),
    );
  });

  it("agrees with every HTTP date of the next day", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400 }), (seconds) => {
        expect(parseRetryAfter(new Date(NOON + seconds * 1_000).toUTCString(), NOON)).toBe(seconds * 1_000);
      }),
    );
  });
});

describe("retryAfterOf", () => {
  it("finds the header in any case, and trusts no header that stands twice", () => {
    expect(
      retryAfterOf(
        [
          ["Content-Type", "x"],
          ["RETRY-AFTER", " 7 "],
        ],
        NOON,
      ),
    ).toBe(7_000);
    expect(
      retryAfterOf(
        [
          ["Retry-After", "7"],
          ["retry-after", "9"],
        ],
        NOON,
      ),
    ).toBeUndefined();
    expect(retryAfterOf([], NOON)).toBeUndefined();
  });
});
