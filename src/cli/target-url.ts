import type { TargetUrl } from "../core/egress/target-url.ts";
import { HooksError, isHooksError } from "../core/errors.ts";
import { quotedUrl } from "../core/quoted.ts";
import { checkTargetUrl } from "../core/subscription-url.ts";

/**
 * A receiver as people write it: `3000`, `localhost:3000/path`, or a whole http(s) URL.
 * @throws HooksError `usage` naming the flag, `url_refused`.
 */
export function targetUrl(text: string, flag: string): TargetUrl {
  const candidate = /^\d{1,5}(\/|$)/.test(text)
    ? `http://localhost:${text}`
    : /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
      ? text
      : `http://${text}`;
  try {
    return checkTargetUrl(candidate, flag);
  } catch (error) {
    if (!isHooksError(error) || error.code === "url_refused") throw error;
    throw new HooksError("usage", `${flag} must be a URL, HOST:PORT/PATH or a port, got ${quotedUrl(text)}`, {
      field: flag,
      hint:
        error.hint === undefined
          ? `the URL ${error.message.slice(flag.length + 1)}`
          : `for example: ${flag} localhost:3000/webhooks`,
    });
  }
}
