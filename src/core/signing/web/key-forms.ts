// What stands in the DER of keys and certificates.

import { DER, type DerItem, derItem, derItems, derSequence } from "./der.ts";

/**
 * What a key is for. Web Crypto has to be told it; `other`: of an algorithm that no scheme uses; `rsa-pss-limited`: for
 * one hash alone, which Web Crypto cannot keep to.
 */
export interface KeyType {
  type: "ed25519" | "ec" | "rsa" | "rsa-pss" | "rsa-pss-limited" | "other";
  /** Of `ec`. */
  curve?: "P-256" | "P-384" | undefined;
}

const OIDS: Readonly<Record<string, KeyType>> = {
  "2b6570": { type: "ed25519" },
  "2a864886f70d010101": { type: "rsa" },
};
const PSS_OID = "2a864886f70d01010a";
const EC_OID = "2a8648ce3d0201";
const CURVES: Readonly<Record<string, KeyType["curve"]>> = {
  "2a8648ce3d030107": "P-256",
  "2b81040022": "P-384",
};

/** Of a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7); undefined when it is none. */
export function typeOfPublicKey(spki: Uint8Array): KeyType | undefined {
  const [algorithm, key, ...more] = derSequence(spki) ?? [];
  return algorithm === undefined || key?.tag !== DER.bits || more.length > 0 ? undefined : typeOf(algorithm);
}

/** Of a PrivateKeyInfo (RFC 5958, 2); undefined when it is none. */
export function typeOfPrivateKey(pkcs8: Uint8Array): KeyType | undefined {
  const [version, algorithm, key] = derSequence(pkcs8) ?? [];
  return version?.tag !== DER.integer || algorithm === undefined || key?.tag !== DER.octets
    ? undefined
    : typeOf(algorithm);
}

function typeOf(algorithm: DerItem): KeyType | undefined {
  const [oid, parameters] = (algorithm.tag === DER.sequence && derItems(algorithm.content)) || [];
  if (oid?.tag !== DER.oid) return undefined;
  const name = hex(oid.content);
  if (name === EC_OID) return { type: "ec", curve: parameters && CURVES[hex(parameters.content)] };
  if (name === PSS_OID) return { type: parameters === undefined ? "rsa-pss" : "rsa-pss-limited" };
  return OIDS[name] ?? { type: "other" };
}

/** The public key of an X.509 certificate (RFC 5280, 4.1), whose own signature nobody here judges. */
export function publicKeyOfCertificate(certificate: Uint8Array): Uint8Array | undefined {
  const [signed] = derSequence(certificate) ?? [];
  const fields = (signed?.tag === DER.sequence && derItems(signed.content)) || [];
  const EXPLICIT_VERSION = 0xa0;
  const first = fields[0]?.tag === EXPLICIT_VERSION ? 1 : 0;
  // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
  return fields[first + 5]?.bytes;
}

const VERSION_0 = /* @__PURE__ */ derItem(DER.integer, Uint8Array.of(0));
const RSA = /* @__PURE__ */ derItem(
  DER.sequence,
  derItem(DER.oid, Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01)),
  derItem(DER.null),
);
const EC = /* @__PURE__ */ derItem(DER.oid, Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01));

/** PKCS #1 (RFC 8017, A.1.1) as SubjectPublicKeyInfo. */
export function spkiOfRsa(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  return derItem(DER.sequence, RSA, derItem(DER.bits, Uint8Array.of(0), pkcs1));
}

/** PKCS #1 (RFC 8017, A.1.2) as PKCS #8. */
export function pkcs8OfRsa(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  return derItem(DER.sequence, VERSION_0, RSA, derItem(DER.octets, pkcs1));
}

/** SEC 1 (RFC 5915) as PKCS #8; undefined when it does not name its curve. */
export function pkcs8OfEc(sec1: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const CURVE = 0xa0;
  const curve = derSequence(sec1)?.find(({ tag }) => tag === CURVE);
  if (curve === undefined) return undefined;
  return derItem(DER.sequence, VERSION_0, derItem(DER.sequence, EC, curve.content), derItem(DER.octets, sec1));
}

/** What Web Crypto reads: keys of RSA-PSS as those of RSA in general, whose parts are the same (RFC 4055, 1.2). */
export function importableSpki({ type }: KeyType, spki: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return type === "rsa-pss" ? spkiOfRsa(derSequence(spki)![1]!.content.subarray(1)) : spki;
}

export function importablePkcs8({ type }: KeyType, pkcs8: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return type === "rsa-pss" ? pkcs8OfRsa(derSequence(pkcs8)![2]!.content) : pkcs8;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
