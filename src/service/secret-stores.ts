import { HooksError } from "../core/errors.ts";
import type { Sealed } from "../store/store.ts";
import type { SecretStore } from "./secret-store.ts";
import type { Vault } from "./vault.ts";

/**
 * The embedded secret store, and the one elsewhere if one is set: that one gets what is new, each opens what it keeps.
 * So a store may be moved from one to the other, secret by secret, as they are rotated.
 */
export class SecretStores implements Omit<SecretStore, "keeps"> {
  readonly vault: Vault;
  /** Undefined: everything is embedded. */
  readonly elsewhere: SecretStore | undefined;

  constructor(vault: Vault, elsewhere?: SecretStore) {
    this.vault = vault;
    this.elsewhere = elsewhere;
  }

  put(text: string, ownerId: string): Promise<Sealed> {
    return (this.elsewhere ?? this.vault).put(text, ownerId);
  }

  peek(sealed: Sealed, ownerId: string): string | undefined {
    return this.#keeperOf(sealed).peek(sealed, ownerId);
  }

  async get(sealed: Sealed, ownerId: string): Promise<string> {
    return this.#keeperOf(sealed).get(sealed, ownerId);
  }

  async drop(sealed: Sealed, ownerId: string): Promise<void> {
    await this.#keeperOf(sealed).drop(sealed, ownerId);
  }

  /** The master key may have been changed by another process. */
  async refresh(): Promise<void> {
    await this.vault.refresh();
  }

  #keeperOf(sealed: Sealed): SecretStore {
    const keeper = [this.vault, this.elsewhere].find((one) => one?.keeps(sealed) === true);
    if (keeper !== undefined) return keeper;
    throw new HooksError("store_unusable", `a secret is kept in ${sealed.keyId}, which is not set here`, {
      field: "HOOKS_SECRET_STORE",
      hint: `HOOKS_SECRET_STORE=${sealed.keyId}`,
    });
  }
}
