import type { Key } from "../full-screen.ts";
import { listWindow } from "./list-window.ts";
import { listRoom } from "./listen-frame.ts";
import type { ListenRow, ListenState } from "./listen-state.ts";
import { openPage, pageAt, withPageKeys } from "./page-keys.ts";
import { rowContains } from "./row-filter.ts";
import { lineText } from "./styled-line.ts";
import { inputOf, typeInto } from "./text-input.ts";

/** What a key asks for that is done outside of the view. */
export type Wish =
  | { kind: "replay" | "edit" | "copy-curl" | "show-curl" | "copy-body"; row: ListenRow }
  | { kind: "dashboard" };

/** What a key asks for beyond the screen. */
export type Effect =
  | Wish
  | { kind: "quit" }
  /** The answer to the question; "": none of the choices. */
  | { kind: "choose"; choice: string };

export interface Pressed {
  state: ListenState;
  effect?: Effect | undefined;
}

/** What a key does: the next state, and what is to be done. Ctrl-C and the like never come here. */
export function pressKey(state: ListenState, key: Key): Pressed {
  // What is pasted is a text, and no letter of it is a key.
  if (key.name === "paste" && state.input === undefined) return { state };
  if (state.question !== undefined) return answerQuestion(state, state.question, key);
  if (state.input !== undefined) return { state: typed(state, state.input, key) };
  const effect = effectOf(state, key);
  if (effect !== undefined) return { state, effect };
  switch (key.text) {
    case "?":
      return { state: openPage(state, "keys") };
    case "l":
      return { state: openPage(state, "messages") };
    case "/":
      return { state: begin(state, "search") };
    case "n":
      return { state: state.page === undefined ? found(state, -1, state.search) : withPageKeys(state, key) };
  }
  if (state.page !== undefined) return { state: withPageKeys(state, key) };
  return { state: onList(state, key) };
}

/** Row under the cursor, or the one whose details are shown. */
export function chosenRow(state: ListenState): ListenRow | undefined {
  if (state.page !== undefined) return state.page.row;
  const { visible, selected } = listWindow(state, listRoom(state));
  return visible[selected];
}

function effectOf(state: ListenState, { text }: Key): Effect | undefined {
  if (text === "q") return { kind: "quit" };
  if (text === "o") return { kind: "dashboard" };
  const kind = ON_ROW[text];
  const row = kind === undefined ? undefined : chosenRow(state);
  return kind === undefined || row === undefined ? undefined : { kind, row };
}

const ON_ROW: Readonly<Record<string, Extract<Wish, { row: ListenRow }>["kind"]>> = {
  r: "replay",
  e: "edit",
  c: "copy-curl",
  C: "show-curl",
  b: "copy-body",
};

function answerQuestion(state: ListenState, { choices }: { choices: string }, { text, name }: Key): Pressed {
  const isChoice = text !== "" && choices.includes(text);
  if (!isChoice && name !== "escape") return { state };
  return { state: { ...state, question: undefined }, effect: { kind: "choose", choice: isChoice ? text : "" } };
}

function onList(state: ListenState, { name, text, ctrl }: Key): ListenState {
  const room = listRoom(state);
  if (ctrl) return name === "u" ? moved(state, -room) : name === "d" ? moved(state, room) : state;
  switch (text) {
    case "G":
      return { ...state, selected: undefined };
    case "g":
      return moved(state, Number.NEGATIVE_INFINITY);
    case "j":
      return moved(state, 1);
    case "k":
      return moved(state, -1);
    case " ":
      return moved(state, room);
    case "f":
      return begin(state, "filter");
    case "p":
      return { ...state, pausedAt: state.pausedAt === undefined ? state.nextNumber - 1 : undefined };
    case "N":
      return found(state, 1, state.search);
  }
  switch (name) {
    case "up":
      return moved(state, -1);
    case "down":
      return moved(state, 1);
    case "pageup":
      return moved(state, -room);
    case "pagedown":
      return moved(state, room);
    case "home":
      return moved(state, Number.NEGATIVE_INFINITY);
    case "end":
      return { ...state, selected: undefined };
    case "return":
    case "enter":
    case "right": {
      const row = chosenRow(state);
      return row === undefined ? state : pageAt(select(state, row.number), row);
    }
    case "escape":
      return state.search !== "" ? { ...state, search: "" } : { ...state, filter: "" };
    default:
      return state;
  }
}

/** By so many rows. Whoever goes on at the newest row stays with the newest one. */
function moved(state: ListenState, by: number): ListenState {
  const { visible, selected } = listWindow(state, listRoom(state));
  if (visible.length === 0) return state;
  const wanted = selected + by;
  if (visible.length <= wanted) return { ...state, selected: undefined };
  return select(state, visible[Math.max(0, wanted)]!.number);
}

/** That row from now on; the list scrolls no more than it must. */
function select(state: ListenState, number: number): ListenState {
  const room = listRoom(state);
  const before = listWindow(state, room);
  const stood = { ...state, selected: number, top: before.visible[before.top]?.number ?? 0 };
  const { visible, top } = listWindow(stood, room);
  return { ...stood, top: visible[top]?.number ?? 0 };
}

function begin(state: ListenState, purpose: "filter" | "search"): ListenState {
  const before = state[purpose];
  return { ...state, input: { purpose, line: inputOf(purpose === "filter" ? before : ""), before } };
}

/** Each key takes effect at once; Esc takes back what was typed. */
function typed(state: ListenState, input: NonNullable<ListenState["input"]>, key: Key): ListenState {
  const { purpose, before } = input;
  if (key.name === "escape") return { ...state, [purpose]: before, input: undefined };
  if (key.name === "return" || key.name === "enter") return { ...state, input: undefined };
  const line = typeInto(input.line, key);
  if (line === input.line) return state;
  const next = { ...state, [purpose]: line.text, input: { ...input, line } };
  if (purpose === "filter" || line.text === "") return next;
  if (state.page === undefined) return found(next, 0, line.text);
  return { ...next, page: scrolledTo(next, line.text) };
}

function scrolledTo({ page }: ListenState, text: string): ListenState["page"] {
  if (page === undefined) return undefined;
  const wanted = text.toLowerCase();
  const contains = (index: number): boolean =>
    lineText(page.lines[index] ?? [])
      .toLowerCase()
      .includes(wanted);
  for (let step = 0; step < page.lines.length; step++) {
    const index = (page.scroll + step) % page.lines.length;
    if (contains(index)) return { ...page, scroll: index };
  }
  return page;
}

/** The row that contains the text: the selected one (0), the next older (-1) or newer one (1), and so around. */
function found(state: ListenState, direction: -1 | 0 | 1, text: string): ListenState {
  if (text === "") return state;
  const { visible, selected } = listWindow(state, listRoom(state));
  const count = visible.length;
  const step = direction === 0 ? -1 : direction;
  for (let tries = 0; tries < count; tries++) {
    const index = (((selected + direction + step * tries) % count) + count) % count;
    const row = visible[index]!;
    if (rowContains(row, text)) return select(state, row.number);
  }
  return state;
}
