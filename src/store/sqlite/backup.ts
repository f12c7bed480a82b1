import { closeSync, fdatasyncSync, openSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { HooksError } from "../../core/errors.ts";
import { fileFault } from "../../small-file.ts";
import { type Connection, pragmaNumber } from "./connection.ts";
import { type CopyFacts, copyFault, settleCopy } from "./copied-store.ts";
import { DraftFile } from "./draft-file.ts";
import { checkVersion } from "./migrate.ts";
import { openToRead } from "./open-sqlite-store.ts";
import { sqliteCode, toStoreError, unusable } from "./sqlite-error.ts";
import { prepareStoreFile } from "./store-file.ts";

const STEP_BYTES = 1024 * 1024;

export interface BackupOptions {
  /** Absolute, both. */
  storePath: string;
  /** Replaced when it is there: the caller has asked. */
  file: string;
  /** Aborted: nothing is left behind. */
  signal: AbortSignal;
  onProgress(progress: { doneBytes: number; totalBytes: number }): void;
  /** All is copied, and is about to be read. */
  onCopied(): void;
}

/**
 * Copies a store as it is at one moment, while others go on writing, into one file that needs nothing beside it.
 *
 * SQLite's backup of a snapshot that is held: without one each step after another process's commit begins anew, which at
 * 500 events a second never ends (23,801 beginnings in 30 s). Each MiB is on the disk before the next is copied: else the
 * daemon's fsync waits for all of ours, which held publishers up for 110 to 140 ms; this way for 5 to 8 ms (p95, 260 MB
 * in 0.7 s, where it is 2 to 3 ms without a backup). `VACUUM INTO` makes the file smaller, takes half as long again, and
 * held them up for 90 to 130 ms.
 *
 * @throws HooksError `usage` (the file cannot be made), `store_unusable` (the store, or the disk), `store_full`,
 *   `interrupted`
 */
export async function writeBackup(options: BackupOptions): Promise<CopyFacts> {
  const { storePath, file } = options;
  prepareStoreFile(storePath, { create: false, readOnly: true });
  const draft = createDraft(file);
  try {
    await copySnapshot(draft.path, options);
    options.onCopied();
    const facts = settleCopy(draft.path, file, (what, cause) => damagedStore(storePath, what, cause));
    // Signals that came while it was read are told now.
    await nextTurn();
    if (options.signal.aborted) throw interrupted();
    draft.commit();
    return facts;
  } catch (error) {
    throw copyFault(error, file);
  } finally {
    draft.discard();
  }
}

function createDraft(file: string): DraftFile {
  try {
    return DraftFile.create(file);
  } catch (error) {
    const fault = copyFault(error, file);
    if (fault instanceof HooksError && fault.code === "store_full") throw fault;
    throw new HooksError("usage", `cannot write ${file}: ${fileFault(error)}`, { field: "file", cause: error });
  }
}

async function copySnapshot(draft: string, { storePath, signal, onProgress }: BackupOptions): Promise<void> {
  const source = openSnapshot(storePath);
  // Closed after SQLite is done with the file: closing it frees every lock that this process has on it.
  const handle = openSync(draft, "r+");
  try {
    const pageBytes = pragmaNumber(source, "page_size");
    const stepPages = Math.max(1, Math.floor(STEP_BYTES / pageBytes));
    await source.backup(draft, {
      progress: ({ totalPages, remainingPages }) => {
        if (signal.aborted) throw interrupted();
        fdatasyncSync(handle);
        onProgress({ doneBytes: (totalPages - remainingPages) * pageBytes, totalBytes: totalPages * pageBytes });
        return stepPages;
      },
    });
  } catch (error) {
    const code = sqliteCode(error) ?? "";
    if (code.startsWith("SQLITE_CORRUPT")) throw damagedStore(storePath, "it cannot be read to its end", error);
    throw code.startsWith("SQLITE_IOERR_READ") ? toStoreError(error, storePath) : error;
  } finally {
    source.close();
    closeSync(handle);
  }
}

/** Reads the store as it is now, whatever is committed meanwhile. */
function openSnapshot(storePath: string): Connection {
  let source: Connection | undefined;
  try {
    source = openToRead(storePath);
    source.exec("BEGIN");
    checkVersion(source, storePath);
    return source;
  } catch (error) {
    source?.close();
    throw toStoreError(error, storePath);
  }
}

function damagedStore(storePath: string, what: string, cause?: unknown): HooksError {
  return unusable(storePath, `is damaged: ${what}`, "restore it from an older backup; nothing was written", cause);
}

function interrupted(): HooksError {
  return new HooksError("interrupted", "interrupted: nothing was written");
}
