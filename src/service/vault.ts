import { HooksError } from "../core/errors.ts";
import { newNonce, seal, unseal } from "../core/sealing.ts";
import type { MasterKeyChange, MasterKeyStore, MasterKeys, Sealed } from "../store/store.ts";
import { findMasterKey, loadMasterKey, type MasterKey, type MasterKeyPlace, masterKeyOf } from "./master-key.ts";
import type { SecretStore } from "./secret-store.ts";

/**
 * The embedded secret store: seals what must be kept secret at rest under the master key, a random nonce each, the
 * owner's id as associated data, so that a sealed value moved to another row does not open.
 *
 * Which key seals is the store's to say. While one is changed for the next, the store holds each of the two sealed by
 * the other (master-key-change.ts), so whoever has one has both, a daemon that runs included. Keys that were met are
 * remembered: what they sealed opens as long as this process lives.
 *
 * The key is read, and if need be made, at the first use: listing an empty store touches no key file.
 */
export class Vault implements SecretStore {
  readonly #place: MasterKeyPlace;
  readonly #store: Pick<MasterKeyStore, "readMasterKeys">;
  /** By fingerprint. */
  readonly #known = new Map<string, MasterKey>();
  /** Looked for where it is set; undefined: not yet. */
  #set: { key: MasterKey | undefined } | undefined;
  #keys: MasterKeys | undefined;

  constructor(place: MasterKeyPlace, store: Pick<MasterKeyStore, "readMasterKeys">) {
    this.#place = place;
    this.#store = store;
  }

  keeps(sealed: Sealed): boolean {
    return !sealed.keyId.includes(":");
  }

  async put(text: string, ownerId: string): Promise<Sealed> {
    if (this.#keys === undefined) await this.refresh();
    const { sealing } = this.#keys!;
    const key = sealing === undefined ? this.#firstKey() : (this.#find(sealing) ?? (await this.#learn(sealing)));
    return { keyId: key.id, bytes: seal(Buffer.from(text), ownerId, key, newNonce(this.#place.random)) };
  }

  peek(sealed: Sealed, ownerId: string): string | undefined {
    const key = this.#find(sealed.keyId);
    return key === undefined ? undefined : unseal(sealed.bytes, ownerId, key).toString();
  }

  /** @throws HooksError `store_unusable` when its master key is not here, or the bytes are damaged. */
  async get(sealed: Sealed, ownerId: string): Promise<string> {
    const key = this.#find(sealed.keyId) ?? (await this.#learn(sealed.keyId));
    return unseal(sealed.bytes, ownerId, key).toString();
  }

  /** It is in its row, and gone with it. */
  async drop(): Promise<void> {}

  /** Looks again which key seals, and for the keys of a change that is under way. */
  async refresh(): Promise<MasterKeys> {
    this.#set = undefined;
    const keys = await this.#store.readMasterKeys();
    this.#keys = keys;
    if (keys.change !== undefined) this.#learnFrom(keys.change);
    return keys;
  }

  /**
   * The key of that fingerprint.
   * @throws HooksError `store_unusable` when it is not here
   */
  async keyOf(id: string): Promise<MasterKey> {
    return this.#find(id) ?? this.#learn(id);
  }

  async #learn(id: string): Promise<MasterKey> {
    await this.refresh();
    const key = this.#find(id) ?? findMasterKey(this.#place, id);
    if (key === undefined) throw wrongKey(id);
    this.#known.set(key.id, key);
    return key;
  }

  /** Each of the two, if the other one is here. */
  #learnFrom({ oldKeyId, newKeyId, newSealed, oldSealed }: MasterKeyChange): void {
    const [old, next] = [this.#find(oldKeyId), this.#find(newKeyId)];
    if (old !== undefined && next === undefined) this.#known.set(newKeyId, openKey(newSealed, newKeyId, old));
    if (next !== undefined && old === undefined) this.#known.set(oldKeyId, openKey(oldSealed, oldKeyId, next));
  }

  #find(id: string): MasterKey | undefined {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    this.#set ??= { key: loadMasterKey(this.#place, false) };
    const { key } = this.#set;
    if (key !== undefined) this.#known.set(key.id, key);
    return key?.id === id ? key : undefined;
  }

  /** Of a store that holds nothing sealed. Of two processes that come at once the store takes one's; the other is told. */
  #firstKey(): MasterKey {
    const key = loadMasterKey(this.#place, true)!;
    this.#set = { key };
    this.#known.set(key.id, key);
    return key;
  }
}

/** The content of `MasterKeyChange.newSealed` and `.oldSealed`. */
export function sealKey(key: MasterKey, by: MasterKey, random: (size: number) => Uint8Array): Uint8Array {
  return seal(key.bytes, keyOwner(key.id), by, newNonce(random));
}

function openKey(sealed: Uint8Array, id: string, by: MasterKey): MasterKey {
  const key = masterKeyOf(unseal(sealed, keyOwner(id), by));
  if (key.id !== id) throw new HooksError("store_unusable", `the sealed master key ${id} is damaged`);
  return key;
}

function keyOwner(id: string): string {
  return `master-key/${id}`;
}

function wrongKey(keyId: string): HooksError {
  return new HooksError("store_unusable", "the store's secrets were sealed with another master key", {
    hint: `give the key whose fingerprint is ${keyId} by HOOKS_MASTER_KEY, HOOKS_MASTER_KEY_FILE or master.key in the data directory`,
  });
}
