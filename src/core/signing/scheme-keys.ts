import type { PublicKeyAlgorithm, Scheme } from "./scheme.ts";

/** PEM or JWK: where a message may be signed in several ways, a key says by its form what it is for. */
export function isWrittenKey(code: Scheme["code"], secret: unknown): boolean {
  return code?.namesKey === true && typeof secret === "string" && /^\s*(-----BEGIN |\{)/.test(secret);
}

export function takesPublicKey(algorithm: Scheme["algorithm"]): algorithm is PublicKeyAlgorithm {
  return algorithm === "ed25519" || algorithm === "ecdsa-p256-sha256" || algorithm === "rsa";
}
