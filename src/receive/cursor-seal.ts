import { hkdfSync, randomBytes } from "node:crypto";
import { badCursor } from "../core/cursor.ts";
import { newNonce, seal, unseal } from "../core/sealing.ts";

/**
 * Seals the cursors of lists on their way out: they hold places in tables that all tenants share, by which one could
 * count what others do, and none is taken that was not given out by the same list.
 */
export class CursorSeal {
  readonly #key: { bytes: Uint8Array };

  /** @param secret of this data directory: cursors are good for as long as it stays */
  constructor(secret: string | Uint8Array) {
    this.#key = { bytes: new Uint8Array(hkdfSync("sha256", secret, "", "cursors of hooks", 32)) };
  }

  /** @param list whose cursor it is: its path */
  seal(cursor: string, list: string): string {
    return Buffer.from(seal(Buffer.from(cursor), list, this.#key, newNonce(randomBytes))).toString("base64url");
  }

  /** @throws HooksError `invalid_request` when this list did not give it out */
  open(sealed: string, list: string): string {
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.toString("base64url") !== sealed) throw badCursor();
    try {
      return unseal(bytes, list, this.#key).toString();
    } catch {
      throw badCursor();
    }
  }
}
