import { createSecretKey, type KeyObject } from "node:crypto";
import type { SecretRule } from "./scheme.ts";
import { decodeStrictly } from "./strict-decode.ts";

/** One secret, or several: any of them may have signed, all of them sign (rotation). */
export type Secrets = string | readonly string[];

/**
 * The key of a secret's text, or the reason why it has none, for people and without any of the secret in it. Of any
 * length above zero: the length is judged when a secret is made (standard-secret.ts), not here.
 *
 * A KeyObject and not bytes, because Node 24's createHmac takes five times as long for bytes.
 */
export function readSecret(rule: SecretRule, secret: unknown): KeyObject | string {
  if (secret === undefined || secret === null || secret === "") return "is empty or not set";
  if (typeof secret !== "string") throw new TypeError(`a secret must be a string, got ${typeof secret}`);
  if (secret.trim() === "") return "is blank";
  const text = rule.prefix !== undefined && secret.startsWith(rule.prefix) ? secret.slice(rule.prefix.length) : secret;
  if (text === "") return `has nothing after "${rule.prefix}"`;
  const bytes = rule.decode === "utf8" ? Buffer.from(text) : decodeStrictly(text, rule.decode);
  if (bytes === undefined)
    return `is not valid ${rule.decode}${rule.prefix === undefined ? "" : ` after "${rule.prefix}"`}`;
  return createSecretKey(bytes);
}

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
