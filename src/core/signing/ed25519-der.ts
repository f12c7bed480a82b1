// Raw keys of ed25519 in the forms that cryptographic libraries take.

/** Of a seed, and of a public key. */
export const SEED_BYTES = 32;

/** RFC 8410, 4: what stands before the 32 bytes of a public key. */
const SPKI = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/** RFC 8410, 7: what stands before the 32 bytes of a seed. */
const PKCS8 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

export function ed25519Spki(publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...SPKI, ...publicKey]);
}

export function ed25519Pkcs8(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...PKCS8, ...seed]);
}
