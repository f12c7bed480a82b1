// A store as a whole: into one file, and back. Not one of the use-cases of HooksService: no server does it for others.

import { randomBytes } from "node:crypto";
import { HooksError, isHooksError } from "../core/errors.ts";
import { writeBackup } from "../store/sqlite/backup.ts";
import { replacesBackup } from "../store/sqlite/backup-file.ts";
import { checkRestore, restoreBackup } from "../store/sqlite/restore.ts";
import { loadMasterKey, masterKeyPlace } from "./master-key.ts";

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
  const { bytes, events, waiting, keyIds } = await writeBackup({ ...watch, storePath, file });
  return { file, bytes, events, waiting, master_key: keyOf(keyIds, place) };
}

function keyOf(keyIds: readonly string[], place: StorePlace): BackupKey | null {
  const [fingerprint] = keyIds;
  if (fingerprint === undefined) return null;
  return { fingerprint, place: masterKeyPlace(place), present: presentKeyId(place) === fingerprint };
}

function presentKeyId({ env, dataDirectory }: StorePlace): string | undefined {
  try {
    return loadMasterKey({ env, dataDirectory, random: randomBytes }, false)?.id;
  } catch (error) {
    if (isHooksError(error)) return undefined;
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
): Promise<RestoreReceipt> {
  const { storePath } = place;
  const checkKeys = (keyIds: readonly string[]): void => {
    for (const id of keyIds) checkKey(id, place, file);
  };
  const { bytes, events, waiting, kept } = await restoreBackup({ ...watch, storePath, file, keepAs, checkKeys });
  return { store: storePath, file, bytes, events, waiting, kept };
}

function checkKey(keyId: string, { env, dataDirectory }: StorePlace, file: string): void {
  const key = loadMasterKey({ env, dataDirectory, random: randomBytes }, false);
  if (key?.id === keyId) return;
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
