import type { Command } from "commander";
import { HooksError } from "../core/errors.ts";
import type { EventTypeSummary } from "../core/event-type.ts";
import type { HooksService, Page } from "../core/hooks-service.ts";
import type { Output } from "./context.ts";
import { wholeNumber } from "./flag-values.ts";

/** What a list is asked for. */
export interface ListOptions {
  /** Default 50; more than one page is fetched page by page. */
  limit: number;
  cursor: string | undefined;
  fields: readonly string[] | undefined;
}

const DEFAULT_LIMIT = 50;
const PAGE_LIMIT = 200;
const MOST = 100_000;
/** Questions about single things that are asked together. */
const AT_ONCE = 8;

export interface ListFlags {
  limit?: number;
  cursor?: string;
  fields?: string[];
}

export function addListFlags(command: Command): Command {
  return addFieldsFlag(
    command
      .option("--limit <number>", `at most this many (default: ${DEFAULT_LIMIT})`, wholeNumber("--limit", 1, MOST))
      .option("--cursor <cursor>", "go on where the list before ended"),
  );
}

/** From when to when, as every filter of times has it. */
export function addSpanFlags(command: Command): Command {
  return command
    .option("--since <time>", "from then on: 2h, 7d, 2026-01-31, 2026-01-31T12:00:00Z")
    .option("--until <time>", "before then");
}

export function addFieldsFlag(command: Command): Command {
  return command.option("--fields <names>", "choose columns and JSON keys: a,b.c (help lists them)", fieldNames);
}

export function listOptions(flags: ListFlags): ListOptions {
  return { limit: flags.limit ?? DEFAULT_LIMIT, cursor: flags.cursor, fields: flags.fields };
}

/** Fetches pages until `limit` rows are there or none are left. */
export async function fetchRows<Row>(
  list: (query: { limit: number; cursor: string | undefined }) => Promise<Page<Row>>,
  options: Pick<ListOptions, "limit" | "cursor">,
): Promise<{ rows: Row[]; nextCursor: string | null }> {
  const rows: Row[] = [];
  let cursor = options.cursor;
  for (;;) {
    const page = await list({ limit: Math.min(PAGE_LIMIT, options.limit - rows.length), cursor });
    rows.push(...page.data);
    if (page.next_cursor === null || options.limit <= rows.length) return { rows, nextCursor: page.next_cursor };
    // A page with nothing on it would be asked for for ever.
    if (page.data.length === 0) return { rows, nextCursor: null };
    cursor = page.next_cursor;
  }
}

/** What `ask` answers for each, in order; a few are asked for at a time. */
export async function inTurns<In, Out>(given: readonly In[], ask: (one: In) => Promise<Out>): Promise<Out[]> {
  const answers: Out[] = [];
  for (let at = 0; at < given.length; at += AT_ONCE) {
    answers.push(...(await Promise.all(given.slice(at, at + AT_ONCE).map(ask))));
  }
  return answers;
}

/** Every event type that is known, in alphabetical order. */
export async function allEventTypes(service: Pick<HooksService, "listEventTypes">): Promise<EventTypeSummary[]> {
  return (await fetchRows((page) => service.listEventTypes(page), { limit: MOST, cursor: undefined })).rows;
}

/** On stderr, so that a list cut by its limit is never taken for the whole. */
export function noteRest(out: Output, count: number, nextCursor: string | null): void {
  if (nextCursor !== null) out.note(`${count} shown · next: --cursor ${nextCursor}`);
}

function fieldNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes(""))
    throw new HooksError("usage", "--fields must be names joined by commas", { field: "--fields" });
  return names;
}
