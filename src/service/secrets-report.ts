import path from "node:path";
import { hasSecretQuery } from "../core/masked-url.ts";
import type { MasterKeyStore, SubscriptionStore } from "../store/store.ts";
import { loadMasterKey, type MasterKeyPlace, masterKeyPlace, masterKeyVariable } from "./master-key.ts";
import { keptKeyIds } from "./master-key-files.ts";

/** How the secrets of a store are kept, for whoever looks after it. Holds none of them. */
export interface SecretsReport {
  /** The variable or file that the master key comes from. */
  place: string;
  /** It was made by hooks and is a file, and nobody else's business. */
  isGenerated: boolean;
  /** In the folder of the database: whoever copies that has both. */
  isBesideStore: boolean;
  /** Fingerprint of the key that is set; undefined: there is none yet. */
  set: string | undefined;
  /** Of the key that seals; undefined: nothing is sealed. */
  sealing: string | undefined;
  /** A change of the master key that is not ended: fingerprint of the new one. */
  changingTo: string | undefined;
  /** Older generated keys that are kept for older backups. */
  kept: string[];
  /** URLs that an earlier version stored with their query, and no daemon has sealed since. */
  plainUrls: number;
}

/** @throws HooksError like `loadMasterKey` */
export async function reportSecrets(
  store: MasterKeyStore & SubscriptionStore,
  place: MasterKeyPlace,
  storePath: string,
): Promise<SecretsReport> {
  const { sealing, change } = await store.readMasterKeys();
  const isGenerated = masterKeyVariable(place) === undefined;
  const set = loadMasterKey(place, false)?.id;
  const isPlain = ({ url, urlSealed }: { url: string | undefined; urlSealed: unknown }): boolean =>
    url !== undefined && urlSealed === undefined && hasSecretQuery(url);
  return {
    place: masterKeyPlace(place),
    isGenerated,
    isBesideStore: isGenerated && path.resolve(place.dataDirectory) === path.dirname(path.resolve(storePath)),
    set,
    sealing,
    changingTo: change?.newKeyId,
    kept: keptKeyIds(place.dataDirectory).filter((id) => id !== set),
    plainUrls: (await store.loadSubscriptions()).filter(isPlain).length,
  };
}
