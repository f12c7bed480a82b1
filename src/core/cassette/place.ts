// Places of a recorded exchange that rules name: what is not to be written, and what is not to be compared.

import { HooksError } from "../errors.ts";
import { quoted } from "../quoted.ts";

/** Names in lower case. A step of a path may be `*`: every member or element. `only`: answers have no such place. */
export type Place =
  | { kind: "header"; name: string }
  | { kind: "query"; name: string }
  | { kind: "json"; steps: readonly string[]; only?: "requests" };

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
const MAX_CHARS = 1_000;
const MAX_STEPS = 32;

/**
 * `header:authorization`, `query:access_token`, or a place in a JSON body: `data.user.email`, `data.lines.*.price`,
 * `/data/a.b` (JSON Pointer, for names with dots).
 * @throws HooksError `usage` naming the flag
 */
export function parsePlace(text: string, flag: string): Place {
  const wrong = (why: string): HooksError =>
    new HooksError("usage", `${flag} ${quoted(text)}: ${why}`, {
      field: flag,
      hint: `for example: ${flag} header:x-api-key, ${flag} query:token or ${flag} data.user.email`,
    });
  const [, kind, rest = ""] = /^(header|query):(.*)$/s.exec(text) ?? [];
  if (kind === "header") {
    if (!HEADER_NAME.test(rest)) throw wrong("that is no name of a header");
    return { kind, name: rest.toLowerCase() };
  }
  if (kind === "query") {
    if (rest === "" || MAX_CHARS < rest.length) throw wrong("it names no parameter");
    return { kind, name: rest.toLowerCase() };
  }
  if (text === "" || MAX_CHARS < text.length) throw wrong("it names no place in a body");
  const steps = text.startsWith("/") ? pointer(text) : text.replace(/^\$\./, "").split(".");
  if (steps.includes("") || MAX_STEPS < steps.length) throw wrong("it names no place in a body");
  return { kind: "json", steps };
}

/** RFC 6901. */
function pointer(text: string): string[] {
  return text
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Whether a rule's steps name this place or one above it. */
export function covers(rule: readonly string[], steps: readonly (string | number)[]): boolean {
  return rule.length <= steps.length && rule.every((name, at) => name === "*" || name === String(steps[at]));
}
