import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deliveryLine, jsonOf, missedLine, secretHint } from "../../commands/listen-lines.ts";
import type { Colors } from "../../src/cli/context.ts";
import type { ForwardedDelivery } from "../../src/cli/forwarded-delivery.ts";

const plain = (text: string): string => text;
const colors: Colors = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };
const AT = Date.UTC(2026, 0, 31, 12, 0, 5);

function forwarded(overrides: Partial<ForwardedDelivery> = {}): ForwardedDelivery {
  return {
    at: AT,
    deliveryId: "dlv_1",
    attempt: 1,
    eventId: "evt_1",
    eventType: "order.created",
    replay: false,
    request: { method: "POST", path: "/", query: "", headers: [["a", "b"]], body: Buffer.from("{}") },
    result: { status: 200, headers: [], body: Buffer.from("ok"), truncated: false },
    failure: undefined,
    durationMs: 4,
    ...overrides,
  };
}

/** What no line may hold: C0 but tab, DEL, C1, directions. */
const HOSTILE = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe("deliveryLine", () => {
  it("for people, in columns", () => {
    const line = deliveryLine(forwarded(), { mode: "human", colors });
    expect(line).toMatch(/^ \d\d:\d\d:05 {2}200 {6}4 ms {2}order\.created {7}evt_1$/);
  });

  it("for people, with the try, the replay and the first line of what went wrong", () => {
    const result = {
      status: 500,
      headers: [],
      body: Buffer.from("Internal Server Error\nat x.js:1"),
      truncated: false,
    };
    const line = deliveryLine(forwarded({ result, attempt: 2, replay: true }), { mode: "human", colors });
    expect(line).toMatch(/ {2}500 {2}.*evt_1 {2}try 2 {2}replay {2}Internal Server Error$/);
  });

  it("in a pipe, as eight columns", () => {
    expect(deliveryLine(forwarded(), { mode: "plain", colors })?.split("\t")).toEqual([
      "2026-01-31T12:00:05.000Z",
      "200",
      "4",
      "order.created",
      "evt_1",
      "dlv_1",
      "1",
      "",
    ]);
  });

  it("with --quiet not at all", () => {
    expect(deliveryLine(forwarded(), { mode: "quiet", colors })).toBeUndefined();
  });

  it("holds no control sequence, whatever it is made of", () => {
    const hostile = fc.string({
      unit: fc.constantFrom("\u001b[2J", "\r", "\n", "\u0007", "\u009b", "\u202e", "\u2066", "\t", "x", "é"),
    });
    fc.assert(
      fc.property(hostile, hostile, (text, other) => {
        const one = forwarded({
          eventType: text,
          eventId: other,
          deliveryId: text,
          request: { method: text, path: other, query: text, headers: [[text, other]], body: Buffer.from(text) },
          result: { status: 500, headers: [[other, text]], body: Buffer.from(other), truncated: false },
        });
        const failed = { ...one, result: undefined, failure: { code: "refused", message: text } };
        for (const each of [one, failed]) {
          for (const mode of ["human", "plain", "json"] as const) {
            expect(deliveryLine(each, { mode, colors })).not.toMatch(HOSTILE);
          }
        }
        expect(JSON.parse(jsonOf(one))).toMatchObject({ event_type: text, headers: [[text, other]], body: text });
      }),
    );
  });

  it("gives a body that is no text in base64", () => {
    const request = { method: "POST", path: "/", query: "", headers: [], body: Buffer.from([0xff, 0]) };
    expect(JSON.parse(jsonOf(forwarded({ request })))).toMatchObject({ body_base64: "/wA=" });
  });
});

describe("missedLine", () => {
  it("says when and how many", () => {
    const from = new Date(2026, 0, 31, 0, 41).toISOString();
    const to = new Date(2026, 0, 31, 7, 12).toISOString();
    const now = new Date(2026, 0, 31, 8).getTime();
    expect(missedLine(18, from, to, now)).toBe("missed 00:41–07:12, 18 events, replaying");
    expect(missedLine(1, from, from, now + 86_400_000)).toBe("missed Jan 31 00:41–Jan 31 00:41, 1 event, replaying");
    expect(missedLine(2, null, null, now)).toBe("missed 2 events, replaying");
    expect(missedLine(0, null, null, now)).toBeUndefined();
  });
});

describe("secretHint", () => {
  it("shows too little to sign with", () => {
    expect(secretHint("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")).toBe("whsec_C2FV…b7oD");
    expect(secretHint("short-secret")).toBe("short-…");
  });
});
