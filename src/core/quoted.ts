const MOST_CHARS = 80;
/** An API key that was given where something else was meant: an error may be logged, and the key still works. */
const KEY = /\bhk_[\w-]{16,}/g;

/**
 * A value that somebody gave, as an error shows it: as JSON, and never longer than a line, however long it is. What of
 * it must not reach a terminal is escaped where it is printed.
 */
export function quoted(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  return cut(String(JSON.stringify(value)));
}

function cut(text: string): string {
  const shown = text.replace(KEY, "hk_…");
  return MOST_CHARS < shown.length ? `${shown.slice(0, MOST_CHARS)}…` : shown;
}

/** The same of what somebody meant as a URL: without what stands before an "@", which may be a password. */
export function quotedUrl(text: string): string {
  return quoted(text.includes("@") ? `…${text.slice(text.lastIndexOf("@"))}` : text);
}
