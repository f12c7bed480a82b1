import { createHash, type KeyObject, sign as signWith, verify as verifyWith } from "node:crypto";
import { decodeStrictly, utf8OfLatin1 } from "./byte-text.ts";
import { replayKeyHead } from "./replays.ts";
import type { HmacAlgorithm, SignatureEncoding } from "./scheme.ts";
import type { BodyHash } from "./scheme-code.ts";
import { startHmac } from "./secret-key.ts";
import type { TextKey } from "./secret-text.ts";
import type { Content, PairAlgorithm, Statement, StatementAlgorithm } from "./signed-content.ts";
import { isSameText } from "./text-comparer.ts";

/** A secret (text or KeyObject), or a public key. */
export type StatementKey = KeyObject | TextKey;

const PUBLIC_KEY = {
  ed25519: { type: "ed25519", hash: null, options: {} },
  "ecdsa-p256-sha256": { type: "ec", curve: "prime256v1", hash: "sha256", options: { dsaEncoding: "der" } },
  "ecdsa-p256-sha256-raw": { type: "ec", curve: "prime256v1", hash: "sha256", options: { dsaEncoding: "ieee-p1363" } },
  "ecdsa-p384-sha384-raw": { type: "ec", curve: "secp384r1", hash: "sha384", options: { dsaEncoding: "ieee-p1363" } },
  "rsa-sha1": { type: "rsa", hash: "sha1", options: {} },
  "rsa-sha256": { type: "rsa", hash: "sha256", options: {} },
  // RFC 9421, 3.3.1: the salt has the length of the hash.
  "rsa-pss-sha512": { type: "rsa", hash: "sha512", options: { padding: 6, saltLength: 64 } },
} as const satisfies Record<PairAlgorithm, object>;

/** True when the algorithm takes a pair of keys. */
export function isPublicKeyAlgorithm(algorithm: string): algorithm is PairAlgorithm {
  return Object.hasOwn(PUBLIC_KEY, algorithm);
}

/** Whether a key can be used with an algorithm at all: an HMAC keyed with public bytes is a forgery, not a signature. */
export function fitsAlgorithm(key: StatementKey, algorithm: StatementAlgorithm): boolean {
  if (!isPublicKeyAlgorithm(algorithm)) return "text" in key || key.type === "secret";
  if ("text" in key || key.type === "secret") return false;
  const rule: { type: string; curve?: string } = PUBLIC_KEY[algorithm];
  if (key.asymmetricKeyType === "rsa-pss") return algorithm === "rsa-pss-sha512" && allowsSha512(key);
  if (key.asymmetricKeyType !== rule.type) return false;
  return rule.curve === undefined || key.asymmetricKeyDetails?.namedCurve === rule.curve;
}

/** Keys for RSA-PSS alone can be for one hash alone (RFC 4055, 3.1); OpenSSL throws for any other. */
function allowsSha512({ asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  const { hashAlgorithm, mgf1HashAlgorithm, saltLength = 0 } = details;
  return (
    hashAlgorithm === undefined || (hashAlgorithm === "sha512" && mgf1HashAlgorithm === "sha512" && saltLength <= 64)
  );
}

const CURVE_NAMES: ReadonlyMap<string | undefined, string> = new Map([
  ["prime256v1", "P-256"],
  ["secp384r1", "P-384"],
]);

/** What a scheme's code is told of the key that signs. */
export function keyTypeOf(key: StatementKey): string {
  if ("text" in key || key.type === "secret") return "secret";
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: details } = key;
  if (type === "rsa-pss" && !allowsSha512(key)) return `rsa-pss (for ${details?.hashAlgorithm} alone)`;
  return type === "ec" ? (CURVE_NAMES.get(details?.namedCurve) ?? `ec (${details?.namedCurve})`) : type;
}

/**
 * Which of the contents was signed; undefined: none. Every signature is compared with every content: no early end tells an
 * attacker which of them was nearly right.
 */
export function trueContent(
  { algorithm, encoding, signatures, contents }: Statement,
  key: StatementKey,
): Content | undefined {
  if (!fitsAlgorithm(key, algorithm)) return undefined;
  let right: Content | undefined;
  for (const content of contents) {
    if (isPublicKeyAlgorithm(algorithm)) {
      const { hash, options } = PUBLIC_KEY[algorithm];
      const bytes = join(content);
      for (const signature of signatures) {
        const decoded = decodeStrictly(signature, encoding);
        if (decoded === undefined || decoded.length === 0) continue;
        if (verifyWith(hash, bytes, { ...options, key: key as KeyObject }, decoded)) right = content;
      }
      continue;
    }
    const expected = digest(algorithm, encoding, key, content);
    for (const signature of signatures) {
      // Equal to the one canonical spelling is the strictest form of "decodes to the same bytes". Hex has two.
      const text = encoding === "hex" && algorithm !== "token" ? signature.toLowerCase() : signature;
      if (isSameText(expected, text)) right = content;
      if (algorithm === "token" && isSameText(expected, utf8OfLatin1(text) ?? text)) right = content;
    }
  }
  return right;
}

/** @throws TypeError when the key does not fit. */
export function signStatement(
  algorithm: StatementAlgorithm,
  encoding: SignatureEncoding,
  key: StatementKey,
  content: Content,
): string {
  if (!isPublicKeyAlgorithm(algorithm)) return digest(algorithm, encoding, key, content);
  if ("text" in key || key.type !== "private" || !fitsAlgorithm(key, algorithm)) {
    throw new TypeError(`signing with ${algorithm} takes its private key`);
  }
  const { hash, options } = PUBLIC_KEY[algorithm];
  return signWith(hash, join(content), { ...options, key }).toString(encoding);
}

export function hashBody(
  algorithm: BodyHash["algorithm"],
  encoding: SignatureEncoding,
  body: Uint8Array | string,
): string {
  return createHash(algorithm).update(body).digest(encoding);
}

/** What a replay store knows a message by: its scheme, and a hash of what was signed. */
export function contentKey(schemeName: string, content: Content): string {
  const hash = createHash("sha256").update(replayKeyHead(schemeName));
  for (const piece of content) hash.update(piece);
  return `${schemeName}:${hash.digest("base64url")}`;
}

/** Whether a body's hash is what a message says it is, as exactly as it says it. */
export function isHashOf({ algorithm, encoding, text }: BodyHash, body: Uint8Array | string): boolean {
  return isSameText(text, hashBody(algorithm, encoding, body));
}

function digest(
  algorithm: HmacAlgorithm | "sha256" | "token",
  encoding: SignatureEncoding,
  key: StatementKey,
  content: Content,
): string {
  if (algorithm === "token") return "text" in key ? key.text : key.export().toString("utf8");
  const hash = algorithm === "sha256" ? createHash("sha256") : startHmac(algorithm.slice("hmac-".length), key);
  for (const piece of content) hash.update(piece);
  return hash.digest(encoding);
}

function join(content: Content): Buffer {
  return Buffer.concat(content.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
}
