import { describe, expect, it } from "vitest";
import { listWindow } from "../../../src/cli/tui/list-window.ts";
import { listRoom } from "../../../src/cli/tui/listen-frame.ts";
import { chosenRow, pressKey } from "../../../src/cli/tui/listen-keys.ts";
import type { ListenState } from "../../../src/cli/tui/listen-state.ts";
import { answered, delivery, failed, key, opened, pressed, took } from "./support/listening.ts";

function many(from: number, count: number): ReturnType<typeof delivery>[] {
  return Array.from({ length: count }, (_, n) => delivery(from + n));
}

function chosen(state: ListenState): string | undefined {
  return chosenRow(state)?.delivery.eventId;
}

/** Ids of the rows that are on the screen. */
function onScreen(state: ListenState): string[] {
  const room = listRoom(state);
  const { visible, top } = listWindow(state, room);
  return visible.slice(top, top + room).map((row) => row.delivery.eventId);
}

describe("the list", () => {
  it("follows the newest until a person moves, then stays where he is, and follows again at the end", () => {
    let state = answered(opened(), ...many(1, 50));
    expect(chosen(state)).toBe("evt_50");
    state = pressed(state, "up");
    const before = onScreen(state);
    expect(chosen(state)).toBe("evt_49");
    state = answered(state, ...many(51, 30));
    expect(chosen(state)).toBe("evt_49");
    expect(onScreen(state)).toEqual(before);
    expect(chosen(pressed(state, "G"))).toBe("evt_80");
    expect(chosen(answered(pressed(state, "end"), delivery(81)))).toBe("evt_81");
    // Going down past the newest one is following too.
    const down = pressed(state, ...Array.from({ length: 32 }, () => "down"));
    expect(chosen(answered(down, delivery(81)))).toBe("evt_81");
  });

  it("scrolls no more than it must, by screens, and to the first", () => {
    const state = pressed(answered(opened(), ...many(1, 50)), "home");
    expect(onScreen(state)[0]).toBe("evt_1");
    const room = listRoom(state);
    const next = pressed(state, "pagedown");
    expect(chosen(next)).toBe(`evt_${1 + room}`);
    expect(onScreen(next).at(-1)).toBe(`evt_${1 + room}`);
    expect(onScreen(pressed(next, "up"))).toEqual(onScreen(next));
    expect(chosen(pressed(next, "pageup"))).toBe("evt_1");
    expect(chosen(pressed(opened(), "up", "down", "home", "return"))).toBeUndefined();
  });

  it("stays at the oldest that is left when the chosen one is given up", () => {
    const state = pressed(answered(opened(), ...many(1, 1_000)), "home");
    expect(chosen(answered(state, ...many(1_001, 10)))).toBe("evt_11");
  });

  it("pauses: what comes is kept, and shown when it goes on", () => {
    const state = pressed(answered(opened(), delivery(1)), "p");
    const later = answered(state, delivery(2));
    expect(onScreen(later)).toEqual(["evt_1"]);
    expect(later.ok).toBe(2);
    expect(onScreen(pressed(later, "p"))).toEqual(["evt_1", "evt_2"]);
  });

  it.each([
    ["paid", ["evt_1", "evt_2"]],
    ["order.*", ["evt_1", "evt_3"]],
    ["order.* -paid", ["evt_3"]],
    ["404", ["evt_2"]],
    ["4xx", ["evt_2"]],
    ["failed", ["evt_2", "evt_4"]],
    ["ok", ["evt_1", "evt_3"]],
    ["err", ["evt_4"]],
    ["-err failed", ["evt_2"]],
    [">1s", ["evt_3"]],
    ["<1s ok", ["evt_1"]],
    ["waiting", ["evt_5"]],
    ["EVT_3", ["evt_3"]],
    ["hang up", ["evt_4"]],
    ["- ", ["evt_1", "evt_2", "evt_3", "evt_4", "evt_5"]],
    ["nowhere", []],
  ])("filters: %s", (filter, ids) => {
    const state = answered(
      opened(),
      delivery(1),
      delivery(2, { eventType: "invoice.paid", ...failed(404) }),
      delivery(3, { eventType: "order.created", durationMs: 2_000 }),
      delivery(4, { eventType: "x.y", result: undefined, failure: { code: "reset", message: "socket hang up" } }),
    );
    const waiting = took(state, delivery(5, { eventType: "z" }));
    expect(onScreen(pressed(waiting, "f", ...filter, "return"))).toEqual(ids);
    expect(onScreen(pressed(waiting, "f", ...filter, "escape"))).toHaveLength(5);
    expect(onScreen(pressed(waiting, "f", ...filter, "return", "escape"))).toHaveLength(5);
  });

  it("finds what a body contains, then older ones, then newer ones, and around", () => {
    const body = (text: string) => ({ request: { ...delivery(0).request, body: Buffer.from(text) } });
    const state = answered(
      opened(),
      delivery(1, body("a Needle")),
      delivery(2),
      delivery(3, failed(500, "needle")),
      delivery(4),
    );
    const found = pressed(state, "/", ..."needle", "return");
    expect(chosen(found)).toBe("evt_3");
    expect(chosen(pressed(found, "n"))).toBe("evt_1");
    expect(chosen(pressed(found, "n", "n"))).toBe("evt_3");
    expect(chosen(pressed(found, "n", "N"))).toBe("evt_3");
    expect(chosen(pressed(state, "/", ..."nothing", "return"))).toBe("evt_4");
  });
});

describe("keys that do something elsewhere", () => {
  const state = pressed(answered(opened(), delivery(1), delivery(2)), "up");

  it.each([
    ["r", "replay"],
    ["e", "edit"],
    ["c", "copy-curl"],
    ["C", "show-curl"],
    ["b", "copy-body"],
  ])("%s is about the chosen delivery", (name, kind) => {
    expect(pressKey(state, key(name)).effect).toMatchObject({ kind, row: { delivery: { eventId: "evt_1" } } });
    const details = pressed(state, "return", "right");
    expect(pressKey(details, key(name)).effect).toMatchObject({ kind, row: { delivery: { eventId: "evt_2" } } });
    expect(pressKey(opened(), key(name)).effect).toBeUndefined();
    // While a filter is typed they are letters.
    const typed = pressKey(pressed(state, "f"), key(name));
    expect([typed.effect, typed.state.filter]).toEqual([undefined, name]);
  });

  it("q quits, o opens the dashboard, everywhere but where one types", () => {
    for (const before of [state, pressed(state, "return"), pressed(state, "?")]) {
      expect(pressKey(before, key("q")).effect).toEqual({ kind: "quit" });
      expect(pressKey(before, key("o")).effect).toEqual({ kind: "dashboard" });
    }
    expect(pressKey(pressed(state, "/"), key("q")).effect).toBeUndefined();
  });

  it("what is pasted is a text to search for, and never a key", () => {
    const paste = { name: "paste", text: "q", ctrl: false };
    const asked = { ...state, question: { text: "really?", choices: "eqs" } };
    for (const before of [state, asked, pressed(state, "return")]) {
      expect(pressKey(before, paste)).toEqual({ state: before });
    }
    expect(pressKey(pressed(state, "f"), { ...paste, text: "quit *" }).state.filter).toBe("quit *");
  });

  it("a question takes its choices, and Esc for none", () => {
    const asked = { ...state, question: { text: "really?", choices: "es" } };
    expect(pressKey(asked, key("q"))).toEqual({ state: asked });
    expect(pressKey(asked, key("s"))).toEqual({ state, effect: { kind: "choose", choice: "s" } });
    expect(pressKey(asked, key("escape"))).toEqual({ state, effect: { kind: "choose", choice: "" } });
  });
});

describe("details", () => {
  const body = Buffer.from(JSON.stringify(Array.from({ length: 100 }, (_, n) => `line ${n}`)));
  const long = delivery(1, { request: { ...delivery(1).request, body } });

  it("scroll within their lines, and are searched", () => {
    const state = pressed(answered(opened(), long), "return");
    const end = pressed(state, "end");
    expect(end.page!.scroll).toBe(end.page!.lines.length - listRoom(end) + 1);
    expect(pressed(end, "down").page!.scroll).toBe(end.page!.scroll);
    expect(pressed(end, "home").page!.scroll).toBe(0);
    const found = pressed(state, "/", ..."line 70", "return");
    expect(found.page!.lines[found.page!.scroll]!.map(({ text }) => text).join("")).toContain("line 70");
    expect(pressed(state, "escape").page).toBeUndefined();
  });

  it("of a delivery in hand get its answer when it comes", () => {
    const state = pressed(took(opened(), long), "return");
    const text = (one: ListenState): string =>
      one.page!.lines.map((line) => line.map((piece) => piece.text).join("")).join("\n");
    expect(text(state)).toContain("has not answered yet");
    expect(state.page!.row!.isDone).toBe(false);
    const after = answered(state, delivery(2));
    expect(after.page).toBe(state.page);
  });
});
