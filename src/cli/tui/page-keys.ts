import type { Key } from "../full-screen.ts";
import { detailLines } from "./detail-lines.ts";
import { keyLines } from "./key-hints.ts";
import { clockText } from "./list-line.ts";
import { listWindow } from "./list-window.ts";
import { listRoom, pageRoom } from "./listen-frame.ts";
import type { ListenRow, ListenState } from "./listen-state.ts";
import type { Page } from "./page.ts";
import { lineText, type StyledLine, wrapLine } from "./styled-line.ts";

/** Covers the list with what explains the keys, or with what was said. */
export function openPage(state: ListenState, kind: "keys" | "messages"): ListenState {
  const page = laidOut(state, { kind, isHex: false, scroll: 0, lines: [] });
  // What was said last stands at the end.
  return { ...state, page: kind === "messages" ? scrolled(page, Number.POSITIVE_INFINITY, state) : page };
}

/** Covers the list with a row's details. */
export function pageAt(state: ListenState, row: ListenRow, isHex = false): ListenState {
  return { ...state, page: laidOut(state, { kind: "details", row, isHex, scroll: 0, lines: [] }) };
}

/** The page's lines anew: for another width, or because its row was answered. */
export function withPageLines(state: ListenState): ListenState {
  if (state.page === undefined) return state;
  return { ...state, page: scrolled(laidOut(state, state.page), 0, state) };
}

export function withPageKeys(state: ListenState, { name, text, ctrl }: Key): ListenState {
  const { page } = state;
  if (page === undefined) return state;
  const room = pageRoom(state);
  const by = (lines: number): ListenState => ({ ...state, page: scrolled(page, lines, state) });
  if (ctrl) return name === "u" ? by(-room) : name === "d" ? by(room) : state;
  switch (text) {
    case "j":
      return by(1);
    case "k":
      return by(-1);
    case " ":
      return by(room);
    case "g":
      return by(Number.NEGATIVE_INFINITY);
    case "G":
      return by(Number.POSITIVE_INFINITY);
    case "x":
      return page.row === undefined ? state : pageAt(state, page.row, !page.isHex);
    case "n":
      return { ...state, page: toFound(page, 1, state) };
    case "N":
      return { ...state, page: toFound(page, -1, state) };
  }
  switch (name) {
    case "up":
      return by(-1);
    case "down":
      return by(1);
    case "pageup":
      return by(-room);
    case "pagedown":
      return by(room);
    case "home":
      return by(Number.NEGATIVE_INFINITY);
    case "end":
      return by(Number.POSITIVE_INFINITY);
    case "left":
      return toOther(state, page, -1);
    case "right":
      return toOther(state, page, 1);
    case "escape":
    case "return":
    case "enter":
    case "backspace":
      return { ...state, page: undefined };
    default:
      return state;
  }
}

function laidOut({ size: { width }, notices }: ListenState, page: Page): Page {
  switch (page.kind) {
    case "details":
      return { ...page, lines: page.row === undefined ? [] : detailLines(page.row, width, page.isHex) };
    case "keys":
      return { ...page, lines: keyLines().flatMap((line) => wrapLine(line, width, 10)) };
    case "messages": {
      const lines = notices.map(
        ({ at, text, style }): StyledLine => [
          { text: `${clockText(at)}  `, style: "dim" },
          { text, style },
        ],
      );
      return { ...page, lines: lines.flatMap((line) => wrapLine(line, width, 10)) };
    }
  }
}

function scrolled(page: Page, by: number, state: ListenState): Page {
  const lowest = Math.max(0, page.lines.length - pageRoom(state));
  return { ...page, scroll: Math.max(0, Math.min(lowest, page.scroll + by)) };
}

/** The next line, down or up, that has what was searched for. */
function toFound(page: Page, direction: 1 | -1, { search }: ListenState): Page {
  const wanted = search.toLowerCase();
  if (wanted === "") return page;
  for (let index = page.scroll + direction; 0 <= index && index < page.lines.length; index += direction) {
    if (lineText(page.lines[index]!).toLowerCase().includes(wanted)) return { ...page, scroll: index };
  }
  return page;
}

/** The details of the row above or below. */
function toOther(state: ListenState, { row, isHex }: Page, direction: 1 | -1): ListenState {
  if (row === undefined) return state;
  const { visible } = listWindow(state, listRoom(state));
  const other =
    direction === 1
      ? visible.find(({ number }) => row.number < number)
      : visible.findLast(({ number }) => number < row.number);
  return other === undefined ? state : pageAt({ ...state, selected: other.number }, other, isHex);
}
