import type { HeaderPairs } from "../core/attempt.ts";
import type { SourceSecrets } from "./stored-source.ts";

const MASK = "***";
/** They say who somebody is, whatever the scheme. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(["authorization", "proxy-authorization", "cookie", "x-api-key"]);

/** Some senders write the secret itself into a header, a query or a form: it is never shown. */
export function masked(text: string, { secrets, verifyToken }: SourceSecrets): string {
  let shown = text;
  for (const secret of [...secrets.map((one) => one.text), ...(verifyToken === undefined ? [] : [verifyToken])]) {
    shown = shown.replaceAll(secret, MASK).replaceAll(encodeURIComponent(secret), MASK);
  }
  return shown;
}

export function maskedHeaders(headers: HeaderPairs, secrets: SourceSecrets): HeaderPairs {
  return headers.map(([name, value]) => [name, SECRET_HEADERS.has(name.toLowerCase()) ? MASK : masked(value, secrets)]);
}
