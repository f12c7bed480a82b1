import { indentJson } from "../core/indent-json.ts";
import type { Colors } from "./context.ts";
import { escapeBlock } from "./escape.ts";

/** JSON text over several lines for a terminal or a pipe; text that is no JSON as it is. Hostile characters are shown. */
export function prettyJson(text: string, colors: Colors): string {
  const pretty = indentJson(text);
  if (pretty === undefined) return escapeBlock(text);
  return escapeBlock(pretty).replace(TOKENS, (token, name: string | undefined) => {
    if (name !== undefined) return `${colors.cyan(name)}:`;
    return token.startsWith('"') ? colors.green(token) : colors.yellow(token);
  });
}

/** A key with its colon, a string, or another scalar. */
const TOKENS = /("(?:[^"\\]|\\.)*"):|"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
