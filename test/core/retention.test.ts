import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DEFAULT_RETENTION,
  inForce,
  parseRetention,
  parseRetentionSpan,
  RETENTION_KINDS,
  retentionPatch,
  retentionText,
  retentionTexts,
} from "../../src/core/retention.ts";

const DAY = 86_400_000;

describe("retention", () => {
  it("is a table of kinds and durations, of which 0 is for ever", () => {
    expect(parseRetention("events=7d, dead_letters=0", "--retention")).toEqual({ events: 7 * DAY, dead_letters: 0 });
    expect(inForce({ events: 0 }, DEFAULT_RETENTION)).toEqual({ ...DEFAULT_RETENTION, events: 0 });
    expect(inForce(undefined, DEFAULT_RETENTION)).toEqual(DEFAULT_RETENTION);
    expect(retentionTexts(DEFAULT_RETENTION)).toMatchObject({ events: "30d", dead_letters: "90d", audit: "0" });
  });

  it("names the kind that is wrong, and the nearest that exists", () => {
    const refused = (text: string) => {
      try {
        parseRetention(text, "retention");
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refused("payload_days=-1")).toMatchObject({ code: "invalid_request", field: "retention.payload_days" });
    expect(refused("evnts=7d")).toMatchObject({ hint: "did you mean events?" });
    expect(refused("events=-1")).toMatchObject({ field: "retention.events" });
    expect(refused("events=1ms")).toMatchObject({ field: "retention.events" });
    expect(refused("events=7d,events=8d")).toMatchObject({ message: expect.stringContaining("twice") });
    expect(refused("events")).toMatchObject({ field: "retention", hint: expect.stringContaining("events=7d") });
    expect(refused("events=7d=8d")).toMatchObject({ field: "retention" });
    expect(refused("__proto__=7d")).toMatchObject({ code: "invalid_request" });
    for (const value of [1, true, null, {}, "", "forever"]) {
      expect(() => parseRetentionSpan(value, "events", "retention.events")).toThrow("retention.events");
    }
    // A stolen key must not be able to wipe away what was done with it.
    expect(refused("audit=29d")).toMatchObject({ code: "invalid_request", field: "retention.audit" });
    expect(parseRetention("audit=30d", "retention")).toEqual({ audit: 30 * DAY });
  });

  it("as a change may name what the server is to say again", () => {
    expect(retentionPatch(["events=48h", "dead_letters=default,audit=0"], "--retention")).toEqual({
      events: "2d",
      dead_letters: null,
      audit: "0",
    });
    expect(() => retentionPatch(["events=1d", "events=default"], "--retention")).toThrow("twice");
    expect(() => retentionPatch(["evnts=default"], "--retention")).toThrow("evnts");
    expect(() => retentionPatch(["default"], "--retention")).toThrow("--retention");
  });

  it("comes back from its text as it was", () => {
    const span = fc.oneof(fc.constant(0), fc.integer({ min: 30 * DAY, max: 100 * 365 * DAY }));
    fc.assert(
      fc.property(fc.tuple(...RETENTION_KINDS.map(() => span)), (spans) => {
        const all = Object.fromEntries(RETENTION_KINDS.map((kind, at) => [kind, spans[at]!]));
        const retention = inForce(all, DEFAULT_RETENTION);
        expect(parseRetention(retentionText(retention), "r")).toEqual(retention);
      }),
    );
  });
});
