import { HooksError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";

/**
 * A receiver as people write it: `3000`, `localhost:3000/path`, or a whole http(s) URL.
 * @throws HooksError `usage` naming the flag.
 */
export function targetUrl(text: string, flag: string): URL {
  const candidate = /^\d{1,5}(\/|$)/.test(text)
    ? `http://localhost:${text}`
    : /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
      ? text
      : `http://${text}`;
  const url = URL.canParse(candidate) ? new URL(candidate) : undefined;
  if (
    url === undefined ||
    url.hostname === "" ||
    (url.protocol !== "http:" && url.protocol !== "https:") ||
    /\s/.test(text)
  ) {
    throw new HooksError("usage", `${flag} must be a URL, HOST:PORT/PATH or a port, got ${quoted(text)}`, {
      field: flag,
      hint: `for example: ${flag} localhost:3000/webhooks`,
    });
  }
  return url;
}
