import { createECDH, createPrivateKey, createPublicKey } from "node:crypto";
import { readPrivateKey } from "../signing/public-key.ts";
import { schemeNamed } from "../signing/registry.ts";
import type { KeyPairKind } from "./provider.ts";

/** The keys of providers that sign with a private one, as texts of one line. */
export interface KeyPair {
  /** What --secret takes. */
  secret: string;
  /** What the receiver is configured with. */
  publicKey: string;
}

const SCHEME = { ed25519: "discord", p256: "sendgrid" } as const;
/** Of both kinds. */
export const KEY_BYTES = 32;

/** A pair from 32 random bytes. */
export function makeKeyPair(kind: KeyPairKind, random: Uint8Array): KeyPair {
  const secret = kind === "ed25519" ? Buffer.from(random).toString("hex") : ecPrivateKey(random);
  return { secret, publicKey: publicKeyOf(kind, secret)! };
}

/** The public key of a private one, whichever form that has, as the provider shows it; undefined when it is none. */
export function publicKeyOf(kind: KeyPairKind, secret: string): string | undefined {
  const { algorithm, secret: rule } = schemeNamed(SCHEME[kind]).scheme;
  const key = readPrivateKey(rule, algorithm as "ed25519" | "ecdsa-p256-sha256", secret.trim());
  if (typeof key === "string") return undefined;
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return kind === "ed25519" ? spki.subarray(-KEY_BYTES).toString("hex") : spki.toString("base64");
}

function ecPrivateKey(random: Uint8Array): string {
  const scalar = Buffer.from(random);
  // Below the order of the curve, which begins with 32 ones, and not zero.
  scalar[0] = (scalar[0]! & 0x7f) | 0x01;
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const [x, y] = [point.subarray(1, 1 + KEY_BYTES), point.subarray(1 + KEY_BYTES)];
  const jwk = {
    kty: "EC",
    crv: "P-256",
    d: scalar.toString("base64url"),
    x: x.toString("base64url"),
    y: y.toString("base64url"),
  };
  return createPrivateKey({ key: jwk, format: "jwk" }).export({ format: "der", type: "pkcs8" }).toString("base64");
}
