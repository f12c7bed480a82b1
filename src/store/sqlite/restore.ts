import {
  chownSync,
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { HooksError } from "../../core/errors.ts";
import { fileFault } from "../../small-file.ts";
import type { NewAuditEntry } from "../admin-store.ts";
import { AuditWrites } from "./audit-rows.ts";
import { damagedBackup, openBackup } from "./backup-file.ts";
import { type BroughtBack, broughtBack } from "./brought-back.ts";
import { openConnection } from "./connection.ts";
import { type CopyFacts, copyFault, settleCopy } from "./copied-store.ts";
import { lockBeside, readDaemonFile } from "./daemon-lock.ts";
import { DraftFile } from "./draft-file.ts";
import { resetHighWaterMark } from "./high-water-mark.ts";
import { checkReplaceable, replaceStore } from "./replaced-store.ts";
import { unusable } from "./sqlite-error.ts";

const STEP_BYTES = 1024 * 1024;
/** Long enough for a command that sends by itself, or only looks, to be out of the way. */
const LOCK_WAIT_MS = 500;

export interface RestoreOptions {
  /** Absolute, both. */
  storePath: string;
  file: string;
  /** What the old store is kept as; undefined: it is not. */
  keepAs: string | undefined;
  /** Unix ms. */
  now: number;
  /** Throws when what sealed the secrets is not here. */
  checkKeys(facts: Pick<CopyFacts, "keyIds" | "interchangeable">): void;
  /** Its first entry once it is the store: that it was put there, and what is valid again. */
  entry(facts: CopyFacts, back: BroughtBack | undefined): NewAuditEntry;
  /** Aborted: everything is as it was. */
  signal: AbortSignal;
  onProgress(progress: { doneBytes: number; totalBytes: number }): void;
  /** All is copied, and is about to be read. */
  onCopied(): void;
}

export interface Restored extends CopyFacts {
  /** Of the old store; empty when there was none, or it was not to be kept. */
  kept: readonly string[];
  /** Undefined: there was no store, or none that could be read. */
  back: BroughtBack | undefined;
}

/**
 * What can be seen of a restore before anybody is asked. Changes nothing.
 * @returns whether there is a store that it would replace
 * @throws HooksError `usage`, `store_unusable`
 */
export function checkRestore(storePath: string, file: string): boolean {
  const backup = openBackup(file);
  try {
    const target = checkReplaceable(storePath);
    const { ino, dev } = fstatSync(backup);
    if (target?.ino === ino && target.dev === dev) {
      throw new HooksError("usage", `${file} is the store itself`, { field: "file" });
    }
    return target !== undefined;
  } finally {
    closeSync(backup);
  }
}

/**
 * Puts a backup in the place of the store. It is copied beside it, read to its end and judged first, so that what is
 * refused or interrupted leaves the store as it is; then one rename does it.
 *
 * @throws HooksError `daemon_running`, `usage`, `store_unusable`, `store_full`, `store_busy`, `interrupted`
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { storePath, file, keepAs, now, checkKeys, signal } = options;
  checkRestore(storePath, file);
  makeFolder(storePath);
  const lock = lockBeside(storePath, LOCK_WAIT_MS);
  if (lock === undefined) throw daemonRunning(storePath);
  try {
    const draft = await copyOf(options);
    try {
      options.onCopied();
      const damaged = (what: string, cause?: unknown) => damagedBackup(file, what, cause);
      const facts = settleCopy(draft.path, storePath, damaged, { migrates: true });
      checkKeys(facts);
      // Signals that came while it was read are told now.
      await nextTurn();
      if (signal.aborted) throw interrupted();
      const back = broughtBack(storePath, draft.path, now);
      appendEntry(draft.path, storePath, options.entry(facts, back));
      const kept = await replaceStore(storePath, draft, keepAs);
      // Only now: a store that is behind its mark is noticed, one that is before it is not.
      resetHighWaterMark(storePath);
      return { ...facts, kept, back };
    } finally {
      draft.discard();
    }
  } finally {
    lock.release();
  }
}

/** In the copy already: there is no moment in which the store is there and the record of it is not. */
function appendEntry(copyPath: string, storePath: string, entry: NewAuditEntry): void {
  try {
    const connection = openConnection(copyPath, "write");
    try {
      new AuditWrites(connection).insert(entry);
    } finally {
      connection.close();
    }
  } catch (error) {
    throw copyFault(error, storePath);
  }
}

async function copyOf({ storePath, file, signal, onProgress }: RestoreOptions): Promise<DraftFile> {
  const source = openBackup(file);
  let draft: DraftFile | undefined;
  try {
    draft = DraftFile.create(storePath);
    giveToOwner(draft.path, storePath);
    await copy(source, draft.path, signal, onProgress);
    return draft;
  } catch (error) {
    draft?.discard();
    throw copyFault(error, storePath);
  } finally {
    closeSync(source);
  }
}

async function copy(
  source: number,
  path: string,
  signal: AbortSignal,
  onProgress: RestoreOptions["onProgress"],
): Promise<void> {
  const totalBytes = fstatSync(source).size;
  const target = openSync(path, "r+");
  try {
    const piece = Buffer.allocUnsafe(STEP_BYTES);
    for (let doneBytes = 0; doneBytes < totalBytes; ) {
      const bytes = readSync(source, piece, 0, Math.min(STEP_BYTES, totalBytes - doneBytes), doneBytes);
      if (bytes === 0) break; // it is shorter by now: reading the copy finds out
      for (let written = 0; written < bytes; ) written += writeSync(target, piece, written, bytes - written);
      doneBytes += bytes;
      onProgress({ doneBytes, totalBytes });
      await nextTurn();
      if (signal.aborted) throw interrupted();
    }
  } finally {
    closeSync(target);
  }
}

function makeFolder(storePath: string): void {
  try {
    mkdirSync(dirname(storePath), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(storePath, `cannot be created: ${fileFault(error)}`, undefined, error);
  }
}

/** Root restores somebody's store: it stays theirs. */
function giveToOwner(path: string, storePath: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = lstatSync(storePath, { throwIfNoEntry: false }) ?? statSync(dirname(storePath));
  chownSync(path, uid, gid);
}

function daemonRunning(storePath: string): HooksError {
  const daemon = readDaemonFile(storePath);
  const who = daemon === undefined ? "another process" : `a daemon (process ${daemon.pid}, ${daemon.url})`;
  return new HooksError("daemon_running", `${who} works on the store ${storePath}: nothing was restored`, {
    field: "--store",
    hint: daemon === undefined ? "try again" : `stop it first: kill ${daemon.pid}`,
  });
}

function interrupted(): HooksError {
  return new HooksError("interrupted", "interrupted: nothing was restored");
}
