import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey, KeyObject } from "node:crypto";
import type { PublicKeyAlgorithm, SecretRule } from "./scheme.ts";
import { decodeStrictly } from "./strict-decode.ts";

/** What stands before the 32 bytes of a seed in PKCS #8 (RFC 8410, 7). */
const ED25519_PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const ED25519_SPKI = Buffer.from("302a300506032b6570032100", "hex");
const SEED_BYTES = 32;

/**
 * The key that checks signatures, from a public key, a certificate, or a private key that holds the public one; or why
 * there is none, for people and without any of the text in it.
 */
export function readPublicKey(
  rule: SecretRule,
  algorithm: PublicKeyAlgorithm | undefined,
  text: string,
): KeyObject | string {
  return attempt(() => {
    const written = readWritten(text);
    if (written !== undefined) return written.type === "private" ? createPublicKey(written) : written;
    const isPrivate = rule.privatePrefix !== undefined && text.startsWith(rule.privatePrefix);
    if (isPrivate) {
      const key = readPrivateKey(rule, algorithm, text);
      return typeof key === "string" ? key : createPublicKey(key);
    }
    const bytes = decodeKey(rule, text, rule.prefix);
    if (typeof bytes === "string") return bytes;
    if (algorithm !== "ed25519") return createPublicKey({ key: bytes, format: "der", type: "spki" });
    if (bytes.length !== SEED_BYTES) return `is not a public key of ${SEED_BYTES} bytes`;
    return createPublicKey({ key: Buffer.concat([ED25519_SPKI, bytes]), format: "der", type: "spki" });
  });
}

/** The key that signs: PEM, JWK, or in the scheme's own form (for ed25519 the seed, alone or before the public key). */
export function readPrivateKey(
  rule: SecretRule,
  algorithm: PublicKeyAlgorithm | undefined,
  text: string,
): KeyObject | string {
  return attempt(() => {
    const written = readWritten(text);
    if (written !== undefined)
      return written.type === "private" ? written : "is a public key; signing takes the private one";
    if (rule.privatePrefix !== undefined && rule.prefix !== undefined && text.startsWith(rule.prefix)) {
      return `is a public key ("${rule.prefix}"); signing takes the private one ("${rule.privatePrefix}")`;
    }
    const bytes = decodeKey(rule, text, rule.privatePrefix ?? rule.prefix);
    if (typeof bytes === "string") return bytes;
    if (algorithm !== "ed25519") return createPrivateKey({ key: bytes, format: "der", type: "pkcs8" });
    if (bytes.length !== SEED_BYTES && bytes.length !== 2 * SEED_BYTES) {
      return `is not a private key: ${SEED_BYTES} bytes, or ${2 * SEED_BYTES} with the public key`;
    }
    const der = Buffer.concat([ED25519_PKCS8, bytes.subarray(0, SEED_BYTES)]);
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const ownPublic = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(ED25519_SPKI.length);
    return bytes.length === SEED_BYTES || ownPublic.equals(bytes.subarray(SEED_BYTES))
      ? key
      : "holds a private and a public key that do not belong together";
  });
}

/** Of what `resolveKey` answers: a public key, or a secret for HMAC; undefined when it is none that we know how to read. */
export function readResolvedKey(answer: unknown): KeyObject | undefined {
  if (answer instanceof KeyObject) return answer.type === "private" ? createPublicKey(answer) : answer;
  const key = attempt(() => {
    if (typeof answer === "string") return readWritten(answer) ?? "is no key";
    if (typeof answer !== "object" || answer === null) return "is no key";
    if ("kty" in answer) return fromJwk(answer as JsonWebKey);
    const { alg, key: material } = answer as { alg?: unknown; key?: unknown };
    if (typeof alg !== "string" || typeof material !== "string") return "is no key";
    const written = readWritten(material);
    if (written !== undefined) return written;
    const bytes = decodeStrictly(material, "base64");
    if (bytes === undefined || bytes.length === 0) return "is no key";
    if (alg.startsWith("hmac-")) return createSecretKey(bytes);
    return bytes.length === SEED_BYTES && alg === "ed25519"
      ? createPublicKey({ key: Buffer.concat([ED25519_SPKI, bytes]), format: "der", type: "spki" })
      : createPublicKey({ key: bytes, format: "der", type: "spki" });
  });
  if (typeof key === "string") return undefined;
  return key.type === "private" ? createPublicKey(key) : key;
}

/** PEM or JWK, both of which say for themselves what they are; undefined for anything else. */
export function readWritten(text: string): KeyObject | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return fromJwk(JSON.parse(trimmed) as JsonWebKey);
  if (!trimmed.startsWith("-----BEGIN ")) return undefined;
  return /^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(trimmed) ? createPrivateKey(trimmed) : createPublicKey(trimmed);
}

function fromJwk(key: JsonWebKey): KeyObject {
  if (key.kty === "oct") return createSecretKey(key.k ?? "", "base64url");
  return key.d === undefined ? createPublicKey({ key, format: "jwk" }) : createPrivateKey({ key, format: "jwk" });
}

function decodeKey({ decode, prefixRequired }: SecretRule, text: string, prefix: string | undefined): Buffer | string {
  const hasPrefix = prefix !== undefined && text.startsWith(prefix);
  if (prefixRequired === true && !hasPrefix) return `does not begin with "${prefix}"`;
  const encoding = decode === "hex" ? "hex" : "base64";
  const bytes = decodeStrictly(hasPrefix ? text.slice(prefix.length) : text, encoding);
  return bytes ?? `is not valid ${encoding}${hasPrefix ? ` after "${prefix}"` : ""}`;
}

/** Node's messages about keys can repeat them. */
function attempt(read: () => KeyObject | string): KeyObject | string {
  try {
    return read();
  } catch {
    return "is not a key that can be read";
  }
}
