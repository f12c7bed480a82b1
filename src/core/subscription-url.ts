import { HooksError, invalid } from "./errors.ts";
import { DEFAULT_ENVIRONMENT } from "./scope.ts";

const MAX_LENGTH = 2048;
/** Control characters, white space, zero-width and bidirectional marks, soft hyphen: `new URL` would drop them silently. */
const INVISIBLE = /[\u0000-\u0020\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff]/;

/**
 * The canonical form of a subscription's URL. What is checked is the text as it was given, before `new URL` repairs it.
 * @throws HooksError `invalid_request` (field `url`), or `url_refused` when the rule is about where it points.
 */
export function checkSubscriptionUrl(text: unknown, environment: string): string {
  if (typeof text !== "string" || text === "") throw invalid("url", "url is missing: an https:// address");
  if (MAX_LENGTH < text.length) throw invalid("url", `url must be at most ${MAX_LENGTH} characters`);
  if (INVISIBLE.test(text)) throw invalid("url", "url must not contain spaces, control or invisible characters");
  if (text.includes("\\")) throw invalid("url", "url must not contain a backslash");
  const authority = /^https?:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority === undefined || !URL.canParse(text)) {
    throw invalid("url", "url must be an http:// or https:// address", "for example: https://example.com/webhooks");
  }
  if (authority.includes("@"))
    throw invalid("url", "url must not contain a user name or password", "send them in a header");
  if (authority.includes("%")) throw invalid("url", "url must not contain escapes in its host");
  const url = new URL(text);
  if (url.protocol !== "https:" && environment !== DEFAULT_ENVIRONMENT) {
    throw new HooksError("url_refused", `url must be https in ${environment}`, {
      field: "url",
      hint: `use https, or create it in ${DEFAULT_ENVIRONMENT}`,
    });
  }
  url.hash = "";
  return url.href;
}
