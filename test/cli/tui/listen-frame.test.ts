import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadColors, NO_COLORS } from "../../../src/cli/color.ts";
import { displayWidth } from "../../../src/cli/display-width.ts";
import { listenFrame } from "../../../src/cli/tui/listen-frame.ts";
import { type ListenState, type Notice, withNotice } from "../../../src/cli/tui/listen-state.ts";
import { answered, anyState, delivery, failed, NOON, opened, pressed, took } from "./support/listening.ts";

function shown(state: ReturnType<typeof opened>, now = NOON): string[] {
  return listenFrame(state, { colors: NO_COLORS, now });
}

function said(text: string, at: number): Notice {
  return { at, text, style: undefined, isReply: false };
}

describe("the screen of hooks listen", () => {
  it("is never wider nor higher than the terminal, and holds nothing that it would obey, whatever happens", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const frame = shown(state);
        expect(frame.length).toBeLessThanOrEqual(state.size.height);
        for (const line of frame) {
          expect(displayWidth(line)).toBeLessThanOrEqual(state.size.width);
          expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is the same in colour, and nothing else of it is an escape sequence", async () => {
    const colors = await loadColors(true);
    fc.assert(
      fc.property(anyState, (state) => {
        const colored = listenFrame(state, { colors, now: NOON });
        expect(colored.map((line) => line.replace(/\x1b\[\d+m/g, ""))).toEqual(shown(state));
        expect(colored.map((line) => stripVTControlCharacters(line))).toEqual(shown(state));
      }),
    );
  });

  it("always has the state of the connection and what the keys do, where there are two lines", () => {
    for (const [width, height] of [
      [100, 24],
      [62, 20],
      [40, 10],
      [20, 5],
      [20, 2],
    ] as const) {
      const frame = shown(answered(opened({ width, height }), delivery(1)));
      expect(frame.join("\n")).toContain("●");
      expect(frame.at(-1)).toMatch(/\? keys {2}q quit$/);
      expect(frame.join("\n").includes("order.paid")).toBe(2 < height);
    }
  });

  it("has time, status, duration, type, id and what there is to say of each delivery", () => {
    const state = answered(
      opened(),
      delivery(1),
      delivery(2, { ...failed(500, "boom\nat x"), attempt: 3, replay: true }),
      delivery(3, { result: undefined, failure: { code: "reset", message: "reset by peer" }, durationMs: 12_345 }),
    );
    const text = shown(took(state, delivery(4)), NOON + 2_004).join("\n");
    expect(text).toMatch(/^ {2}\d\d:\d\d:\d\d {2}200 {5}5 ms {2}order\.paid {10}evt_1$/m);
    expect(text).toMatch(/500 {5}5 ms {2}order\.paid {10}evt_2 {2}try 3 {2}replay {2}boom$/m);
    expect(text).toMatch(/ERR {3}12\.3 s {2}order\.paid {10}evt_3 {2}reset by peer$/m);
    expect(text).toMatch(/^❯ .*··· {2}2000 ms {2}order\.paid {10}evt_4$/m);
    expect(text).toMatch(/events 3 {3}ok 1 {3}failed 2 {3}in hand 1 {3}p50 5 ms/);
  });

  it("says since when the connection is away, what was missed, and what does not listen", () => {
    const state = { ...opened({ width: 140, height: 24 }), absent: ["localhost:4000"] };
    const lost = shown({ ...state, link: { kind: "lost", since: NOON, reason: "socket hang up" } }).join("\n");
    expect(lost).toMatch(/○ reconnecting since \d\d:\d\d:\d\d {3}socket hang up {3}○ nothing on localhost:4000/);
    const missed = { line: "missed 00:41–07:12, 2 events, replaying", left: 2 };
    const one = answered({ ...state, missed }, delivery(1));
    expect(shown(one).join("\n")).toContain("● connected   ○ nothing on localhost:4000   missed 00:41–07:12, 2 events");
    expect(shown(answered(one, delivery(2))).join("\n")).not.toContain("missed");
    expect(shown({ ...state, link: { kind: "ending" } }).join("\n")).toContain("○ ending");
  });

  it("takes a notice away after some seconds, and keeps it among the messages", () => {
    const state = withNotice(opened(), said("something was said", NOON));
    expect(shown(state).join("\n")).toContain("something was said");
    expect(shown(state, NOON + 9_000).join("\n")).not.toContain("something was said");
    expect(shown(pressed(state, "l"), NOON + 9_000).join("\n")).toMatch(/Messages[\s\S]*something was said/);
  });

  it("leaves what a key was answered there for two seconds, whatever happens meanwhile", () => {
    const news = (state: ListenState): ListenState => withNotice(state, said("something happened", NOON + 1));
    const replied = news(withNotice(opened(), { ...said("not now", NOON), isReply: true }));
    expect(shown(replied, NOON + 2_000).join("\n")).toContain("not now");
    expect(shown(replied, NOON + 2_001).join("\n")).toMatch(/^(?![\s\S]*not now)[\s\S]*something happened/);
    expect(shown(news(withNotice(opened(), said("not now", NOON)))).join("\n")).toContain("something happened");
    const again = withNotice(replied, { ...said("now", NOON + 2), isReply: true });
    expect(shown(again, NOON + 2).join("\n")).toMatch(/^now\s*$/m);
  });

  it("shows the details of a delivery: JSON as it came, bytes as bytes", () => {
    const request = { ...delivery(1).request, body: Buffer.from('{"b":1.10,"a":[]}') };
    const state = pressed(answered(opened({ width: 80, height: 40 }), delivery(1, { request })), "return");
    expect(shown(state).join("\n")).toContain('  {\n    "b": 1.10,\n    "a": []\n  }');
    expect(shown(pressed(state, "x")).join("\n")).toContain(
      "  000000  7b 22 62 22  3a 31 2e 31  30 2c 22 61  22 3a 5b 5d  |",
    );
    const bytes = { ...request, body: Buffer.from([0, 1, 0x41, 0xff]) };
    const binary = pressed(answered(opened(), delivery(1, { request: bytes })), "return");
    expect(shown(binary).join("\n")).toMatch(/000000 {2}00 01 41 ff +\|\.\.A\.\|/);
  });
});
