import type { TextKey } from "../secret-text.ts";
import type { PairAlgorithm, StatementAlgorithm } from "../signed-content.ts";
import type { KeyType } from "./key-forms.ts";
import { attempt, type ImportedKey } from "./subtle.ts";

/** A secret, or a key of a pair that was found to be readable. Web Crypto imports it anew for each algorithm. */
export type WebKey = SecretKey | PairKey;

export interface SecretKey {
  kind: "secret";
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the secret is a text of its own. */
  text: TextKey["text"] | undefined;
  imported: Map<string, Promise<ImportedKey | undefined>>;
}

export interface PairKey extends KeyType {
  kind: "public" | "private";
  material: KeyMaterial;
  imported: Map<string, Promise<ImportedKey | undefined>>;
}

export type KeyMaterial =
  | { format: "spki" | "pkcs8"; bytes: Uint8Array<ArrayBuffer> }
  | { format: "jwk"; jwk: PublicJwk };

/** The members that say what a key is, and none that restrict its use. */
export interface PublicJwk {
  kty: string;
  crv?: string;
  x?: string;
  y?: string;
  n?: string;
  e?: string;
}

/** How Web Crypto names an algorithm: to import its key, and to use it. */
interface WebAlgorithm extends KeyType {
  import: { name: string; hash?: string; namedCurve?: string };
  use: { name: string; hash?: string; saltLength?: number };
  /** ECDSA whose signatures are DER: bytes of one of its two numbers. */
  derSize?: number;
}

const ecdsa = (curve: "P-256" | "P-384", hash: string): WebAlgorithm => ({
  type: "ec",
  curve,
  import: { name: "ECDSA", namedCurve: curve },
  use: { name: "ECDSA", hash },
});
const rsa = (name: string, hash: string, more = {}): WebAlgorithm => ({
  type: "rsa",
  import: { name, hash },
  use: { name, ...more },
});

const PAIR_ALGORITHMS: Readonly<Record<PairAlgorithm, WebAlgorithm>> = {
  ed25519: { type: "ed25519", import: { name: "Ed25519" }, use: { name: "Ed25519" } },
  "ecdsa-p256-sha256": { ...ecdsa("P-256", "SHA-256"), derSize: 32 },
  "ecdsa-p256-sha256-raw": ecdsa("P-256", "SHA-256"),
  "ecdsa-p384-sha384-raw": ecdsa("P-384", "SHA-384"),
  "rsa-sha1": rsa("RSASSA-PKCS1-v1_5", "SHA-1"),
  "rsa-sha256": rsa("RSASSA-PKCS1-v1_5", "SHA-256"),
  // RFC 9421, 3.3.1: the salt has the length of the hash.
  "rsa-pss-sha512": rsa("RSA-PSS", "SHA-512", { saltLength: 64 }),
};

/** Undefined for algorithms that take a secret. */
export function pairAlgorithm(algorithm: StatementAlgorithm): WebAlgorithm | undefined {
  return Object.hasOwn(PAIR_ALGORITHMS, algorithm) ? PAIR_ALGORITHMS[algorithm as PairAlgorithm] : undefined;
}

/** Whether a key can be used with an algorithm at all: an HMAC keyed with public bytes is a forgery, not a signature. */
export function fitsAlgorithm(key: WebKey, algorithm: StatementAlgorithm): boolean {
  const pair = pairAlgorithm(algorithm);
  if (pair === undefined || key.kind === "secret") return pair === undefined && key.kind === "secret";
  if (key.type === "rsa-pss") return algorithm === "rsa-pss-sha512";
  return key.type === pair.type && (pair.curve === undefined || key.curve === pair.curve);
}

/** The key as Web Crypto uses it, imported once; undefined when it cannot be read. */
export function importedFor(key: WebKey, algorithm: StatementAlgorithm): Promise<ImportedKey | undefined> {
  let imported = key.imported.get(algorithm);
  if (imported === undefined) {
    imported = key.kind === "secret" ? importSecret(key, algorithm) : importPair(key, pairAlgorithm(algorithm)!);
    key.imported.set(algorithm, imported);
  }
  return imported;
}

const HMAC_HASHES: Readonly<Record<string, string>> = {
  "hmac-sha1": "SHA-1",
  "hmac-sha256": "SHA-256",
  "hmac-sha512": "SHA-512",
};

function importSecret({ bytes }: SecretKey, algorithm: StatementAlgorithm): Promise<ImportedKey | undefined> {
  return attempt(algorithm, (subtle) =>
    subtle.importKey("raw", bytes, { name: "HMAC", hash: HMAC_HASHES[algorithm]! }, false, ["sign"]),
  );
}

function importPair({ kind, material }: PairKey, { import: algorithm }: WebAlgorithm) {
  return importMaterial(material, algorithm, kind === "private" ? "sign" : "verify", false);
}

export function importMaterial(
  material: KeyMaterial,
  algorithm: WebAlgorithm["import"],
  use: "sign" | "verify",
  isExtractable: boolean,
): Promise<ImportedKey | undefined> {
  return attempt(algorithm.name, (subtle) => {
    if (material.format !== "jwk") {
      return subtle.importKey(material.format, material.bytes, algorithm, isExtractable, [use]);
    }
    return subtle.importKey("jwk", material.jwk, algorithm, isExtractable, [use]);
  });
}
