import { createCipheriv, createDecipheriv } from "node:crypto";
import { HooksError } from "./errors.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface SealingKey {
  /** 32. */
  bytes: Uint8Array;
}

/** AES-256-GCM with the owner as associated data. Layout: nonce, ciphertext, tag. `nonce`: 12 random bytes. */
export function seal(content: Uint8Array, ownerId: string, key: SealingKey, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce, { authTagLength: TAG_BYTES }).setAAD(
    Buffer.from(ownerId),
  );
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** @throws HooksError `store_unusable` when it is not whole, of another owner, or sealed with another key. */
export function unseal(sealed: Uint8Array, ownerId: string, key: SealingKey): Buffer {
  try {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    // A shorter tag would be taken for one, and guessed.
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error(`only ${bytes.length} bytes are left of it`);
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", key.bytes, nonce, { authTagLength: TAG_BYTES }).setAAD(
      Buffer.from(ownerId),
    );
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw new HooksError("store_unusable", `a sealed secret of ${ownerId} is damaged`, { cause: error });
  }
}

export function newNonce(random: (size: number) => Uint8Array): Uint8Array {
  return random(NONCE_BYTES);
}
