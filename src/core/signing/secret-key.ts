import { createHmac, createSecretKey, type Hmac, type KeyObject } from "node:crypto";
import type { TextKey } from "./secret-text.ts";

/**
 * A key, in one of two forms because of what they cost on Node 24: a KeyObject is the quickest to use but takes a while
 * to make; text is right for a single use. Bytes are neither: given them, createHmac takes five times as long.
 */
export type HmacKey = KeyObject | TextKey;

/** The same key in the form for many uses. */
export function prepareKey({ text, encoding }: TextKey): KeyObject {
  return createSecretKey(text, encoding);
}

/** An HMAC that waits for its content. */
export function startHmac(hash: string, key: HmacKey): Hmac {
  return "text" in key ? createHmac(hash, key.text, TEXT_KEY[key.encoding]) : createHmac(hash, key);
}

const TEXT_KEY = { utf8: { encoding: "utf8" }, base64: { encoding: "base64" }, hex: { encoding: "hex" } } as const;
