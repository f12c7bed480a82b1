import { HooksError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { quoted } from "../core/quoted.ts";
import type { Colors, Output } from "./context.ts";
import { cutToWidth, displayWidth, padToWidth } from "./display-width.ts";
import { escapeLine, jsonLine } from "./escape.ts";

/** A column of a list, and a line of a single object's view. */
export interface Column<Row> {
  title: string;
  /** Untruncated, RFC 3339 times, no colour: what a pipe gets. */
  text(row: Row): string;
  /** For people, where it differs from `text`. */
  human?: (row: Row) => string;
  /** Never cut, not even to fit: an id is of use only as a whole. */
  whole?: boolean;
  /** Left out for people: they have little room. */
  inPipesOnly?: boolean;
  /** Left out for people when there is no room for it, or nothing in it; the highest number goes first. */
  expendable?: number;
  /** Colour, put on after the text was escaped and cut. */
  paint?: (row: Row, colors: Colors) => (text: string) => string;
}

/** How one kind of thing is shown in lists. */
export interface ListView<Row extends object> {
  columns: readonly Column<Row>[];
  /** Keys of the JSON, for `--fields`. */
  fields: readonly (keyof Row & string)[];
  /** What --quiet prints. */
  id(row: Row): string;
}

/** `--fields` as given: undefined without it. */
export type Fields = readonly string[] | undefined;

/**
 * Prints a list in the mode of `out`: aligned columns for people, tab-separated untruncated columns without a header
 * in a pipe, an object a line as JSON, or ids.
 * @throws HooksError `usage` for a field that does not exist.
 */
export function printList<Row extends object>(
  out: Output,
  rows: readonly Row[],
  view: ListView<Row>,
  fields: Fields,
): void {
  checkFields(fields, view.fields);
  if (out.mode === "quiet") {
    for (const row of rows) out.print(escapeLine(view.id(row)));
  } else if (out.mode === "json") {
    for (const row of rows) out.print(jsonLine(pick(row, fields)));
  } else {
    const columns = fields === undefined ? view.columns : fields.map(fieldColumn<Row>);
    if (out.mode === "plain") {
      for (const row of rows) out.print(columns.map((column) => escapeLine(column.text(row))).join("\t"));
    } else if (0 < rows.length) {
      printAligned(
        out,
        rows,
        columns.filter((column) => column.inPipesOnly !== true),
      );
    }
  }
}

/** The chosen keys of an object, in the order chosen; a key may be a path (`health.state`). */
export function pick(row: object, fields: Fields): object {
  return fields === undefined ? row : Object.fromEntries(fields.map((field) => [field, valueAt(row, field)]));
}

/** @throws HooksError `usage` when a field's first part is none of `known`. */
export function checkFields(fields: Fields, known: readonly string[]): void {
  for (const field of fields ?? []) {
    const [first = ""] = field.split(".");
    if (known.includes(first)) continue;
    const near = nearest(first, known);
    throw new HooksError(
      "usage",
      `--fields: there is no field ${quoted(field)}${near === undefined ? "" : `\n  did you mean "${near}"?`}`,
      {
        field: "--fields",
        hint: `the fields: ${known.join(", ")}`,
      },
    );
  }
}

function fieldColumn<Row extends object>(field: string): Column<Row> {
  return { title: field, text: (row) => cellOf(valueAt(row, field)), whole: /(^|_)id$/.test(field) };
}

/** Any JSON value as the text of a cell: lists joined by commas, objects as JSON, null as nothing. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return value.join(",");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function valueAt(row: object, field: string): unknown {
  let value: unknown = row;
  for (const key of field.split(".")) {
    value = typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : null;
  }
  return value ?? null;
}

const GAP = "  ";
/** A column is not made narrower than this to fit. */
const NARROWEST = 8;

interface Shown<Row> {
  column: Column<Row>;
  cells: string[];
  natural: number;
  least: number;
}

function printAligned<Row extends object>(out: Output, rows: readonly Row[], all: readonly Column<Row>[]): void {
  const available = out.columns ?? 80;
  const shown = chooseColumns(
    all.map((column) => shownColumn(column, rows)),
    available,
  );
  const columns = shown.map(({ column }) => column);
  const widths = fitWidths(shown, available - GAP.length * (columns.length - 1));
  const line = (texts: readonly string[], paint: (index: number, text: string) => string): string =>
    texts
      .map((text, index) => {
        const cut = cutToWidth(text, widths[index] ?? 0);
        const padding =
          index === texts.length - 1 ? "" : " ".repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(cut)));
        return paint(index, cut) + padding;
      })
      .join(GAP);
  const titles = columns.map((column) => column.title.toUpperCase());
  out.print(line(titles, (_, text) => out.colors.dim(text)));
  rows.forEach((row, at) => {
    const texts = shown.map(({ cells }) => cells[at] ?? "");
    out.print(line(texts, (index, text) => columns[index]?.paint?.(row, out.colors)(text) ?? text));
  });
}

function shownColumn<Row>(column: Column<Row>, rows: readonly Row[]): Shown<Row> {
  const cells = rows.map((row) => escapeLine((column.human ?? column.text)(row)));
  const natural = Math.max(displayWidth(column.title), ...cells.map(displayWidth));
  return { column, cells, natural, least: column.whole === true ? natural : Math.min(natural, NARROWEST) };
}

/** Leaves out what is empty, and then what has no room even at its narrowest. */
function chooseColumns<Row>(all: readonly Shown<Row>[], available: number): Shown<Row>[] {
  const rank = ({ column }: Shown<Row>): number => column.expendable ?? 0;
  let shown = all.filter((one) => rank(one) === 0 || one.cells.some((cell) => cell !== ""));
  while (available < shown.reduce((sum, { least }) => sum + least + GAP.length, -GAP.length)) {
    const first = Math.max(...shown.map(rank));
    if (first === 0) break;
    shown = shown.filter((one) => rank(one) !== first);
  }
  return shown;
}

/** Takes from the widest that may still become narrower, expendable ones before the others, until all fit or none may. */
function fitWidths<Row>(shown: readonly Shown<Row>[], available: number): number[] {
  const widths = shown.map(({ natural }) => natural);
  let over = widths.reduce((sum, width) => sum + width, 0) - available;
  for (; 0 < over; over--) {
    const narrowable = shown.flatMap(({ least }, index) => (least < (widths[index] ?? 0) ? [index] : []));
    const expendable = narrowable.filter((index) => shown[index]?.column.expendable !== undefined);
    const candidates = expendable.length === 0 ? narrowable : expendable;
    if (candidates.length === 0) break;
    const widest = candidates.reduce((best, index) => ((widths[best] ?? 0) < (widths[index] ?? 0) ? index : best));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** `key  value` lines for people and pipes, keys dim and aligned. A value of several lines is indented. */
export function printSection(out: Output, lines: readonly (readonly [key: string, value: string])[]): void {
  for (const line of sectionLines(out, lines)) out.print(line);
}

export function sectionLines(out: Output, lines: readonly (readonly [key: string, value: string])[]): string[] {
  const width = Math.max(...lines.map(([key]) => displayWidth(key)));
  const indent = out.mode === "human" ? "  " : "";
  return lines.map(([key, value]) => `${indent}${out.colors.dim(padToWidth(key, width))}  ${value}`);
}
