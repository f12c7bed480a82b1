import { invalid } from "./errors.ts";
import { quoted } from "./quoted.ts";
import { trimBlanks } from "./signing/webhook-request.ts";

const MAX_HEADERS = 20;
const MAX_VALUE_BYTES = 4096;
/** RFC 9110, 5.6.2: token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
/** Visible latin1, spaces and tabs inside: no CR, LF, NUL or other control character. */
const VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/;

/** What a reader sees instead of a value; in a change it keeps the value that is stored. */
export const MASKED = "***";

/** Set by the HTTP client, or able to reach a cloud's metadata service (rulings.md 27). */
const REFUSED = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "content-encoding",
  "expect",
  "upgrade",
  "http2-settings",
  "metadata",
  "metadata-flavor",
  "x-google-metadata-request",
  "x-aws-ec2-metadata-token",
  "x-aws-ec2-metadata-token-ttl-seconds",
  "x-aliyun-ecs-metadata-token",
  "x-aliyun-ecs-metadata-token-ttl-seconds",
  "x-metadata-token",
  "x-identity-header",
]);

/**
 * A subscription's own headers, names in lower case. `kept`: the stored ones, for values that came back masked.
 * `reserved`: the profile's own names.
 * @throws HooksError `invalid_request` naming `headers` or `headers.<name as given>`.
 */
export function checkCustomHeaders(
  headers: unknown,
  reserved: readonly string[],
  kept: Readonly<Record<string, string>> = {},
): Record<string, string> {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) {
    throw invalid("headers", "headers must be an object of names and values");
  }
  const entries = Object.entries(headers);
  if (MAX_HEADERS < entries.length) throw invalid("headers", `headers must be at most ${MAX_HEADERS}`);
  const checked = new Map<string, string>();
  for (const [given, value] of entries) {
    if (!TOKEN.test(given)) throw invalid("headers", `headers has a name that HTTP does not allow: ${quoted(given)}`);
    const field = `headers.${given}`;
    const name = given.toLowerCase();
    if (REFUSED.has(name) || name.startsWith("proxy-") || reserved.includes(name)) {
      throw invalid(field, `${field} may not be set: ${quoted(name)} belongs to the request itself`);
    }
    if (checked.has(name)) throw invalid(field, `${field} is given twice (names differ only in case)`);
    if (typeof value !== "string") throw invalid(field, `${field} must be a string`);
    const text = value !== MASKED ? value : Object.hasOwn(kept, name) ? kept[name] : undefined;
    if (text === undefined) throw invalid(field, `${field} is masked, and there is no stored value to keep`);
    if (!VALUE.test(text)) throw invalid(field, `${field} may hold visible latin1 characters, spaces and tabs only`);
    if (MAX_VALUE_BYTES < text.length) throw invalid(field, `${field} must be at most ${MAX_VALUE_BYTES} bytes`);
    // Not trim(): U+00A0 is a byte of the value.
    checked.set(name, trimBlanks(text));
  }
  return Object.fromEntries(checked);
}
