import { createHash } from "node:crypto";
import { parseDictionary } from "../structured-fields.ts";
import { isSameText } from "../text-comparer.ts";
import { type Refusal, refuse } from "../verdict.ts";

/** RFC 9530, 5: the algorithms that are no longer broken. */
const HASHES: Readonly<Record<string, string>> = { "sha-256": "sha256", "sha-512": "sha512" };

/** Compares a Content-Digest with the body: each hash that we know must be right, and there must be one. */
export function checkDigest(header: string, body: Uint8Array | string): Refusal | undefined {
  const digests = parseDictionary(header);
  if (digests === undefined) return refuse("malformed_header", "content-digest is not a dictionary of byte sequences");
  let known = false;
  for (const [name, member] of digests) {
    const hash = HASHES[name];
    if (hash === undefined) continue;
    known = true;
    const given = "value" in member && member.value.type === "bytes" ? member.value.text : "";
    if (!isSameText(given, createHash(hash).update(body).digest("base64"))) {
      return refuse("signature_mismatch", "content-digest is not the hash of this body");
    }
  }
  return known ? undefined : refuse("unsupported_version", "content-digest has neither sha-256 nor sha-512");
}

/** The header for a body. */
export function digestHeader(body: Uint8Array | string): string {
  return `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
}
