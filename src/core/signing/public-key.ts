import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey, KeyObject } from "node:crypto";
import { decodeStrictly } from "./byte-text.ts";
import { ed25519Pkcs8, ed25519Spki, SEED_BYTES } from "./ed25519-der.ts";
import type { PublicKeyAlgorithm, SecretRule } from "./scheme.ts";
import { decodeKeyText } from "./secret-text.ts";

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
    const bytes = decodeKeyText(rule, text, rule.prefix);
    if (typeof bytes === "string") return bytes;
    if (algorithm !== "ed25519") return publicKeyOf(bytes);
    if (bytes.length !== SEED_BYTES) return `is not a public key of ${SEED_BYTES} bytes`;
    return publicKeyOf(ed25519Spki(bytes));
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
    const bytes = decodeKeyText(rule, text, rule.privatePrefix ?? rule.prefix);
    if (typeof bytes === "string") return bytes;
    if (algorithm !== "ed25519") return privateKeyOf(bytes);
    if (bytes.length !== SEED_BYTES && bytes.length !== 2 * SEED_BYTES) {
      return `is not a private key: ${SEED_BYTES} bytes, or ${2 * SEED_BYTES} with the public key`;
    }
    const key = privateKeyOf(ed25519Pkcs8(bytes.subarray(0, SEED_BYTES)));
    const ownPublic = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-SEED_BYTES);
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
    return bytes.length === SEED_BYTES && alg === "ed25519" ? publicKeyOf(ed25519Spki(bytes)) : publicKeyOf(bytes);
  });
  if (typeof key === "string") return undefined;
  return key.type === "private" ? createPublicKey(key) : key;
}

/** PEM or JWK, both of which say for themselves what they are; undefined for anything else. */
export function readWritten(text: string): KeyObject | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return fromJwk(JSON.parse(trimmed) as JsonWebKey);
  if (!trimmed.startsWith("-----BEGIN ")) return undefined;
  // OpenSSL writes a block of parameters before the key of a curve.
  return /^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(trimmed) ? createPrivateKey(trimmed) : createPublicKey(trimmed);
}

function fromJwk(key: JsonWebKey): KeyObject {
  if (key.kty === "oct") return createSecretKey(key.k ?? "", "base64url");
  return key.d === undefined ? createPublicKey({ key, format: "jwk" }) : createPrivateKey({ key, format: "jwk" });
}

function publicKeyOf(spki: Uint8Array<ArrayBuffer>): KeyObject {
  return createPublicKey({ key: Buffer.from(spki.buffer), format: "der", type: "spki" });
}

function privateKeyOf(pkcs8: Uint8Array<ArrayBuffer>): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8.buffer), format: "der", type: "pkcs8" });
}

/** Node's messages about keys can repeat them. */
function attempt(read: () => KeyObject | string): KeyObject | string {
  try {
    return read();
  } catch {
    return "is not a key that can be read";
  }
}
