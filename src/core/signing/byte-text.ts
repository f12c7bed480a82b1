import type { SignatureEncoding } from "./scheme.ts";

/**
 * The bytes of `text`, or undefined when it is not exactly how they are written: the decoders of Node and of browsers
 * skip what they do not know, so that one value would have many spellings, and a mistyped secret would become a shorter
 * key. Base64 with its padding, base64url without; hex in either case.
 */
export function decodeStrictly(text: string, encoding: SignatureEncoding): Uint8Array<ArrayBuffer> | undefined {
  if (encoding === "hex") return decodeHex(text);
  if (encoding === "base64url") return decodeDigits(text, text.length, BASE64URL);
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return decodeDigits(text, text.length - padding, BASE64);
}

/** The inverse, in lower case. */
export function encodeBytes(bytes: Uint8Array, encoding: SignatureEncoding): string {
  if (encoding === "hex") {
    let hex = "";
    for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
    return hex;
  }
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  const base64 = btoa(characters);
  return encoding === "base64" ? base64 : base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * What a header's text may also be: HTTP/1 servers take its bytes for latin1 characters, and most senders write UTF-8.
 * Undefined when it cannot be, or would say the same.
 */
export function utf8OfLatin1(text: string): string | undefined {
  if (!/[\x80-\xff]/.test(text) || /[^\0-\xff]/.test(text)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
  } catch {
    return undefined;
  }
}

const SHARED_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64 = `${SHARED_DIGITS}+/`;
const BASE64URL = `${SHARED_DIGITS}-_`;

function decodeDigits(text: string, length: number, digits: string): Uint8Array<ArrayBuffer> | undefined {
  if (length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let carry = 0;
  let bits = 0;
  let written = 0;
  for (let at = 0; at < length; at++) {
    const value = digits.indexOf(text.charAt(at));
    if (value < 0) return undefined;
    carry = (carry << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[written++] = carry >>> bits;
      carry &= (1 << bits) - 1;
    }
  }
  // What is left over belongs to no byte: a second spelling, unless it is zero.
  return carry === 0 ? bytes : undefined;
}

function decodeHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}
