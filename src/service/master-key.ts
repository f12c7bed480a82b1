import { createHash } from "node:crypto";
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { HooksError } from "../core/errors.ts";
import { fileErrorCode, fileFault, readSmallFile, type SmallFile } from "../small-file.ts";
import { syncFolderOf } from "../store/sqlite/store-file.ts";

/** The key that seals the secrets of a store. Never inside the store. */
export interface MasterKey {
  /** Names the key beside what it sealed: the first 16 hex digits of its SHA-256. */
  id: string;
  bytes: Uint8Array;
}

export interface MasterKeyPlace {
  env: Readonly<Record<string, string | undefined>>;
  /** Where a generated `master.key` lives (0600). */
  dataDirectory: string;
  /** 32 random bytes for a new key. */
  random(size: number): Uint8Array;
}

const KEY_BYTES = 32;
const KEY_FILE_MAX_BYTES = 4096;

/**
 * HOOKS_MASTER_KEY, else the file that HOOKS_MASTER_KEY_FILE names, else `master.key` in the data directory, which is
 * made when it is not there and `create` is set.
 * @throws HooksError `usage` naming the variable, `store_unusable` naming the file.
 */
export function loadMasterKey(place: MasterKeyPlace, create: boolean): MasterKey | undefined {
  const { HOOKS_MASTER_KEY: text, HOOKS_MASTER_KEY_FILE: file } = place.env;
  if (text !== undefined) return decode(text, "HOOKS_MASTER_KEY", "usage");
  if (file !== undefined) {
    const content = readKeyFile(file, true);
    if (content === undefined)
      throw new HooksError("usage", `HOOKS_MASTER_KEY_FILE: ${file} does not exist`, {
        field: "HOOKS_MASTER_KEY_FILE",
      });
    return decode(content, "HOOKS_MASTER_KEY_FILE", "usage");
  }
  const generated = path.join(place.dataDirectory, "master.key");
  const content =
    readKeyFile(generated, false) ?? (create ? createKeyFile(generated, place.random(KEY_BYTES)) : undefined);
  return content === undefined ? undefined : decode(content, generated, "store_unusable");
}

/** Where a key would come from, for people: the variable that holds it, or the file. */
export function masterKeyPlace({ env, dataDirectory }: Pick<MasterKeyPlace, "env" | "dataDirectory">): string {
  if (env["HOOKS_MASTER_KEY"] !== undefined) return "HOOKS_MASTER_KEY";
  return env["HOOKS_MASTER_KEY_FILE"] ?? path.join(dataDirectory, "master.key");
}

function decode(text: string, where: string, code: "usage" | "store_unusable"): MasterKey {
  const trimmed = text.trim();
  const bytes = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, "hex") : Buffer.from(trimmed, "base64");
  if (bytes.length !== KEY_BYTES) {
    throw new HooksError(code, `${where} must hold ${KEY_BYTES} bytes, as 64 hex digits or base64`, {
      field: where,
      hint: "openssl rand -base64 32",
    });
  }
  return { id: createHash("sha256").update(bytes).digest("hex").slice(0, 16), bytes };
}

function readKeyFile(file: string, isNamed: boolean): string | undefined {
  let found: SmallFile;
  try {
    found = readSmallFile(file, KEY_FILE_MAX_BYTES, { isNamed });
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return undefined;
    throw new HooksError("store_unusable", `the master key ${file} cannot be read: ${fileFault(error)}`, {
      cause: error,
    });
  }
  if ((found.stats.mode & 0o077) !== 0 && process.platform !== "win32") {
    throw new HooksError("store_unusable", `the master key ${file} can be read by others`, {
      hint: `chmod 600 ${file}`,
    });
  }
  return found.text;
}

/**
 * Written whole under another name and then linked, so that of two processes that start at once one makes the key and
 * the other reads it complete.
 */
function createKeyFile(file: string, bytes: Uint8Array): string {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const handle = openSync(draft, "w", 0o600);
    try {
      writeSync(handle, `${Buffer.from(bytes).toString("base64")}\n`);
      // A secret that is sealed with a key that a power cut took is lost: the key is on disk before it is used.
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    linkSync(draft, file);
    // … and so is its name.
    syncFolderOf(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw new HooksError(
        "store_unusable",
        `the master key ${file} cannot be written (${(error as NodeJS.ErrnoException).code})`,
        { cause: error },
      );
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, "utf8");
}
