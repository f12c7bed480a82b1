import { decodeStrictly } from "./byte-text.ts";
import type { SecretRule } from "./scheme.ts";

/** A secret's own part, canonical in its encoding, so that lenient decoders too read what is written. */
export interface TextKey {
  text: string;
  encoding: "utf8" | "base64" | "hex";
}

/**
 * The key of a secret's text, or the reason why it has none, for people and without any of the secret in it. Of any
 * length above zero: the length is judged when a secret is made (standard-secret.ts), not here.
 * @throws TypeError for what is no text at all: a caller's mistake.
 */
export function readSecret(rule: SecretRule, secret: unknown): TextKey | string {
  const unusable = unusableText(secret);
  if (unusable !== undefined) return unusable;
  const given = secret as string;
  if (given.trim() === "") return "is blank";
  const hasPrefix = rule.prefix !== undefined && given.startsWith(rule.prefix);
  if (rule.prefixRequired === true && !hasPrefix) return `does not begin with "${rule.prefix}"`;
  const text = hasPrefix ? given.slice(rule.prefix!.length) : given;
  if (text === "") return `has nothing after "${rule.prefix}"`;
  const encoding = !hasPrefix && rule.unprefixed !== undefined ? rule.unprefixed : rule.decode;
  if (encoding === "pem") return "is a public key, which this algorithm has none of";
  if (encoding !== "utf8" && decodeStrictly(text, encoding) === undefined) {
    return `is not valid ${encoding}${hasPrefix ? ` after "${rule.prefix}"` : ""}`;
  }
  return { text, encoding };
}

/** Why a secret is none, whatever it is for; undefined when it is text. @throws TypeError as `readSecret`. */
export function unusableText(secret: unknown): string | undefined {
  if (secret === undefined || secret === null || secret === "") return "is empty or not set";
  if (typeof secret !== "string") throw new TypeError(`a secret must be a string, got ${typeof secret}`);
  return undefined;
}

/** The bytes after the prefix of a key that is no PEM and no JWK, or why there are none. */
export function decodeKeyText(
  { decode, prefixRequired }: SecretRule,
  text: string,
  prefix: string | undefined,
): Uint8Array<ArrayBuffer> | string {
  const hasPrefix = prefix !== undefined && text.startsWith(prefix);
  if (prefixRequired === true && !hasPrefix) return `does not begin with "${prefix}"`;
  const encoding = decode === "hex" ? "hex" : "base64";
  const bytes = decodeStrictly(hasPrefix ? text.slice(prefix.length) : text, encoding);
  return bytes ?? `is not valid ${encoding}${hasPrefix ? ` after "${prefix}"` : ""}`;
}
