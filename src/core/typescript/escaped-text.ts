// Names, texts and descriptions are somebody else's. Whatever they hold, it must end up inside the string or comment
// that it was put into.

/** Line ends of ECMAScript, and controls that a terminal or an editor acts on. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A string literal in double quotes. */
export function literal(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    UNPRINTABLE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

/** The name of a member: bare where that is allowed, else quoted. */
export function memberName(name: string): string {
  return IDENTIFIER.test(name) ? name : literal(name);
}

/** Lines of a doc comment, indented; empty for none. */
export function docComment(lines: readonly string[], indent: string): string {
  const texts = lines.flatMap((line) => line.split(/\r\n|[\n\r\u2028\u2029]/)).map(commentText);
  while (texts.at(-1) === "") texts.pop();
  if (texts.length === 0) return "";
  if (texts.length === 1) return `${indent}/** ${texts[0]} */\n`;
  return `${indent}/**\n${texts.map((text) => `${indent} *${text === "" ? "" : ` ${text}`}\n`).join("")}${indent} */\n`;
}

function commentText(text: string): string {
  return (
    text
      .toWellFormed()
      .replaceAll("*/", "*\\/")
      // The compiler obeys `@ts-expect-error` in a comment of any kind.
      .replace(/@(?=ts-)/gi, "@ ")
      .replace(UNPRINTABLE, " ")
      .trimEnd()
  );
}
