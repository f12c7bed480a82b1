import { describe, expect, it } from "vitest";
import { inHand, MAX_BODY_BYTES, MAX_ROWS, withAnswered } from "../../../src/cli/tui/listen-state.ts";
import { withPageLines } from "../../../src/cli/tui/page-keys.ts";
import { answered, delivery, failed, opened, pressed, took } from "./support/listening.ts";

describe("what the view keeps", () => {
  it("is bounded in rows, and all are counted", () => {
    let state = opened();
    for (let n = 1; n <= 20_000; n++) state = answered(state, delivery(n, n % 4 === 0 ? failed(500) : {}));
    expect(state.rows).toHaveLength(MAX_ROWS);
    expect(state.rows.at(-1)!.delivery.eventId).toBe("evt_20000");
    expect([state.ok, state.failed]).toEqual([15_000, 5_000]);
    expect(state.durations.length).toBeLessThanOrEqual(200);
  });

  it("is bounded in bytes, but for the newest", () => {
    const body = Buffer.alloc(10 * 1024 * 1024);
    let state = opened();
    for (let n = 1; n <= 20; n++) {
      state = answered(state, delivery(n, { request: { ...delivery(n).request, body } }));
      const kept = state.rows.reduce((sum, row) => sum + row.delivery.request.body.length + 2, 0);
      expect(kept).toBeLessThanOrEqual(MAX_BODY_BYTES);
      expect(state.bytes).toBe(kept);
    }
    expect(state.rows).toHaveLength(3);
    const huge = { ...delivery(99).request, body: Buffer.alloc(MAX_BODY_BYTES + 1) };
    expect(answered(state, delivery(99, { request: huge })).rows.map((row) => row.delivery.eventId)).toEqual([
      "evt_99",
    ]);
  });

  it("gives an answer to the attempt that it belongs to", () => {
    const first = delivery(1);
    const again = { ...first, attempt: 2 };
    let state = took(took(opened(), first), again);
    expect(inHand(state)).toBe(2);
    state = withAnswered(state, { ...again, ...failed(503) });
    expect(state.rows.map(({ isDone, delivery: { attempt } }) => [attempt, isDone])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(inHand(withAnswered(state, first))).toBe(0);
  });

  it("counts an answer whose row was given up, and none of what was sent from here", () => {
    const state = withAnswered(opened(), delivery(1));
    expect([state.ok, state.rows.length]).toEqual([1, 0]);
    expect(withAnswered(opened(), delivery(1), true).ok).toBe(0);
  });

  it("shows an answer in the details that are open", () => {
    const open = pressed(took(opened(), delivery(1)), "return");
    const state = withPageLines(withAnswered(open, delivery(1)));
    expect(state.page!.row!.isDone).toBe(true);
    const text = state.page!.lines.map((line) => line.map((piece) => piece.text).join("")).join("\n");
    expect(text).toContain("Response  200 in 5 ms");
  });
});
