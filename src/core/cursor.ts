import { invalid } from "./errors.ts";
import type { Page } from "./hooks-service.ts";

const PATTERN = /^[A-Za-z0-9_-]{1,64}$/;
const ROW_ID = /^r([1-9]\d{0,15})$/;

/** A list's cursor: the row id of the last row shown. Opaque to callers; rows that arrive later do not shift it. */
export function formatCursor(rowId: number): string {
  return Buffer.from(`r${rowId}`).toString("base64url");
}

/** @throws HooksError `invalid_request` when `cursor` is not one that a list answered. */
export function parseCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const match = PATTERN.test(cursor) ? ROW_ID.exec(Buffer.from(cursor, "base64url").toString("latin1")) : null;
  const rowId = Number(match?.[1]);
  if (match === null || !Number.isSafeInteger(rowId) || formatCursor(rowId) !== cursor) {
    throw invalid("cursor", "cursor must be the next_cursor of an earlier answer");
  }
  return rowId;
}

const MOMENT = /^a(\d{1,16})\.([1-9]\d{0,15})$/;

/** The cursor of a list in the order of its times: the last row shown, and its time. */
export function formatMomentCursor(at: number, rowId: number): string {
  return Buffer.from(`a${at}.${rowId}`).toString("base64url");
}

/** @throws HooksError `invalid_request` when `cursor` is not one that such a list answered. */
export function parseMomentCursor(cursor: string | undefined): { at: number; rowId: number } | undefined {
  if (cursor === undefined) return undefined;
  const match = PATTERN.test(cursor) ? MOMENT.exec(Buffer.from(cursor, "base64url").toString("latin1")) : null;
  const [at, rowId] = [Number(match?.[1]), Number(match?.[2])];
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(rowId) || formatMomentCursor(at, rowId) !== cursor) {
    throw invalid("cursor", "cursor must be the next_cursor of an earlier answer");
  }
  return { at, rowId };
}

/** The first `limit` of the rows that were found, and a cursor for the rest of them. */
export function toPage<Row extends { rowId: number }, Resource>(
  rows: readonly Row[],
  limit: number,
  toResource: (row: Row) => Resource,
): Page<Resource> {
  const page = rows.slice(0, limit);
  return {
    data: page.map((row) => toResource(row)),
    next_cursor: limit < rows.length ? formatCursor(page.at(-1)!.rowId) : null,
  };
}

const SPAN_CURSOR = /^c(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})\.([1-9]\d{0,15})$/;

/** How far a count came. */
export interface SpanCursor {
  /** The row that was looked at last, and the last to be looked at. */
  after: number;
  upTo: number;
  /** When it began, unix ms. */
  at: number;
}

export function formatSpanCursor({ after, upTo, at }: SpanCursor): string {
  return Buffer.from(`c${after}.${upTo}.${at}`).toString("base64url");
}

/** @throws HooksError `invalid_request` when `cursor` is not one that a count answered. */
export function parseSpanCursor(cursor: string | undefined): SpanCursor | undefined {
  if (cursor === undefined) return undefined;
  const text = /^[A-Za-z0-9_-]{1,80}$/.test(cursor) ? Buffer.from(cursor, "base64url").toString("latin1") : "";
  const [, after, upTo, at] = (SPAN_CURSOR.exec(text) ?? []).map(Number);
  const span = { after: after ?? Number.NaN, upTo: upTo ?? Number.NaN, at: at ?? Number.NaN };
  if (!Object.values(span).every(Number.isSafeInteger) || formatSpanCursor(span) !== cursor) {
    throw invalid("cursor", "cursor must be the next_cursor of an earlier answer");
  }
  return span;
}

const TYPE_CURSOR = /^t([A-Za-z0-9_.-]{1,200})$/;

/** The cursor of a list of event types in alphabetical order: the last one shown. */
export function formatTypeCursor(name: string): string {
  return Buffer.from(`t${name}`).toString("base64url");
}

/** @throws HooksError `invalid_request` when `cursor` is not one that a list of event types answered. */
export function parseTypeCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const isText = /^[A-Za-z0-9_-]{1,300}$/.test(cursor);
  const name = isText ? TYPE_CURSOR.exec(Buffer.from(cursor, "base64url").toString("latin1"))?.[1] : undefined;
  if (name === undefined || formatTypeCursor(name) !== cursor) {
    throw invalid("cursor", "cursor must be the next_cursor of an earlier answer");
  }
  return name;
}

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 200;

/** @throws HooksError `invalid_request` when `limit` is not 1–200. */
export function checkLimit(limit: number | undefined): number {
  if (limit === undefined) return PAGE_LIMIT_DEFAULT;
  if (Number.isInteger(limit) && 1 <= limit && limit <= PAGE_LIMIT_MAX) return limit;
  throw invalid("limit", `limit must be a whole number from 1 to ${PAGE_LIMIT_MAX}`);
}

const NAME_CURSOR = /^n([a-z0-9-]{1,32})$/;

/** The cursor of a list that is in the order of its names: the last one shown. */
export function formatNameCursor(name: string): string {
  return Buffer.from(`n${name}`).toString("base64url");
}

/** @throws HooksError `invalid_request` when `cursor` is not one that a list of names answered. */
export function parseNameCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const name = PATTERN.test(cursor)
    ? NAME_CURSOR.exec(Buffer.from(cursor, "base64url").toString("latin1"))?.[1]
    : undefined;
  if (name === undefined || formatNameCursor(name) !== cursor) {
    throw invalid("cursor", "cursor must be the next_cursor of an earlier answer");
  }
  return name;
}
