// Keys from what people have: PEM, JWK, certificates, raw bytes. What node:crypto does in one call.

import { decodeStrictly } from "../byte-text.ts";
import { ed25519Pkcs8, ed25519Spki, SEED_BYTES } from "../ed25519-der.ts";
import type { PublicKeyAlgorithm, Scheme, SecretRule } from "../scheme.ts";
import { isWrittenKey, takesPublicKey } from "../scheme-keys.ts";
import { decodeKeyText, readSecret, type TextKey, unusableText } from "../secret-text.ts";
import type { StatementAlgorithm } from "../signed-content.ts";
import {
  importablePkcs8,
  importableSpki,
  type KeyType,
  pkcs8OfEc,
  pkcs8OfRsa,
  publicKeyOfCertificate,
  spkiOfRsa,
  typeOfPrivateKey,
  typeOfPublicKey,
} from "./key-forms.ts";
import {
  importedFor,
  importMaterial,
  type KeyMaterial,
  type PairKey,
  type PublicJwk,
  pairAlgorithm,
  type SecretKey,
  type WebKey,
} from "./web-key.ts";

const UNREADABLE = "is not a key that can be read";
const LIMITED = "is a key of RSA-PSS for one hash alone, which only node:crypto reads";

/** The key that checks signatures, or why the text is none. @throws TypeError for what is no text. */
export async function readVerifyingKey(
  { algorithm, secret: rule, code }: Scheme,
  secret: unknown,
): Promise<WebKey | string> {
  if (!takesPublicKey(algorithm) && !isWrittenKey(code, secret)) return secretOf(readSecret(rule, secret));
  const unusable = unusableText(secret);
  if (unusable !== undefined) return unusable;
  const text = (secret as string).trim();
  const written = readWritten(text);
  if (written !== undefined) return await asPublic(written);
  const isPrivate = rule.privatePrefix !== undefined && text.startsWith(rule.privatePrefix);
  const read = isPrivate
    ? readRawPrivate(rule, keyAlgorithm(algorithm), text)
    : readRawPublic(rule, keyAlgorithm(algorithm), text);
  return typeof read === "string" ? read : await asPublic(await checked(read));
}

/** The key that signs, or why the text is none. @throws TypeError for what is no text. */
export async function readSigningKey(
  { algorithm, secret: rule, code }: Scheme,
  secret: unknown,
): Promise<WebKey | string> {
  const isWritten = isWrittenKey(code, secret);
  if (!takesPublicKey(algorithm) && !isWritten) return secretOf(readSecret(rule, secret));
  const unusable = unusableText(secret);
  if (unusable !== undefined) return unusable;
  const text = (secret as string).trim();
  const written = readWritten(text);
  if (written !== undefined) {
    const key = await checked(written);
    if (typeof key === "string" || (isWritten && key.kind === "secret")) return key;
    return key.kind === "private" ? key : "is a public key; signing takes the private one";
  }
  if (rule.privatePrefix !== undefined && rule.prefix !== undefined && text.startsWith(rule.prefix)) {
    return `is a public key ("${rule.prefix}"); signing takes the private one ("${rule.privatePrefix}")`;
  }
  const read = readRawPrivate(rule, keyAlgorithm(algorithm), text);
  return typeof read === "string" ? read : await checkedPair(read, rule, text);
}

/** Of what `resolveKey` answers; undefined when it is nothing that we know how to read. */
export async function readResolvedKey(answer: unknown): Promise<WebKey | undefined> {
  const read = readAnswer(answer);
  const key = read === undefined ? UNREADABLE : await asPublic(read);
  return typeof key === "string" ? undefined : key;
}

function readAnswer(answer: unknown): WebKey | undefined {
  if (typeof answer === "string") return readWritten(answer);
  if (typeof answer !== "object" || answer === null) return undefined;
  if ("kty" in answer) return readJwk(answer as PublicJwk);
  const { alg, key: material } = answer as { alg?: unknown; key?: unknown };
  if (typeof alg !== "string" || typeof material !== "string") return undefined;
  const written = readWritten(material);
  if (written !== undefined) return written;
  const bytes = decodeStrictly(material, "base64");
  if (bytes === undefined || bytes.length === 0) return undefined;
  if (alg.startsWith("hmac-")) return secretKey(bytes, undefined);
  return publicKey(bytes.length === SEED_BYTES && alg === "ed25519" ? ed25519Spki(bytes) : bytes);
}

function keyAlgorithm(algorithm: Scheme["algorithm"]): PublicKeyAlgorithm | undefined {
  return takesPublicKey(algorithm) ? algorithm : undefined;
}

function readRawPublic(rule: SecretRule, algorithm: PublicKeyAlgorithm | undefined, text: string): PairKey | string {
  const bytes = decodeKeyText(rule, text, rule.prefix);
  if (typeof bytes === "string") return bytes;
  if (algorithm === "ed25519" && bytes.length !== SEED_BYTES) return `is not a public key of ${SEED_BYTES} bytes`;
  return publicKey(algorithm === "ed25519" ? ed25519Spki(bytes) : bytes) ?? UNREADABLE;
}

function readRawPrivate(rule: SecretRule, algorithm: PublicKeyAlgorithm | undefined, text: string): PairKey | string {
  const bytes = decodeKeyText(rule, text, rule.privatePrefix ?? rule.prefix);
  if (typeof bytes === "string") return bytes;
  if (algorithm !== "ed25519") return privateKey(bytes) ?? UNREADABLE;
  if (bytes.length !== SEED_BYTES && bytes.length !== 2 * SEED_BYTES) {
    return `is not a private key: ${SEED_BYTES} bytes, or ${2 * SEED_BYTES} with the public key`;
  }
  return privateKey(ed25519Pkcs8(bytes.subarray(0, SEED_BYTES)))!;
}

/** A raw private key, whose text may hold the public one too. */
async function checkedPair(key: PairKey, rule: SecretRule, text: string): Promise<WebKey | string> {
  const read = await checked(key);
  const bytes = decodeKeyText(rule, text, rule.privatePrefix ?? rule.prefix);
  if (typeof read === "string" || typeof bytes === "string" || bytes.length !== 2 * SEED_BYTES) return read;
  const own = await asPublic(read);
  const derived = typeof own === "object" && own.kind === "public" ? rawPublic(own) : undefined;
  const said = bytes.subarray(SEED_BYTES);
  return derived?.every((byte, at) => byte === said[at]) === true
    ? read
    : "holds a private and a public key that do not belong together";
}

function rawPublic({ material }: PairKey): Uint8Array | undefined {
  return material.format === "jwk" ? decodeStrictly(material.jwk.x ?? "", "base64url") : undefined;
}

/** PEM or JWK, both of which say for themselves what they are; undefined for anything else. */
function readWritten(text: string): WebKey | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return readJwkText(trimmed) ?? unreadable();
  if (!trimmed.startsWith("-----BEGIN ")) return undefined;
  const blocks = [...trimmed.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----([\sA-Za-z0-9+/=]+)-----END \1-----/gm)];
  // OpenSSL writes a block of parameters before the key of a curve.
  const [, label = "", body = ""] = blocks.find(([, name]) => name?.endsWith("PRIVATE KEY")) ?? blocks[0] ?? [];
  const bytes = decodeStrictly(body.replace(/\s+/g, ""), "base64");
  return (bytes && PEM_FORMS[label]?.(bytes)) ?? unreadable();
}

const PEM_FORMS: Readonly<Partial<Record<string, (bytes: Uint8Array<ArrayBuffer>) => WebKey | undefined>>> = {
  "PUBLIC KEY": publicKey,
  "RSA PUBLIC KEY": (bytes) => publicKey(spkiOfRsa(bytes)),
  CERTIFICATE: (bytes) => {
    const spki = publicKeyOfCertificate(bytes);
    return spki && publicKey(new Uint8Array(spki));
  },
  "PRIVATE KEY": privateKey,
  "RSA PRIVATE KEY": (bytes) => privateKey(pkcs8OfRsa(bytes)),
  "EC PRIVATE KEY": (bytes) => {
    const pkcs8 = pkcs8OfEc(bytes);
    return pkcs8 && privateKey(pkcs8);
  },
};

function readJwkText(text: string): WebKey | undefined {
  try {
    return readJwk(JSON.parse(text) as PublicJwk);
  } catch {
    return undefined;
  }
}

function readJwk(jwk: PublicJwk & { d?: unknown; k?: unknown }): WebKey | undefined {
  if (jwk.kty === "oct") {
    const bytes = typeof jwk.k === "string" ? decodeStrictly(jwk.k, "base64url") : undefined;
    return bytes === undefined || bytes.length === 0 ? undefined : secretKey(bytes, undefined);
  }
  const { kty, crv = "" }: { kty: unknown; crv?: unknown } = jwk;
  if (typeof kty !== "string" || typeof crv !== "string") return undefined;
  const form = JWK_FORMS.get(`${kty} ${crv}`.trim());
  if (form === undefined) return undefined;
  const members = Object.entries(jwk).filter(
    ([name, value]) => typeof value === "string" && /^(kty|crv|x|y|n|e|d|p|q|dp|dq|qi)$/.test(name),
  );
  const material: KeyMaterial = { format: "jwk", jwk: Object.fromEntries(members) as unknown as PublicJwk };
  return { ...form, kind: jwk.d === undefined ? "public" : "private", material, imported: new Map() };
}

const JWK_FORMS: ReadonlyMap<string, KeyType> = /* @__PURE__ */ new Map<string, KeyType>([
  ["OKP Ed25519", { type: "ed25519" }],
  ["EC P-256", { type: "ec", curve: "P-256" }],
  ["EC P-384", { type: "ec", curve: "P-384" }],
  ["RSA", { type: "rsa" }],
  ["EC P-521", { type: "other" }],
  ["EC secp256k1", { type: "other" }],
  ["OKP Ed448", { type: "other" }],
  ["OKP X25519", { type: "other" }],
  ["OKP X448", { type: "other" }],
]);

function secretOf(read: TextKey | string): SecretKey | string {
  if (typeof read === "string") return read;
  const { text, encoding } = read;
  return secretKey(encoding === "utf8" ? new TextEncoder().encode(text) : decodeStrictly(text, encoding)!, text);
}

function secretKey(bytes: Uint8Array<ArrayBuffer>, text: string | undefined): SecretKey {
  return { kind: "secret", bytes, text, imported: new Map() };
}

function publicKey(spki: Uint8Array<ArrayBuffer>): PairKey | undefined {
  const type = typeOfPublicKey(spki);
  if (type === undefined) return undefined;
  const bytes = importableSpki(type, spki);
  return { ...type, kind: "public", material: { format: "spki", bytes }, imported: new Map() };
}

function privateKey(pkcs8: Uint8Array<ArrayBuffer>): PairKey | undefined {
  const type = typeOfPrivateKey(pkcs8);
  if (type === undefined) return undefined;
  const bytes = importablePkcs8(type, pkcs8);
  return { ...type, kind: "private", material: { format: "pkcs8", bytes }, imported: new Map() };
}

/** What looks like a key and is none. */
function unreadable(): PairKey {
  return {
    type: "ed25519",
    kind: "public",
    material: { format: "spki", bytes: new Uint8Array() },
    imported: new Map(),
  };
}

/** An algorithm that a key of this type can be imported for, to see whether it is one at all. */
function anyAlgorithm({ type, curve }: KeyType): StatementAlgorithm | undefined {
  if (type === "ec") return curve && (curve === "P-256" ? "ecdsa-p256-sha256-raw" : "ecdsa-p384-sha384-raw");
  if (type === "rsa-pss") return "rsa-pss-sha512";
  return type === "other" ? undefined : type === "rsa" ? "rsa-sha256" : "ed25519";
}

async function checked(key: WebKey): Promise<WebKey | string> {
  if (key.kind === "secret") return key;
  if (key.type === "rsa-pss-limited") return LIMITED;
  const algorithm = anyAlgorithm(key);
  // Of an algorithm that no scheme uses: nothing will match it.
  if (algorithm === undefined) return key;
  return (await importedFor(key, algorithm)) === undefined ? UNREADABLE : key;
}

async function asPublic(read: WebKey | string): Promise<WebKey | string> {
  const key = typeof read === "string" ? read : await checked(read);
  if (typeof key === "string" || key.kind !== "private") return key;
  const algorithm = anyAlgorithm(key);
  if (algorithm === undefined) return { ...key, kind: "public" };
  const { import: name } = pairAlgorithm(algorithm)!;
  const imported = await importMaterial(key.material, name, "sign", true);
  if (imported === undefined) return UNREADABLE;
  const { kty, crv, x, y, n, e } = (await crypto.subtle.exportKey("jwk", imported)) as PublicJwk;
  const jwk = Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
  ) as unknown as PublicJwk;
  const { type, curve } = key;
  return { kind: "public", type, curve, material: { format: "jwk", jwk }, imported: new Map() };
}
