// A store as a whole: into one file, and back. Not one of the use-cases of HooksService: no server does it for others.

import { randomBytes } from "node:crypto";
import { HooksError, isHooksError } from "../core/errors.ts";
import { ANY, LOCAL_CALLER } from "../core/key.ts";
import { writeBackup } from "../store/sqlite/backup.ts";
import { replacesBackup } from "../store/sqlite/backup-file.ts";
import { checkRestore, restoreBackup } from "../store/sqlite/restore.ts";
import { auditEntry } from "./audit-trail.ts";
import { findMasterKey, loadMasterKey, masterKeyPlace } from "./master-key.ts";
import { newId } from "./new-id.ts";

/** It is about the store as a whole. */
const ANYWHERE = { tenant: ANY, environment: ANY };

/** Which store, and where its master key is. */
export interface StorePlace {
  storePath: string;
  dataDirectory: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** What a person who waits is shown. */
export interface CopyWatch {
  signal: AbortSignal;
  onProgress(progress: { doneBytes: number; totalBytes: number }): void;
  /** All is copied, and is about to be read. */
  onCopied(): void;
}

export interface BackupReceipt {
  file: string;
  bytes: number;
  /** Over all tenants and environments. */
  events: number;
  /** Deliveries that are not at their end. */
  waiting: number;
  /** Of the secrets in the backup, which are of no use without it; null: there are none. */
  master_key: BackupKey | null;
  /** Secret stores elsewhere that keep secrets of it: `aws:eu-central-1/hooks`. */
  kept_in: string[];
}

export interface BackupKey {
  /** First 16 hex digits of the key's SHA-256. */
  fingerprint: string;
  /** The variable or the file that it is expected in. */
  place: string;
  /** False: what is there is another key, or none. */
  present: boolean;
}

/** Whether a backup of that name would replace another one. @throws HooksError `usage` for what may not be replaced */
export function wouldReplace(file: string): boolean {
  return replacesBackup(file);
}

/** @throws HooksError as `writeBackup` says */
export async function backUpStore(place: StorePlace, file: string, watch: CopyWatch): Promise<BackupReceipt> {
  replacesBackup(file);
  const { storePath } = place;
  const { bytes, events, waiting, ...keys } = await writeBackup({ ...watch, storePath, file });
  return { file, bytes, events, waiting, ...keysOf(keys, place) };
}

type KeyFacts = Parameters<Parameters<typeof restoreBackup>[0]["checkKeys"]>[0];

function keysOf(
  { keyIds, interchangeable }: KeyFacts,
  place: StorePlace,
): Pick<BackupReceipt, "master_key" | "kept_in"> {
  // The newest first: it is the one to be kept.
  const [fingerprint] = interchangeable.length === 0 ? keyIds.filter(isOfMasterKey) : interchangeable;
  return {
    master_key:
      fingerprint === undefined
        ? null
        : { fingerprint, place: masterKeyPlace(place), present: isPresent(fingerprint, place) },
    kept_in: [...new Set(keyIds.filter((id) => !isOfMasterKey(id)))],
  };
}

/** Others name a secret store elsewhere: `aws:…`. */
function isOfMasterKey(keyId: string): boolean {
  return !keyId.includes(":");
}

function isPresent(keyId: string, { env, dataDirectory }: StorePlace): boolean {
  try {
    return findMasterKey({ env, dataDirectory, random: randomBytes }, keyId) !== undefined;
  } catch (error) {
    if (isHooksError(error)) return false;
    throw error;
  }
}

export interface RestoreReceipt {
  store: string;
  file: string;
  bytes: number;
  events: number;
  waiting: number;
  /** What is left of the store that was replaced. */
  kept: readonly string[];
  /** API keys that work again and had been revoked since the backup; null: not known, as no store was replaced. */
  keys_back: number | null;
  /** Subscriptions that sign with the secret from before a rotation since; null: not known. */
  secrets_back: number | null;
}

/** Whether there is a store that a restore of this file would replace. @throws HooksError when it cannot be restored */
export function canRestore({ storePath }: Pick<StorePlace, "storePath">, file: string): { replaces: boolean } {
  return { replaces: checkRestore(storePath, file) };
}

/**
 * @param keepAs name of the old store; undefined: it is not kept
 * @throws HooksError as `restoreBackup` says; `store_unusable` without the backup's master key
 */
export async function restoreStore(
  place: StorePlace,
  file: string,
  keepAs: string | undefined,
  watch: CopyWatch,
  now: number,
): Promise<RestoreReceipt> {
  const { storePath } = place;
  const checkKeys = ({ keyIds, interchangeable }: KeyFacts): void => {
    for (const id of keyIds.filter(isOfMasterKey)) {
      const alsoOpen = interchangeable.includes(id) ? interchangeable : [];
      checkKey(id, alsoOpen, place, file);
    }
  };
  const entry: Parameters<typeof restoreBackup>[0]["entry"] = ({ events, waiting }, found) =>
    auditEntry({ newId, now: () => now }, LOCAL_CALLER, ANYWHERE, {
      action: "store.restore",
      id: undefined,
      after: { file, events, waiting, keys_back: found?.keys ?? null, secrets_back: found?.secrets ?? null },
    });
  const restored = await restoreBackup({ ...watch, storePath, file, keepAs, checkKeys, entry, now });
  const { bytes, events, waiting, kept, back } = restored;
  const { keys = null, secrets = null } = back ?? {};
  return { store: storePath, file, bytes, events, waiting, kept, keys_back: keys, secrets_back: secrets };
}

function checkKey(keyId: string, alsoOpen: readonly string[], { env, dataDirectory }: StorePlace, file: string): void {
  const keyPlace = { env, dataDirectory, random: randomBytes };
  if ([keyId, ...alsoOpen].some((id) => findMasterKey(keyPlace, id) !== undefined)) return;
  const key = loadMasterKey(keyPlace, false);
  const place = masterKeyPlace({ env, dataDirectory });
  const found = key === undefined ? "there is none" : `there is another one (fingerprint ${key.id})`;
  throw new HooksError(
    "store_unusable",
    `the secrets in ${file} were sealed with the master key whose fingerprint is ${keyId}; ${found} in ${place}`,
    {
      field: "file",
      hint: "bring that key, by HOOKS_MASTER_KEY, HOOKS_MASTER_KEY_FILE or master.key in the data directory",
    },
  );
}
