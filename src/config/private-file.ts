// A file that holds keys: nobody but its owner may have read it, nor decided what is read.

import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { HooksError, isHooksError } from "../core/errors.ts";
import { usage } from "../core/setting-rules.ts";
import { shellWord } from "../core/shell-word.ts";
import { fileErrorCode, fileFault, readSmallFile, type SmallFile } from "../small-file.ts";

const MAX_BYTES = 1024 * 1024;
/** Writing takes milliseconds: a draft this old was left behind by a process that was killed. */
const DRAFT_LEFT_MS = 10_000;
const DRAFT_TRIES = 100;
const DRAFT_PAUSE_MS = 20;
const hasModes = process.platform !== "win32";

/**
 * Undefined when there is no such file.
 * @throws HooksError `usage` (field: the file) when it is a link, when others may read it, or when it cannot be read
 */
export function readPrivateFile(file: string): string | undefined {
  let found: SmallFile;
  try {
    found = readSmallFile(file, MAX_BYTES, { noLink: true });
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(fileErrorCode(error) ?? "")) return undefined;
    throw usage(`${file} is not used: ${fileFault(error)}`, file);
  }
  if (hasModes && (found.stats.mode & 0o077) !== 0) {
    const mode = (found.stats.mode & 0o777).toString(8);
    throw usage(
      `${file} holds keys, and others on this machine may read or change it (${mode})`,
      file,
      `chmod 600 ${shellWord(file)}   (and give keys anew that others may have seen)`,
    );
  }
  return found.text;
}

/**
 * Replaces the file by what `change` makes of its text (undefined: there is none), all at once: whoever reads it
 * meanwhile gets the one or the other. The draft is also what keeps two writers apart.
 * @throws HooksError `usage` (field: the file) as above, or when it cannot be written; `conflict` while another process
 *   writes it. What `change` throws; nothing is changed then.
 */
export function changePrivateFile(file: string, change: (text: string | undefined) => string): void {
  const draft = `${file}.new`;
  let handle: number | undefined;
  try {
    makePrivateFolder(path.dirname(file));
    handle = openDraft(draft);
    // Not what the umask left of it: 0600 whatever the umask is.
    if (hasModes) fchmodSync(handle, 0o600);
    writeFileSync(handle, change(readPrivateFile(file)));
    fsyncSync(handle);
    renameSync(draft, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    if (handle !== undefined) rmSync(draft, { force: true });
    if (isHooksError(error) || fileErrorCode(error) === undefined) throw error;
    throw usage(`${file} cannot be written: ${fileFault(error)}`, file);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Every folder that is missing, 0700 whatever the umask is. One that is there may be read by others, not changed. */
function makePrivateFolder(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) {
    if (path.dirname(folder) !== folder) makePrivateFolder(path.dirname(folder));
    try {
      mkdirSync(folder, { mode: 0o700 });
      chmodSync(folder, 0o700);
    } catch (error) {
      if (fileErrorCode(error) !== "EEXIST") throw error; // somebody else made it meanwhile
    }
    return;
  }
  if (hasModes && (stats.mode & 0o022) !== 0 && (stats.mode & constants.S_IFMT) === constants.S_IFDIR) {
    // In a folder with the sticky bit (/tmp) others can put files, and not replace ours.
    if ((stats.mode & 0o1000) !== 0) return;
    throw usage(
      `${folder} may be changed by others on this machine: keys are not kept there`,
      folder,
      `chmod 700 ${shellWord(folder)}`,
    );
  }
}

function openDraft(draft: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  for (let tries = 1; ; tries++) {
    try {
      return openSync(draft, flags, 0o600);
    } catch (error) {
      if (fileErrorCode(error) !== "EEXIST") throw error;
    }
    const stats = lstatSync(draft, { throwIfNoEntry: false });
    if (stats !== undefined && DRAFT_LEFT_MS < Date.now() - stats.mtimeMs) rmSync(draft, { force: true });
    else if (DRAFT_TRIES <= tries) {
      throw new HooksError("conflict", `another hooks is writing ${draft}: nothing was changed`, {
        hint: `try again; if none is: rm ${shellWord(draft)}`,
      });
    } else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, DRAFT_PAUSE_MS);
  }
}

/** The new name is on disk, too. */
function syncFolder(folder: string): void {
  if (!hasModes) return; // Windows opens no folders
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
