import { createCipheriv, createDecipheriv } from "node:crypto";
import { HooksError } from "../core/errors.ts";
import type { Sealed } from "../store/store.ts";
import { loadMasterKey, type MasterKey, type MasterKeyPlace } from "./master-key.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals what must be kept secret at rest: AES-256-GCM under the master key, a random nonce each, the owner's id as
 * associated data, so that a sealed value moved to another row does not open. Layout: nonce, ciphertext, tag.
 *
 * The key is read, and if need be made, at the first use: listing an empty store touches no key file.
 */
export class Vault {
  readonly #place: MasterKeyPlace;
  #key: MasterKey | undefined;
  /** The key opened, or is of, something that the store holds: it is the store's. */
  isProven = false;

  constructor(place: MasterKeyPlace) {
    this.#place = place;
  }

  seal(text: string, ownerId: string): Sealed {
    this.#key ??= loadMasterKey(this.#place, true);
    const key = this.#key!;
    const nonce = this.#place.random(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce).setAAD(Buffer.from(ownerId));
    const bytes = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return { keyId: key.id, bytes };
  }

  /** @throws HooksError `store_unusable` when the master key is not the one that sealed it, or the bytes are damaged. */
  open(sealed: Sealed, ownerId: string): string {
    const key = this.checkKey(sealed.keyId);
    const bytes = Buffer.from(sealed.bytes.buffer, sealed.bytes.byteOffset, sealed.bytes.byteLength);
    const decipher = createDecipheriv("aes-256-gcm", key.bytes, bytes.subarray(0, NONCE_BYTES)).setAAD(
      Buffer.from(ownerId),
    );
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
    } catch (error) {
      throw new HooksError("store_unusable", `a sealed secret of ${ownerId} is damaged`, { cause: error });
    }
  }

  /**
   * The master key, if it is the one of that fingerprint.
   * @throws HooksError `store_unusable` when it is another one, or there is none.
   */
  checkKey(keyId: string): MasterKey {
    this.#key ??= loadMasterKey(this.#place, false);
    if (this.#key?.id === keyId) {
      this.isProven = true;
      return this.#key;
    }
    throw new HooksError("store_unusable", "the store's secrets were sealed with another master key", {
      hint: `give the key whose fingerprint is ${keyId} by HOOKS_MASTER_KEY, HOOKS_MASTER_KEY_FILE or master.key in the data directory`,
    });
  }
}
