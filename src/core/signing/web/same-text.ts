import { digest } from "./subtle.ts";

/**
 * Compares two texts in the same time wherever they differ: every character is looked at, and no branch depends on one.
 * False at once when the lengths differ: that of a signature is no secret. Web Crypto has no function for it.
 */
export function isSameText(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}

/** The same where the length may be secret too. */
export async function isSameSecret(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([hashOf(one), hashOf(other)]);
  return isSameText(first, second);
}

/** Of UTF-16: a lone surrogate is not the replacement character that UTF-8 would make of it. */
async function hashOf(text: string): Promise<string> {
  const units = Uint16Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return String.fromCharCode(...(await digest("sha256", [new Uint8Array(units.buffer)])));
}
