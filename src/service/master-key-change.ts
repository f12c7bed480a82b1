// One master key for the next, while commands and a daemon go on: begun in one commit, from which on only the new key
// seals; then moved row by row; ended when the old key is needed nowhere. In between the store holds each of the two keys
// sealed by the other, so whoever has one has both. Killed at any moment, the next call goes on where it was.

import { HooksError } from "../core/errors.ts";
import type { IdSource } from "../core/ids.ts";
import { ANY, LOCAL_CALLER } from "../core/key.ts";
import { newNonce, seal } from "../core/sealing.ts";
import type { MasterKeyStore, MovedRow, SealedRow } from "../store/store.ts";
import { auditEntry } from "./audit-trail.ts";
import {
  decodeMasterKey,
  KEY_BYTES,
  loadMasterKey,
  type MasterKey,
  type MasterKeyPlace,
  masterKeyOf,
  masterKeyPlace,
  masterKeyVariable,
} from "./master-key.ts";
import { keepKey, keptKeyFile, setGeneratedKey } from "./master-key-files.ts";
import { urlOwner } from "./secret-store.ts";
import { sealKey, type Vault } from "./vault.ts";

/** Rows of one write: short enough that nobody waits long behind it. */
const PORTION_ROWS = 200;

export interface KeyChangeParts {
  store: MasterKeyStore;
  vault: Vault;
  place: MasterKeyPlace;
  newId: IdSource;
  now(): number;
}

/** What has just become true, on disk. */
export type KeyChangeStep = "kept" | "begun" | "moved" | "set" | "ended";

export interface KeyChangeReceipt {
  /** Of the key that seals now. */
  fingerprint: string;
  /** Of the one before; null: nothing was sealed. */
  previous: string | null;
  /** Values that were sealed anew. */
  moved: number;
  /** The variable or file that the new key is expected in. */
  place: string;
  /** The file that keeps the old key, for backups that were made before; null: it is the operator's. */
  kept: string | null;
  /** False: the operator has still to set it; until then the old key opens the store, too. */
  ended: boolean;
}

/**
 * Goes on with a change that is under way, or begins one: to the key given, else to the one that is set where it is not
 * the one that seals, else to a new one, which becomes `master.key`.
 *
 * @param given the new key as text, from where `field` says
 * @throws HooksError `usage` when a new key has to be given; `conflict` for another one while a change is under way;
 *   `store_unusable` when something does not open: nothing is changed then
 */
export async function changeMasterKey(
  parts: KeyChangeParts,
  given: { text: string; field: string } | undefined,
  onStep: (step: KeyChangeStep) => void = () => {},
): Promise<KeyChangeReceipt> {
  const wanted = given === undefined ? undefined : decodeMasterKey(given.text, given.field, "usage");
  const { store, vault, place } = parts;
  const isGenerated = masterKeyVariable(place) === undefined;
  for (;;) {
    const { sealing, change } = await vault.refresh();
    if (sealing === undefined) return nothingSealed(parts, wanted, isGenerated);
    if (change !== undefined) {
      if (wanted !== undefined && wanted.id !== change.newKeyId) throw underWay(change.newKeyId);
      const [next, old] = [await vault.keyOf(change.newKeyId), await vault.keyOf(change.oldKeyId)];
      return finish(parts, next, old, isGenerated, onStep);
    }
    const old = await vault.keyOf(sealing);
    const next = wanted ?? otherThan(old, loadMasterKey(place, false)) ?? newKey(place, isGenerated);
    if (next.id === old.id) {
      throw new HooksError("usage", `${given?.field ?? "it"} is the master key already (fingerprint ${old.id})`, {
        field: given?.field,
        hint: "openssl rand -base64 32 makes a new one",
      });
    }
    await checkAllOpen(parts, next.id);
    if (isGenerated) {
      // Before anything depends on it. The old one stays for backups.
      keepKey(place.dataDirectory, old);
      keepKey(place.dataDirectory, next);
      onStep("kept");
    }
    const begun = {
      oldKeyId: old.id,
      newKeyId: next.id,
      newSealed: sealKey(next, old, place.random),
      oldSealed: sealKey(old, next, place.random),
      begunAt: parts.now(),
    };
    const deed = {
      action: "master_key.change",
      id: next.id,
      before: { key: old.id },
      after: { key: next.id },
    } as const;
    const everywhere = { tenant: ANY, environment: ANY };
    const isBegun = await store.beginMasterKeyChange(begun, auditEntry(parts, LOCAL_CALLER, everywhere, deed));
    // Else another process was first: its change is gone on with.
    if (!isBegun) continue;
    onStep("begun");
    await vault.refresh();
    return finish(parts, next, old, isGenerated, onStep);
  }
}

/**
 * For the start of a daemon: ends a change whose new key is set by now.
 * @returns what is left to be done by the operator; undefined: nothing
 */
export async function settleMasterKey(parts: KeyChangeParts): Promise<KeyChangeReceipt | undefined> {
  const { change } = await parts.vault.refresh();
  if (change === undefined) return undefined;
  const receipt = await changeMasterKey(parts, undefined);
  return receipt.ended ? undefined : receipt;
}

async function finish(
  parts: KeyChangeParts,
  next: MasterKey,
  old: MasterKey,
  isGenerated: boolean,
  onStep: (step: KeyChangeStep) => void,
): Promise<KeyChangeReceipt> {
  const { store, place } = parts;
  const moved = await moveAll(parts, next, onStep);
  if (isGenerated) {
    keepKey(place.dataDirectory, old);
    keepKey(place.dataDirectory, next);
    setGeneratedKey(place.dataDirectory, next);
    onStep("set");
  }
  const isSet = loadMasterKey(place, false)?.id === next.id;
  if (isSet) {
    await store.endMasterKeyChange(next.id);
    onStep("ended");
  }
  return {
    fingerprint: next.id,
    previous: old.id,
    moved,
    place: masterKeyPlace(place),
    kept: isGenerated ? keptKeyFile(place.dataDirectory, old.id) : null,
    ended: isSet,
  };
}

async function moveAll(parts: KeyChangeParts, next: MasterKey, onStep: (step: KeyChangeStep) => void): Promise<number> {
  const { store } = parts;
  let moved = 0;
  for (;;) {
    const rows = await store.listSealedByOthers(next.id, PORTION_ROWS);
    if (rows.length === 0) return moved;
    moved += await store.moveSealed(await Promise.all(rows.map((row) => sealedAnew(row, next, parts))));
    onStep("moved");
  }
}

async function sealedAnew(row: SealedRow, next: MasterKey, { vault, place }: KeyChangeParts): Promise<MovedRow> {
  const { kind, rowId, sealed } = row;
  const owner = ownerOf(row);
  const text = await vault.get(sealed, owner);
  const bytes = seal(Buffer.from(text), owner, next, newNonce(place.random));
  return { kind, rowId, before: sealed.bytes, sealed: { keyId: next.id, bytes } };
}

/** What does not open now would stand in the way when half of it is moved. */
async function checkAllOpen({ store, vault }: KeyChangeParts, newKeyId: string): Promise<void> {
  for (const row of await store.listSealedByOthers(newKeyId, Number.MAX_SAFE_INTEGER)) {
    await vault.get(row.sealed, ownerOf(row));
  }
}

function ownerOf({ kind, id }: SealedRow): string {
  return kind === "url" ? urlOwner(id) : id;
}

function otherThan(old: MasterKey, set: MasterKey | undefined): MasterKey | undefined {
  return set?.id === old.id ? undefined : set;
}

function newKey(place: MasterKeyPlace, isGenerated: boolean): MasterKey {
  if (isGenerated) return masterKeyOf(place.random(KEY_BYTES));
  const variable = masterKeyVariable(place)!;
  throw new HooksError("usage", `the new key has to be given: ${variable} is yours to set`, {
    field: "--new-key",
    hint: "(umask 077 && openssl rand -base64 32 > new-master.key) && hooks key rotate-master --new-key @new-master.key",
  });
}

function nothingSealed(
  { place }: KeyChangeParts,
  wanted: MasterKey | undefined,
  isGenerated: boolean,
): KeyChangeReceipt {
  const next = wanted ?? (isGenerated ? masterKeyOf(place.random(KEY_BYTES)) : loadMasterKey(place, false)!);
  if (isGenerated) {
    keepKey(place.dataDirectory, next);
    setGeneratedKey(place.dataDirectory, next);
  }
  return {
    fingerprint: next.id,
    previous: null,
    moved: 0,
    place: masterKeyPlace(place),
    kept: null,
    ended: loadMasterKey(place, false)?.id === next.id,
  };
}

function underWay(newKeyId: string): HooksError {
  return new HooksError("conflict", `a change to the master key ${newKeyId} is under way, and is to be ended first`, {
    field: "--new-key",
    hint: "set that key (HOOKS_MASTER_KEY or HOOKS_MASTER_KEY_FILE), then: hooks key rotate-master",
  });
}
