import type { Colors } from "../context.ts";
import { detailTitle } from "./detail-lines.ts";
import { keyHints } from "./key-hints.ts";
import { listLine, typeWidthOf } from "./list-line.ts";
import { type ListWindow, listWindow } from "./list-window.ts";
import type { ListenState, Notice } from "./listen-state.ts";
import type { Page } from "./page.ts";
import { statusLine } from "./status-line.ts";
import { fitLine, lineText, type Piece, paintLine, type StyledLine } from "./styled-line.ts";
import { aroundCursor } from "./text-input.ts";

export interface FrameOptions {
  colors: Colors;
  /** Unix ms. */
  now: number;
}

/** How long a notice stands there. */
const NOTICE_MS = 8_000;
/** How long nothing else takes the place of what a key was answered: whoever pressed it is looking there. */
const REPLY_MS = 2_000;

/** Which lines a screen of this height has room for, besides the list, the state and the keys. */
interface Layout {
  hasHead: boolean;
  hasRules: boolean;
  /** Otherwise notices take the place of the keys. */
  hasNotice: boolean;
  /** Lines of the list, or of what covers it. */
  room: number;
}

function layoutOf({ about, size: { height } }: ListenState): Layout & { routes: number } {
  const hasNotice = 7 <= height;
  const hasHead = 9 <= height;
  const hasRules = 13 <= height;
  // Of routes, no more than leave the list most of the screen.
  const routes = hasHead ? Math.min(about.routes.length, Math.floor(height / 6)) : 0;
  const used = 2 + (hasNotice ? 1 : 0) + (hasHead ? 1 : 0) + (hasRules ? 2 : 0) + routes;
  return { hasNotice, hasHead, hasRules, routes, room: Math.max(1, height - used) };
}

/** How many lines the list has. */
export function listRoom(state: ListenState): number {
  return layoutOf(state).room;
}

/** How many lines of a page there are: its title takes one. */
export function pageRoom(state: ListenState): number {
  return Math.max(1, layoutOf(state).room - 1);
}

/** The lines of the screen: none is wider than it, and there are no more than it has. */
export function listenFrame(state: ListenState, { colors, now }: FrameOptions): string[] {
  const { width, height } = state.size;
  const { hasHead, hasRules, hasNotice, routes, room } = layoutOf(state);
  const window = listWindow(state, room);
  const rule: StyledLine = [{ text: "─".repeat(width), style: "dim" }];
  const body = state.page === undefined ? listLines(state, window, room, now) : pageLines(state, state.page);
  const notice = noticeLine(state, now);
  const hints = keyHints(state.page, width);
  const lines: StyledLine[] = [
    ...(hasHead ? [headLine(state)] : []),
    ...state.about.routes.slice(0, routes).map((text): StyledLine => [{ text: `  ${text}` }]),
    statusLine(state, window.visible.length, width),
    ...(hasRules ? [rule] : []),
    ...body,
    ...Array.from({ length: Math.max(0, room - body.length) }, (): StyledLine => []),
    ...(hasNotice ? [notice ?? []] : []),
    ...(hasRules ? [rule] : []),
    hasNotice ? hints : (notice ?? hints),
  ];
  // On a screen of hardly any lines the state and the keys are what is left.
  const kept = lines.length <= height ? lines : [...lines.slice(0, Math.max(0, height - 1)), lines.at(-1)!];
  return kept.slice(0, height).map((line) => paintLine(fitLine(line, width), colors));
}

function headLine({ about, session }: ListenState): StyledLine {
  return [
    { text: "hooks listen", style: "bold" },
    { text: `  ${about.where} → ` },
    { text: about.target, style: "bold" },
    ...(session.publicUrl === undefined ? [] : [{ text: `   at ${session.publicUrl}` }]),
    { text: `   session ${session.session}`, style: "dim" as const },
  ];
}

function listLines(
  state: ListenState,
  { visible, top, selected }: ListWindow,
  room: number,
  now: number,
): StyledLine[] {
  if (visible.length === 0) {
    const empty: StyledLine = [{ text: `  ${emptyText(state)}`, style: "dim" }];
    return room === 1 ? [empty] : [[], empty];
  }
  const shown = visible.slice(top, top + room);
  const typeWidth = typeWidthOf(shown);
  const { width } = state.size;
  return shown.map((row, index) => listLine(row, { width, isSelected: top + index === selected, typeWidth, now }));
}

function emptyText({ rows, filter, link }: ListenState): string {
  if (0 < rows.length && filter !== "") return "nothing fits the filter";
  return link.kind === "connected" ? "waiting for events …" : "nothing has come yet";
}

function pageLines(state: ListenState, page: Page): StyledLine[] {
  const room = pageRoom(state);
  const end = Math.min(page.lines.length, page.scroll + room);
  const place = room < page.lines.length ? `  ${page.scroll + 1}–${end} of ${page.lines.length}` : "";
  const title = page.row === undefined ? pageTitle(page) : detailTitle(page.row);
  const found = state.search.toLowerCase();
  const lines = page.lines.slice(page.scroll, end).map((line) => {
    const isFound = found !== "" && lineText(line).toLowerCase().includes(found);
    return isFound ? line.map(({ text }): Piece => ({ text, style: "bold" })) : line;
  });
  return [[...title, { text: place, style: "dim" }], ...lines];
}

function pageTitle({ kind }: Page): StyledLine {
  return [{ text: kind === "keys" ? "Keys" : "Messages", style: "bold" }];
}

/** What a person is asked, what he types, or else what was last said. */
function noticeLine({ question, input, notices, size }: ListenState, now: number): StyledLine | undefined {
  if (question !== undefined) return [{ text: question.text, style: "yellow" }];
  if (input !== undefined) {
    const label = input.purpose === "filter" ? "filter: " : "/";
    const [before, after] = aroundCursor(input.line, Math.max(1, size.width - label.length - 1));
    return [{ text: label, style: "bold" }, { text: before }, { text: "▏", style: "cyan" }, { text: after }];
  }
  const reply = notices.findLast(({ isReply }) => isReply);
  const shown: Notice | undefined = reply !== undefined && now - reply.at <= REPLY_MS ? reply : notices.at(-1);
  if (shown === undefined || NOTICE_MS < now - shown.at) return undefined;
  return [{ text: shown.text, style: shown.style }];
}
