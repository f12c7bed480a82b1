// Generated master keys in the data directory, 0600: `master.key` is the one that is set; after a change of it each
// stands under its own name as well, `master.key.<fingerprint>`, so that no order of crashes loses one.

import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { HooksError, isHooksError } from "../core/errors.ts";
import { fileErrorCode, fileFault } from "../small-file.ts";
import { syncFolderOf } from "../store/sqlite/store-file.ts";
import type { MasterKey } from "./master-key.ts";

const FILE = "master.key";

export function generatedKeyFile(dataDirectory: string): string {
  return path.join(dataDirectory, FILE);
}

export function keptKeyFile(dataDirectory: string, keyId: string): string {
  return path.join(dataDirectory, `${FILE}.${keyId}`);
}

/** Fingerprints of the keys that stand under their own names. */
export function keptKeyIds(dataDirectory: string): string[] {
  try {
    return readdirSync(dataDirectory)
      .map((name) => /^master\.key\.([0-9a-f]{16})$/.exec(name)?.[1])
      .filter((id) => id !== undefined)
      .sort();
  } catch {
    return [];
  }
}

/** When two processes do it at once, one makes the key, and it is the key of both. @throws HooksError `store_unusable` */
export function writeFirstKey(file: string, bytes: Uint8Array): void {
  writing(file, () => {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    withDraft(file, bytes, (draft) => linkSync(draft, file));
  });
}

/** Under its own name. One that stands there already is the same. @throws HooksError `store_unusable` */
export function keepKey(dataDirectory: string, key: MasterKey): void {
  const file = keptKeyFile(dataDirectory, key.id);
  writing(file, () => withDraft(file, key.bytes, (draft) => linkSync(draft, file)));
}

/** It becomes the one that is set. @throws HooksError `store_unusable` */
export function setGeneratedKey(dataDirectory: string, key: MasterKey): void {
  const file = generatedKeyFile(dataDirectory);
  writing(file, () => withDraft(file, key.bytes, (draft) => renameSync(draft, file)));
}

function writing(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    // Another process was first.
    if (fileErrorCode(error) === "EEXIST") return;
    if (isHooksError(error)) throw error;
    throw new HooksError("store_unusable", `the master key ${file} cannot be written: ${fileFault(error)}`, {
      cause: error,
    });
  }
}

/** Written whole under another name first: whoever reads the file meanwhile reads all of a key. */
function withDraft(file: string, bytes: Uint8Array, place: (draft: string) => void): void {
  const draft = `${file}.${process.pid}.draft`;
  try {
    rmSync(draft, { force: true });
    const handle = openSync(draft, "wx", 0o600);
    try {
      chmodSync(draft, 0o600);
      writeSync(handle, `${Buffer.from(bytes).toString("base64")}\n`);
      // A secret that is sealed with a key that a power cut took is lost: the key is on disk before it is used.
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    place(draft);
    // … and so is its name.
    syncFolderOf(file);
  } finally {
    rmSync(draft, { force: true });
  }
}
