import { isUtf8 } from "node:buffer";
import type { HeaderPairs } from "../core/attempt.ts";
import type { SourceSecrets } from "./stored-source.ts";

const MASK = "***";
/** They say who somebody is, whatever the scheme. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(["authorization", "proxy-authorization", "cookie", "x-api-key"]);

/** Some senders write the secret itself into a header, a query, a form or JSON: it is never shown. */
export function masked(text: string, secrets: SourceSecrets): string {
  let shown = text;
  for (const secret of textsOf(secrets)) {
    for (const written of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
      shown = shown.replaceAll(written, MASK);
    }
  }
  return shown;
}

/** The same of a body. */
export function maskedBody(body: Uint8Array, secrets: SourceSecrets): Buffer {
  const bytes = Buffer.from(body);
  return isUtf8(bytes) ? Buffer.from(masked(bytes.toString(), secrets)) : maskedBytes(bytes, secrets);
}

/** Of bytes that are no text. */
function maskedBytes(bytes: Uint8Array, secrets: SourceSecrets): Buffer {
  let shown = Buffer.from(bytes).toString("latin1");
  for (const secret of textsOf(secrets)) shown = shown.replaceAll(Buffer.from(secret).toString("latin1"), MASK);
  return Buffer.from(shown, "latin1");
}

function textsOf({ secrets, verifyToken }: SourceSecrets): string[] {
  return [...secrets.map(({ text }) => text), ...(verifyToken === undefined ? [] : [verifyToken])];
}

export function maskedHeaders(headers: HeaderPairs, secrets: SourceSecrets): HeaderPairs {
  return headers.map(([name, value]) => [name, SECRET_HEADERS.has(name.toLowerCase()) ? MASK : masked(value, secrets)]);
}
