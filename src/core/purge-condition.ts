// What people write behind --where, and how it may be shown later.

/** A text, an operator with `=`, a name (with digits in it), a number; what is between is taken as it is. */
const TOKEN =
  /[rRbB]{0,2}(?:"""(?:\\.|[^\\])*?"""|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|[=!<>]=|=|[\p{L}_][\p{L}\p{N}_]*|\d[\w.]*/gsu;

/** A condition as SQL's readers write it: a single `=` is `==`. */
export function conditionText(where: string): string {
  return where.replace(TOKEN, (token) => (token === "=" ? "==" : token));
}

/**
 * The same without the values that it compares with: they may be what is to be erased, and what was done is kept for
 * long. `data.user_id == "u_1"` → `data.user_id == "***"`
 */
export function maskedCondition(where: string): string {
  return where.replace(TOKEN, (token) => {
    const last = token.at(-1)!;
    if (last === '"' || last === "'") return '"***"';
    return /^\d/.test(token) ? "***" : token;
  });
}
