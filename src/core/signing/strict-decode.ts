/**
 * The bytes of `text`, or undefined when it is not exactly how they are written: Node's own decoder skips what it does
 * not know, so that one value would have many spellings, and a mistyped secret would become a shorter key.
 * Base64 with its padding, base64url without; hex in either case.
 */
export function decodeStrictly(text: string, encoding: "hex" | "base64" | "base64url"): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === (encoding === "hex" ? text.toLowerCase() : text) ? bytes : undefined;
}
