import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { badCursor } from "../core/cursor.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = "aes-256-gcm";

/**
 * Seals the cursors of lists on their way out: they hold places in tables that all tenants share, by which one could
 * count what others do, and none is taken that was not given out by the same list.
 */
export class CursorSeal {
  readonly #key: Uint8Array;

  /** @param secret of this data directory: cursors are good for as long as it stays */
  constructor(secret: string | Uint8Array) {
    this.#key = new Uint8Array(hkdfSync("sha256", secret, "", "cursors of hooks", 32));
  }

  /** @param list whose cursor it is: its path */
  seal(cursor: string, list: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(list));
    return Buffer.concat([nonce, cipher.update(cursor), cipher.final(), cipher.getAuthTag()]).toString("base64url");
  }

  /** @throws HooksError `invalid_request` when this list did not give it out */
  open(sealed: string, list: string): string {
    const bytes = Buffer.from(sealed, "base64url");
    const end = bytes.length - TAG_BYTES;
    if (end < NONCE_BYTES || bytes.toString("base64url") !== sealed) throw badCursor();
    const decipher = createDecipheriv(ALGORITHM, this.#key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(list)).setAuthTag(bytes.subarray(end));
    try {
      return decipher.update(bytes.subarray(NONCE_BYTES, end)).toString() + decipher.final().toString();
    } catch {
      throw badCursor();
    }
  }
}
