import { type CompiledScheme, type ContentValues, fieldValue } from "./compiled-scheme.ts";
import { type HmacKey, startHmac } from "./secret-key.ts";

/** The HMAC in the scheme's encoding, without prefix or version. `body` as received: it is hashed, never copied. */
export function computeSignature(
  compiled: CompiledScheme,
  key: HmacKey,
  values: ContentValues,
  body: Uint8Array | string,
): string {
  const { parts, hash = "", scheme } = compiled;
  const hmac = startHmac(hash, key);
  let text = "";
  for (const part of parts) {
    if (part.field === "body") {
      if (text !== "") hmac.update(text);
      hmac.update(body);
      text = "";
    } else {
      text += part.field === undefined ? part.text : fieldValue(part, values, scheme, key);
    }
  }
  if (text !== "") hmac.update(text);
  return hmac.digest(scheme.encoding);
}
