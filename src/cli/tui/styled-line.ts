import type { Colors } from "../context.ts";
import { cutToWidth, displayWidth, splitAtWidth } from "../display-width.ts";
import { escapeLine } from "../escape.ts";

/** A part of a line. Its text may come from anywhere: what is drawn of it holds no control character. */
export interface Piece {
  text: string;
  style?: keyof Colors | undefined;
}

export type StyledLine = readonly Piece[];

/** No writing has more marks on one letter; what has covers the lines around it. */
const PILE_OF_MARKS = /(\p{M}{8})\p{M}+/gu;
const ASCII = /^[\x20-\x7e]*$/;

/** As it is drawn: everything that a terminal would obey, or that would leave its line, is shown instead. */
export function shownText(text: string): string {
  return ASCII.test(text) ? text : escapeLine(text.replaceAll("\t", "  ")).replace(PILE_OF_MARKS, "$1");
}

export function lineText(line: StyledLine): string {
  return line.map(({ text }) => text).join("");
}

export function widthOf(line: StyledLine): number {
  return line.reduce((sum, { text }) => sum + displayWidth(shownText(text)), 0);
}

/** At most `width` columns of it, "…" in place of what is cut. */
export function fitLine(line: StyledLine, width: number): StyledLine {
  const fitted: Piece[] = [];
  let room = width;
  for (const [index, { text, style }] of line.entries()) {
    const shown = shownText(text);
    const isLast = index === line.length - 1;
    const used = displayWidth(shown);
    // A piece that fills the line to its end is cut too when another follows: that something is missing is seen.
    if (used < room || (used === room && (isLast || widthOf(line.slice(index + 1)) === 0))) {
      fitted.push({ text: shown, style });
      room -= used;
      continue;
    }
    if (0 < room) fitted.push({ text: cutToWidth(`${shown}${isLast ? "" : " "}`, room), style });
    break;
  }
  return fitted;
}

/** The same over as many lines as it takes, `indent` columns before the second and later ones. */
export function wrapLine(line: StyledLine, width: number, indent = 0): StyledLine[] {
  const lines: Piece[][] = [[]];
  // On a screen that is too narrow for it, there is no indentation.
  const before = " ".repeat(indent + 8 <= width ? indent : 0);
  let room = width;
  for (const { text, style } of line) {
    let rest = shownText(text);
    while (rest !== "") {
      const [head, tail] = splitAtWidth(rest, room);
      if (head !== "") lines.at(-1)!.push({ text: head, style });
      room -= displayWidth(head);
      rest = tail;
      if (rest === "") break;
      // What is wider than a whole line would never find room.
      if (head === "" && room === width - before.length) break;
      lines.push(before === "" ? [] : [{ text: before }]);
      room = width - before.length;
    }
  }
  return lines;
}

export function paintLine(line: StyledLine, colors: Colors): string {
  return line.map(({ text, style }) => (style === undefined || text === "" ? text : colors[style](text))).join("");
}

/** Left and right of a line, as far apart as it is wide. */
export function padPiece(text: string, width: number, style?: Piece["style"]): Piece {
  const shown = shownText(text);
  return { text: shown + " ".repeat(Math.max(0, width - displayWidth(shown))), style };
}
