import type { Output } from "./context.ts";
import { escapeLine, jsonLine } from "./escape.ts";
import { checkFields, type Fields, type ListView, pick, printList, printSection } from "./table.ts";

/** The lines of one thing's view; values are escaped here unless they are marked as drawn already. */
export type ViewLine = readonly [key: string, value: string];

/** Prints one thing: a JSON line, its id, chosen fields, or a section of keys and values. */
export function printOne<Row extends object>(
  out: Output,
  row: Row,
  view: ListView<Row>,
  options: { fields?: Fields; lines: () => readonly ViewLine[] },
): void {
  const { fields, lines } = options;
  checkFields(fields, view.fields);
  if (out.mode === "json") out.print(jsonLine(pick(row, fields)));
  else if (out.mode === "quiet") out.print(escapeLine(view.id(row)));
  else if (fields !== undefined) printList(out, [row], view, fields);
  else printSection(out, lines());
}

/**
 * What a command that changed one thing prints: for people the line that `say` gives; a pipe gets the thing as a list
 * would show it, in one line.
 */
export function printChanged<Row extends object>(
  out: Output,
  row: Row,
  view: ListView<Row>,
  options: { fields?: Fields; say: () => string },
): void {
  if (out.mode === "human" && options.fields === undefined) out.print(options.say());
  else printList(out, [row], view, options.fields);
}

/**
 * `--fields help`: prints the names and answers true. Looks at the names, so that a wrong one is refused before
 * anything is done.
 * @throws HooksError `usage`
 */
export function printsFields<Row extends object>(out: Output, view: ListView<Row>, fields: Fields): boolean {
  if (fields?.length !== 1 || fields[0] !== "help") {
    checkFields(fields, view.fields);
    return false;
  }
  for (const field of view.fields) out.print(field);
  return true;
}
