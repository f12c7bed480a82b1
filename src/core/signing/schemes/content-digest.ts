import type { BodyHash, Signing } from "../scheme-code.ts";
import { parseDictionary } from "../structured-fields.ts";
import { type Refusal, refuse } from "../verdict.ts";

/** RFC 9530, 5: the algorithms that are no longer broken. */
const HASHES: ReadonlyMap<string, BodyHash["algorithm"]> = new Map([
  ["sha-256", "sha256"],
  ["sha-512", "sha512"],
]);

/** What a Content-Digest says of the body: each hash that we know must be right, and there must be one. */
export function readDigest(header: string): BodyHash[] | Refusal {
  const digests = parseDictionary(header);
  if (digests === undefined) return refuse("malformed_header", "content-digest is not a dictionary of byte sequences");
  const otherwise = refuse("signature_mismatch", "content-digest is not the hash of this body");
  const hashes = [...digests].flatMap(([name, member]): BodyHash[] => {
    const algorithm = HASHES.get(name);
    if (algorithm === undefined) return [];
    const text = "value" in member && member.value.type === "bytes" ? member.value.text : "";
    return [{ algorithm, encoding: "base64", text, otherwise }];
  });
  return hashes.length > 0 ? hashes : refuse("unsupported_version", "content-digest has neither sha-256 nor sha-512");
}

/** The header for a body. */
export function* digestHeader(body: Uint8Array | string): Signing<string> {
  return `sha-256=:${yield { hash: "sha256", of: body, encoding: "base64" }}:`;
}
