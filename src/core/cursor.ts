import { type HooksError, invalid } from "./errors.ts";
import type { Page } from "./hooks-service.ts";

// The cursors of lists: opaque to callers, and what has another form is refused. Over HTTP they are sealed besides
// (receive/cursor-seal.ts).

/** How one kind of cursor is written. */
interface CursorForm<T> {
  /** The text inside, which its first letter tells from those of other lists. */
  pattern: RegExp;
  /** Of the cursor, characters. */
  maxLength: number;
  /** Of what the pattern's groups hold; undefined: that is none. */
  read(parts: readonly string[]): T | undefined;
  write(value: T): string;
}

function format<T>({ write }: CursorForm<T>, value: T): string {
  return Buffer.from(write(value)).toString("base64url");
}

/** @throws HooksError `invalid_request` when `cursor` is not one that such a list answered. */
function parse<T>(form: CursorForm<T>, cursor: string | undefined): T | undefined {
  if (cursor === undefined) return undefined;
  const isText = cursor.length <= form.maxLength && /^[A-Za-z0-9_-]+$/.test(cursor);
  const match = isText ? form.pattern.exec(Buffer.from(cursor, "base64url").toString("latin1")) : null;
  const value = match === null ? undefined : form.read(match.slice(1));
  if (value === undefined || format(form, value) !== cursor) {
    throw badCursor();
  }
  return value;
}

export function badCursor(): HooksError {
  return invalid("cursor", "cursor must be the next_cursor of an earlier answer");
}

/** Undefined: one of them is larger than a number is exact. */
function wholeNumbers(parts: readonly string[]): number[] | undefined {
  const numbers = parts.map(Number);
  return numbers.every(Number.isSafeInteger) ? numbers : undefined;
}

const ROW: CursorForm<number> = {
  pattern: /^r([1-9]\d{0,15})$/,
  maxLength: 64,
  read: (parts) => wholeNumbers(parts)?.[0],
  write: (rowId) => `r${rowId}`,
};

/** The row id of the last row shown: rows that arrive later do not shift it. */
export const formatCursor = (rowId: number): string => format(ROW, rowId);
/** @throws HooksError `invalid_request` when `cursor` is not one that a list answered. */
export const parseCursor = (cursor: string | undefined): number | undefined => parse(ROW, cursor);

/** The last row shown of a list in the order of its times, and its time, unix ms. */
export interface MomentCursor {
  at: number;
  rowId: number;
}

const MOMENT: CursorForm<MomentCursor> = {
  pattern: /^a(\d{1,16})\.([1-9]\d{0,15})$/,
  maxLength: 64,
  read: (parts) => {
    const [at, rowId] = wholeNumbers(parts) ?? [];
    return at === undefined || rowId === undefined ? undefined : { at, rowId };
  },
  write: ({ at, rowId }) => `a${at}.${rowId}`,
};

export const formatMomentCursor = (moment: MomentCursor): string => format(MOMENT, moment);
/** @throws HooksError `invalid_request` when `cursor` is not one that such a list answered. */
export const parseMomentCursor = (cursor: string | undefined): MomentCursor | undefined => parse(MOMENT, cursor);

/** How far a count came. */
export interface SpanCursor {
  /** The row that was looked at last, and the last to be looked at. */
  after: number;
  upTo: number;
  /** When it began, unix ms. */
  at: number;
}

const SPAN: CursorForm<SpanCursor> = {
  pattern: /^c(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})\.([1-9]\d{0,15})$/,
  maxLength: 80,
  read: (parts) => {
    const [after, upTo, at] = wholeNumbers(parts) ?? [];
    return after === undefined || upTo === undefined || at === undefined ? undefined : { after, upTo, at };
  },
  write: ({ after, upTo, at }) => `c${after}.${upTo}.${at}`,
};

export const formatSpanCursor = (span: SpanCursor): string => format(SPAN, span);
/** @throws HooksError `invalid_request` when `cursor` is not one that a count answered. */
export const parseSpanCursor = (cursor: string | undefined): SpanCursor | undefined => parse(SPAN, cursor);

const TYPE: CursorForm<string> = {
  pattern: /^t([A-Za-z0-9_.-]{1,200})$/,
  maxLength: 300,
  read: ([name]) => name,
  write: (name) => `t${name}`,
};

/** The last event type shown of a list in alphabetical order. */
export const formatTypeCursor = (name: string): string => format(TYPE, name);
/** @throws HooksError `invalid_request` when `cursor` is not one that a list of event types answered. */
export const parseTypeCursor = (cursor: string | undefined): string | undefined => parse(TYPE, cursor);

const NAME: CursorForm<string> = {
  pattern: /^n([a-z0-9-]{1,32})$/,
  maxLength: 64,
  read: ([name]) => name,
  write: (name) => `n${name}`,
};

/** The last one shown of a list in the order of its names. */
export const formatNameCursor = (name: string): string => format(NAME, name);
/** @throws HooksError `invalid_request` when `cursor` is not one that a list of names answered. */
export const parseNameCursor = (cursor: string | undefined): string | undefined => parse(NAME, cursor);

/** The first `limit` of the rows that were found, and a cursor for the rest of them. */
export function toPage<Row extends { rowId: number }, Resource>(
  rows: readonly Row[],
  limit: number,
  toResource: (row: Row) => Resource,
): Page<Resource> {
  return toPageBy(rows, limit, toResource, ({ rowId }) => formatCursor(rowId));
}

/** The same of a list whose cursor is not its row. */
export function toPageBy<Row, Resource>(
  rows: readonly Row[],
  limit: number,
  toResource: (row: Row) => Resource,
  cursorOf: (last: Row) => string,
): Page<Resource> {
  const page = rows.slice(0, limit);
  return {
    data: page.map((row) => toResource(row)),
    next_cursor: limit < rows.length ? cursorOf(page.at(-1)!) : null,
  };
}

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 200;

/** @throws HooksError `invalid_request` when `limit` is not 1–200. */
export function checkLimit(limit: number | undefined): number {
  if (limit === undefined) return PAGE_LIMIT_DEFAULT;
  if (Number.isInteger(limit) && 1 <= limit && limit <= PAGE_LIMIT_MAX) return limit;
  throw invalid("limit", `limit must be a whole number from 1 to ${PAGE_LIMIT_MAX}`);
}
