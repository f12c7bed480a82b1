/** Why a text is no filter. */
export class Refusal extends Error {
  readonly why: string;
  /** Offset in the text. */
  readonly at: number;
  readonly hint: string | undefined;

  constructor(why: string, at: number, hint?: string) {
    super(why);
    this.why = why;
    this.at = at;
    this.hint = hint;
  }
}

const SHOWN = 24;

/** `at character 15, after "data.amount >"`: the place in the text, for a message of one line. */
export function placeIn(text: string, at: number): string {
  const start = Math.max(0, at - SHOWN);
  const before = text.slice(start, at).trim();
  const words = before === "" ? "" : `, after ${JSON.stringify(`${start === 0 ? "" : "…"}${before}`)}`;
  return `at character ${at + 1}${words}`;
}
