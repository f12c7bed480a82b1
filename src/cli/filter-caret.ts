import { HooksError, isHooksError } from "../core/errors.ts";
import type { Output } from "./context.ts";

/** Characters that are shown before and behind the place. */
const BEFORE = 60;
const BEHIND = 40;

/** Runs a call that is given a filter: the error about it shows the filter itself, with a caret where it is wrong. */
export async function pointingAt<T>(call: Promise<T>, filter: string | undefined, out: Output): Promise<T> {
  try {
    return await call;
  } catch (error) {
    // An error as JSON is one line.
    if (filter === undefined || out.mode === "json" || !isHooksError(error) || error.field !== "filter") throw error;
    const place = / at character (\d+)[,:]/.exec(error.message)?.[1];
    if (place === undefined) throw error;
    const { code, message, field, hint } = error;
    throw new HooksError(code, message + underlined(filter, Number(place) - 1), { field, hint, cause: error });
  }
}

/** Of a command that hands its filter to nobody who would name the flag. @throws HooksError `usage` */
export async function checkFilterFlag(filter: string, out: Output): Promise<void> {
  const { parseFilter } = await import("../core/filter/filter-language.ts");
  const parsed = (async () => parseFilter(filter, "filter"))();
  try {
    await pointingAt(parsed, filter, out);
  } catch (error) {
    if (!isHooksError(error)) throw error;
    throw new HooksError("usage", `--${error.message}`, { field: "--filter", hint: error.hint, cause: error });
  }
}

function underlined(text: string, at: number): string {
  const start = Math.max(0, at - BEFORE);
  const head = start === 0 ? "" : "…";
  const tail = at + BEHIND < text.length ? "…" : "";
  // Line breaks and other invisible characters would move the caret away from what it points at.
  const shown = text.slice(start, at + BEHIND).replace(/[^\x20-\x7e\u00a1-\uffff]/g, " ");
  return `\n  ${head}${shown}${tail}\n  ${" ".repeat(head.length + at - start)}^`;
}
