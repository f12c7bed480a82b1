import type { FindHeader } from "../scheme-code.ts";
import { type Refusal, refuse } from "../verdict.ts";

/** The only value of a header that must be there. */
export function oneHeader(name: string, find: FindHeader): string | Refusal {
  const values = find(name);
  if (values === undefined) return refuse("missing_header", `${name} is missing`);
  const [first] = values;
  if (first === undefined) return refuse("malformed_header", `${name} is not text`);
  if (values.some((value) => value !== first)) {
    return refuse("malformed_header", `${name} is given several times with different values`);
  }
  return first === "" ? refuse("malformed_header", `${name} is empty`) : first;
}
