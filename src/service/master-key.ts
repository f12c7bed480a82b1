import { createHash } from "node:crypto";
import { HooksError } from "../core/errors.ts";
import { fileErrorCode, fileFault, readSmallFile, type SmallFile } from "../small-file.ts";
import { generatedKeyFile, keptKeyFile, writeFirstKey } from "./master-key-files.ts";

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

export const KEY_BYTES = 32;
const KEY_FILE_MAX_BYTES = 4096;

/**
 * HOOKS_MASTER_KEY, else the file that HOOKS_MASTER_KEY_FILE names, else `master.key` in the data directory, which is
 * made when it is not there and `create` is set.
 * @throws HooksError `usage` naming the variable, `store_unusable` naming the file.
 */
export function loadMasterKey(place: MasterKeyPlace, create: boolean): MasterKey | undefined {
  const { HOOKS_MASTER_KEY: text, HOOKS_MASTER_KEY_FILE: file } = place.env;
  if (text !== undefined) return decodeMasterKey(text, "HOOKS_MASTER_KEY", "usage");
  if (file !== undefined) {
    const content = readKeyFile(file, true);
    if (content === undefined)
      throw new HooksError("usage", `HOOKS_MASTER_KEY_FILE: ${file} does not exist`, {
        field: "HOOKS_MASTER_KEY_FILE",
      });
    return decodeMasterKey(content, "HOOKS_MASTER_KEY_FILE", "usage");
  }
  const generated = generatedKeyFile(place.dataDirectory);
  let content = readKeyFile(generated, false);
  if (content === undefined && create) {
    writeFirstKey(generated, place.random(KEY_BYTES));
    content = readKeyFile(generated, false);
  }
  return content === undefined ? undefined : decodeMasterKey(content, generated, "store_unusable");
}

/**
 * The key of that fingerprint: the one that is set, or a generated one that an earlier change of the key kept beside it.
 * Undefined when neither is it.
 * @throws HooksError like `loadMasterKey`
 */
export function findMasterKey(place: MasterKeyPlace, id: string): MasterKey | undefined {
  const set = loadMasterKey(place, false);
  if (set?.id === id) return set;
  const file = keptKeyFile(place.dataDirectory, id);
  const content = readKeyFile(file, false);
  const kept = content === undefined ? undefined : decodeMasterKey(content, file, "store_unusable");
  return kept?.id === id ? kept : undefined;
}

/** Where a key would come from, for people: the variable that holds it, or the file. */
export function masterKeyPlace({ env, dataDirectory }: Pick<MasterKeyPlace, "env" | "dataDirectory">): string {
  if (env["HOOKS_MASTER_KEY"] !== undefined) return "HOOKS_MASTER_KEY";
  return env["HOOKS_MASTER_KEY_FILE"] ?? generatedKeyFile(dataDirectory);
}

/** The variable that sets the key, which only the operator can change; undefined: it is a generated one. */
export function masterKeyVariable({ env }: Pick<MasterKeyPlace, "env">): string | undefined {
  return ["HOOKS_MASTER_KEY", "HOOKS_MASTER_KEY_FILE"].find((name) => env[name] !== undefined);
}

/** @throws HooksError naming `where` */
export function decodeMasterKey(text: string, where: string, code: "usage" | "store_unusable"): MasterKey {
  const trimmed = text.trim();
  const bytes = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, "hex") : Buffer.from(trimmed, "base64");
  // Node skips what is no base64 and stops at the first "=": what follows would be left out without a word.
  const isWhole = /^([0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$/.test(trimmed);
  if (!isWhole || bytes.length !== KEY_BYTES) {
    throw new HooksError(code, `${where} must hold ${KEY_BYTES} bytes, as 64 hex digits or base64`, {
      field: where,
      hint: "openssl rand -base64 32",
    });
  }
  return masterKeyOf(bytes);
}

export function masterKeyOf(bytes: Uint8Array): MasterKey {
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
