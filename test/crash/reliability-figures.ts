import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Figure } from "./scenario.ts";

const PAGE = path.join(import.meta.dirname, "../../docs/reliability.md");

export interface FigureRow {
  id: string;
  title: string;
  figures: readonly Figure[];
  seconds: number;
}

/** The table of a campaign, as Markdown. `intro`: date, machine and versions, seed. */
export function figuresTable(rows: readonly FigureRow[], intro: string): string {
  const lines = rows.map(({ id, title, figures, seconds }) => {
    const values = figures.map(({ name, value }) => `${name}: **${value}**`).join("; ");
    return `| ${id} | ${title} | ${values} | ${promisesOf(figures)} | ${Math.round(seconds)} s |`;
  });
  return [intro, "", "| | what | figures | promised | took |", "|---|---|---|---|---|", ...lines].join("\n");
}

/** What was not kept stands out. */
function promisesOf(figures: readonly Figure[]): string {
  return figures
    .flatMap(({ value, promised }) => (promised === undefined ? [] : [{ value, ...promised }]))
    .map(({ what, isKept, value }) => (isKept ? what : `${what} (**not kept: ${value}**)`))
    .join("; ");
}

/** Puts a text between `<!-- NAME -->` and `<!-- /NAME -->` of a page. @throws Error when it has no such place. */
export function replaceSection(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the page has no ${start} … ${end}`);
  return `${page.slice(0, from + start.length)}\n${text}\n${page.slice(to)}`;
}

/** Into docs/reliability.md. */
export function writeFigures(table: string): void {
  writeFileSync(PAGE, replaceSection(readFileSync(PAGE, "utf8"), "crash", table));
}
