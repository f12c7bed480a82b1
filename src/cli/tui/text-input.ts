import { displayWidth } from "../display-width.ts";
import type { Key } from "../full-screen.ts";
import { shownText } from "./styled-line.ts";

/** A line that is being typed. */
export interface TextInput {
  text: string;
  /** How many characters stand before the cursor. */
  cursor: number;
}

/** Longer than anybody types; a paste may be a whole file. */
const MAX_CHARS = 200;

export function inputOf(text: string): TextInput {
  return { text, cursor: [...text].length };
}

/** What the key makes of it, as readline has it; the same object when it makes nothing of it. */
export function typeInto(input: TextInput, { name, text, ctrl }: Key): TextInput {
  const characters = [...input.text];
  const { cursor } = input;
  const edited = (start: number, end: number, typed: readonly string[] = []): TextInput => ({
    text: [...characters.slice(0, start), ...typed, ...characters.slice(end)].slice(0, MAX_CHARS).join(""),
    cursor: Math.min(start + typed.length, MAX_CHARS),
  });
  const moved = (to: number): TextInput => ({
    text: input.text,
    cursor: Math.max(0, Math.min(characters.length, to)),
  });
  if (ctrl) {
    if (name === "u") return edited(0, cursor);
    if (name === "k") return edited(cursor, characters.length);
    if (name === "w")
      return edited(
        characters
          .slice(0, cursor)
          .join("")
          .replace(/\S*\s*$/u, "").length,
        cursor,
      );
    if (name === "a") return moved(0);
    if (name === "e") return moved(characters.length);
    return input;
  }
  switch (name) {
    case "left":
      return moved(cursor - 1);
    case "right":
      return moved(cursor + 1);
    case "home":
      return moved(0);
    case "end":
      return moved(characters.length);
    case "backspace":
      return cursor === 0 ? input : edited(cursor - 1, cursor);
    case "delete":
      return edited(cursor, cursor + 1);
    default:
      return text === "" ? input : edited(cursor, cursor, [...text]);
  }
}

/** What stands before the cursor and behind it, the first cut at its beginning to so many columns. */
export function aroundCursor({ text, cursor }: TextInput, width: number): [before: string, after: string] {
  const characters = [...text];
  let first = 0;
  const before = (): string => characters.slice(first, cursor).join("");
  while (first < cursor && width < displayWidth(shownText(before()))) first += 1;
  return [before(), characters.slice(cursor).join("")];
}
