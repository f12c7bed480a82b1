import type { Page } from "./page.ts";
import { type StyledLine, widthOf } from "./styled-line.ts";

interface Hint {
  text: string;
  /** The highest goes first when there is no room; 0 never. */
  expendable: number;
}

const LIST: readonly Hint[] = [
  { text: "↑↓ select", expendable: 4 },
  { text: "⏎ inspect", expendable: 2 },
  { text: "r replay", expendable: 1 },
  { text: "e edit", expendable: 6 },
  { text: "c copy as curl", expendable: 7 },
  { text: "f filter", expendable: 5 },
  { text: "/ search", expendable: 3 },
  { text: "p pause", expendable: 8 },
  { text: "? keys", expendable: 0 },
  { text: "q quit", expendable: 0 },
];

const DETAILS: readonly Hint[] = [
  { text: "esc back", expendable: 0 },
  { text: "↑↓ scroll", expendable: 4 },
  { text: "←→ other", expendable: 5 },
  { text: "r replay", expendable: 1 },
  { text: "e edit", expendable: 3 },
  { text: "c copy as curl", expendable: 6 },
  { text: "b copy body", expendable: 7 },
  { text: "x hex", expendable: 8 },
  { text: "/ search", expendable: 5 },
  { text: "q quit", expendable: 0 },
];

const OTHER_PAGE: readonly Hint[] = [
  { text: "esc back", expendable: 0 },
  { text: "↑↓ scroll", expendable: 1 },
  { text: "q quit", expendable: 0 },
];

/** The last line: what the keys do, as much of it as fits. */
export function keyHints(page: Page | undefined, width: number): StyledLine {
  let hints = page === undefined ? LIST : page.kind === "details" ? DETAILS : OTHER_PAGE;
  const line = (): StyledLine => [{ text: hints.map(({ text }) => text).join("  "), style: "dim" }];
  while (width < widthOf(line())) {
    const first = Math.max(...hints.map(({ expendable }) => expendable));
    if (first === 0) break;
    hints = hints.filter(({ expendable }) => expendable !== first);
  }
  return line();
}

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["↑ ↓, k j", "select; PgUp PgDn by a screen, g to the first"],
  ["G, End", "to the newest, and stay there"],
  ["⏎", "details: request and response; ← → go on to others, x shows bytes"],
  ["r", "replay: the same event again, signed anew, as a further attempt"],
  ["e", "edit the body in $EDITOR and send it to your program, signed anew, under a new id"],
  ["c", "copy as curl, signed anew; C shows it instead"],
  ["b", "copy the body"],
  ["f", "filter as you type: order.* 500 4xx failed ok err waiting >100ms text -not"],
  ["/", "search in everything, also bodies; n N to the older and the newer ones"],
  ["p", "pause: the list stands still, deliveries go on"],
  ["l", "what was said: connections, warnings"],
  ["o", "open the dashboard"],
  ["esc", "back; takes search and filter away"],
  ["^L", "draw anew"],
  ["^Z", "to the shell; fg comes back"],
  ["q, ^C", "quit: what is in hand is finished; again: at once"],
];

export function keyLines(): StyledLine[] {
  return KEYS.map(([keys, what]) => [{ text: keys.padEnd(10), style: "cyan" }, { text: what }]);
}
