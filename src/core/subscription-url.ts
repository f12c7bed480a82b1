import type { Refusal } from "./egress/policy.ts";
import { readTargetUrl, type TargetUrl } from "./egress/target-url.ts";
import { HooksError, invalid } from "./errors.ts";

/**
 * A URL to send to, as its own text says: whether it may be sent to is the policy's business (egress/policy.ts).
 *
 * @param name of the field or flag.
 * @throws HooksError `invalid_request` when it is malformed, `url_refused` when readers could differ on where it points
 */
export function checkTargetUrl(text: unknown, name: string): TargetUrl {
  if (typeof text !== "string" || text === "") throw invalid(name, `${name} is missing: an https:// address`);
  const read = readTargetUrl(text);
  if ("href" in read) return read;
  throw new HooksError(read.code, `${name} ${read.what}`, { field: name, hint: read.hint });
}

/** @param name of the field or flag that the URL stands in. */
export function urlRefused({ what, hint }: Refusal, name: string): HooksError {
  return new HooksError("url_refused", `${name} ${what}`, { field: name, hint });
}
