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
