// Text that came from outside (names, URLs, payloads, error texts of receivers) may hold sequences that move the
// cursor, rewrite what was printed, set the clipboard or turn the writing direction. All of it is shown, none is obeyed.

/** C0, DEL, C1, line and paragraph separators, marks and overrides of direction, invisible characters. U+200C and
 * U+200D are left: real words and emoji are written with them. */
const HOSTILE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
/** The same but line feed and tab. */
const HOSTILE_IN_BLOCK =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

/** For one line of output: every control character as `\n`, `\x1b` or `\u202e`. */
export function escapeLine(text: string): string {
  return text.toWellFormed().replace(HOSTILE, visible);
}

/** For several lines of output: line feeds and tabs stay. */
export function escapeBlock(text: string): string {
  return text.toWellFormed().replace(HOSTILE_IN_BLOCK, visible);
}

/** JSON on one line whose control, direction and invisible characters are `\uXXXX`: still the same value. */
export function jsonLine(value: unknown): string {
  return escapeJson(JSON.stringify(value));
}

/** The same for JSON text that exists already. Line breaks in it can only stand between tokens: they become spaces. */
export function escapeJson(json: string): string {
  if (PRINTABLE.test(json)) return json;
  return json.replace(/[\n\r\t]/g, " ").replace(HOSTILE, (character) => `\\u${hex(character, 4)}`);
}

/**
 * The last look at what is about to be written: what a caller forgot to escape is escaped here; of escape sequences
 * only colours are let through, and only where there is colour.
 */
export function escapeLeftovers(text: string, hasColor: boolean): string {
  if (PRINTABLE.test(text)) return text;
  if (!hasColor) return escapeBlock(text);
  return text
    .split(COLOR)
    .map((part, index) => (index % 2 === 1 ? part : escapeBlock(part)))
    .join("");
}

/** What nearly every line is; answered in one pass and without a copy. */
const PRINTABLE = /^[ -~]*$/;
/** Select Graphic Rendition, captured so that `split` keeps it at the odd places. */
const COLOR = /(\u001b\[[0-9;]{0,20}m)/;

function visible(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  return character.charCodeAt(0) < 0x100 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
