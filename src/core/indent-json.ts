/** Strings, what stands between values, and all other values; white space is what is left. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;
/** Text of a few bytes can be nested so deep that its indentation would fill the memory. */
const DEEPEST_INDENT = 24;

/**
 * JSON over several lines, two spaces a level. Nothing else of it changes: names stay in their order and as often as they
 * came, numbers and strings as they were written. Undefined for what is no JSON.
 */
export function indentJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const parts: string[] = [];
  let depth = 0;
  let before = "";
  const newLine = (): void => {
    parts.push("\n", "  ".repeat(Math.min(depth, DEEPEST_INDENT)));
  };
  for (const [token] of text.matchAll(TOKENS)) {
    const closes = token === "}" || token === "]";
    const opened = before === "{" || before === "[";
    if (closes) {
      depth -= 1;
      if (!opened) newLine();
    } else if (opened || before === ",") newLine();
    if (token === "{" || token === "[") depth += 1;
    parts.push(token === ":" ? ": " : token);
    before = token;
  }
  return parts.join("");
}
