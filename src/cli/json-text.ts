import type { Colors } from "./context.ts";
import { escapeBlock } from "./escape.ts";

/** JSON.rawJSON is in every Node that runs this program, and not yet in the language's typings. */
const { rawJSON, isRawJSON } = JSON as typeof JSON & {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};

/** A number that `parseExact` kept as its digits. */
export function isExactNumber(value: unknown): boolean {
  return isRawJSON(value);
}

/**
 * Parses JSON so that printing it again gives the same numbers: one that a double cannot hold keeps its own digits.
 * @throws SyntaxError
 */
export function parseExact(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === "number" && context?.source !== undefined && String(value) !== context.source
      ? rawJSON(context.source)
      : value;
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}

/** JSON text over several lines for a terminal or a pipe; text that is no JSON as it is. Hostile characters are shown. */
export function prettyJson(text: string, colors: Colors): string {
  let pretty: string;
  try {
    pretty = JSON.stringify(parseExact(text), undefined, 2);
  } catch {
    return escapeBlock(text);
  }
  return escapeBlock(pretty).replace(TOKENS, (token, name: string | undefined) => {
    if (name !== undefined) return `${colors.cyan(name)}:`;
    return token.startsWith('"') ? colors.green(token) : colors.yellow(token);
  });
}

/** A key with its colon, a string, or another scalar. */
const TOKENS = /("(?:[^"\\]|\\.)*"):|"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
