import { createHmac, createSecretKey, type Hmac, type KeyObject } from "node:crypto";
import type { SecretRule } from "./scheme.ts";
import { decodeStrictly } from "./strict-decode.ts";

/**
 * A key, in one of two forms because of what they cost on Node 24: a KeyObject is the quickest to use but takes a while
 * to make; text is right for a single use. Bytes are neither: given them, createHmac takes five times as long.
 */
export type HmacKey = KeyObject | TextKey;

/** Canonical in its encoding, so that Node's lenient decoder reads what is written. */
export interface TextKey {
  text: string;
  encoding: keyof typeof TEXT_KEY;
}

/**
 * The key of a secret's text, or the reason why it has none, for people and without any of the secret in it. Of any
 * length above zero: the length is judged when a secret is made (standard-secret.ts), not here.
 */
export function readSecret(rule: SecretRule, secret: unknown): TextKey | string {
  if (secret === undefined || secret === null || secret === "") return "is empty or not set";
  if (typeof secret !== "string") throw new TypeError(`a secret must be a string, got ${typeof secret}`);
  if (secret.trim() === "") return "is blank";
  const hasPrefix = rule.prefix !== undefined && secret.startsWith(rule.prefix);
  if (rule.prefixRequired === true && !hasPrefix) return `does not begin with "${rule.prefix}"`;
  const text = hasPrefix ? secret.slice(rule.prefix!.length) : secret;
  if (text === "") return `has nothing after "${rule.prefix}"`;
  const encoding = !hasPrefix && rule.unprefixed !== undefined ? rule.unprefixed : rule.decode;
  if (encoding === "pem") return "is a public key, which this algorithm has none of";
  if (encoding !== "utf8" && decodeStrictly(text, encoding) === undefined) {
    return `is not valid ${encoding}${hasPrefix ? ` after "${rule.prefix}"` : ""}`;
  }
  return { text, encoding };
}

/** The same key in the form for many uses. */
export function prepareKey({ text, encoding }: TextKey): KeyObject {
  return createSecretKey(text, encoding);
}

/** An HMAC that waits for its content. */
export function startHmac(hash: string, key: HmacKey): Hmac {
  return "text" in key ? createHmac(hash, key.text, TEXT_KEY[key.encoding]) : createHmac(hash, key);
}

const TEXT_KEY = { utf8: { encoding: "utf8" }, base64: { encoding: "base64" }, hex: { encoding: "hex" } } as const;

const keys = new WeakMap<Uint8Array, KeyObject>();

/** The KeyObject of key bytes that live long (a subscription's), made once. The bytes must not be changed afterwards. */
export function keyOf(bytes: Uint8Array): KeyObject {
  let key = keys.get(bytes);
  if (key === undefined) {
    key = createSecretKey(bytes);
    keys.set(bytes, key);
  }
  return key;
}
