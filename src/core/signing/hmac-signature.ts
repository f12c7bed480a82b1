import { type CompiledScheme, type ContentValues, partText } from "./compiled-scheme.ts";
import { type HmacKey, startHmac } from "./secret-key.ts";

/** The HMAC in the scheme's encoding, without prefix or version. `body` as received: it is hashed, never copied. */
export function computeSignature(
  { parts, hash, scheme }: CompiledScheme,
  key: HmacKey,
  values: ContentValues,
  body: Uint8Array | string,
): string {
  const hmac = startHmac(hash!, key);
  let text = "";
  for (const part of parts) {
    if (part.field === "body") {
      if (text !== "") hmac.update(text);
      hmac.update(body);
      text = "";
    } else {
      text += partText(part, values, key, scheme);
    }
  }
  if (text !== "") hmac.update(text);
  return hmac.digest(scheme.encoding);
}
