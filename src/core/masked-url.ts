import { MASKED } from "./custom-headers.ts";
import { type HooksError, invalid } from "./errors.ts";

// Many receivers take their credential in the URL's query. It counts as a secret: what is read shows the URL up to it.

const MASK = `?${MASKED}`;

/** `https://host/path?token=…` → `https://host/path?***`; a URL without a query as it is. `url`: in its canonical form. */
export function maskUrl(url: string): string {
  const at = url.indexOf("?");
  return at === -1 || at === url.length - 1 ? url : url.slice(0, at) + MASK;
}

/** Whether there is something in it that is not to be shown. */
export function hasSecretQuery(url: string): boolean {
  return maskUrl(url) !== url;
}

export function isMaskedUrl(url: string): boolean {
  return url.endsWith(MASK);
}

/** For a masked URL that is not the stored one: its query must not follow to another host or path. */
export function maskedUrl(url: string): HooksError {
  return invalid(
    "url",
    `url is masked (it ends with ${MASK}), and there is no stored URL of this form to keep`,
    `give the whole URL; ${JSON.stringify(url.slice(0, -MASK.length))} if it has no query any more`,
  );
}
