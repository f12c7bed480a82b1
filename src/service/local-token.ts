import { chmodSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { HooksError } from "../core/errors.ts";
import { TextComparer } from "../core/signing/text-comparer.ts";
import { fileErrorCode, fileFault, readSmallFile, type SmallFile } from "../small-file.ts";

// The key of a daemon that is bound to loopback: whoever can read the file is its owner.

const FILE = "token";
const FILE_MAX_BYTES = 4096;

/** Reads the token of a data directory, and makes it when there is none. @throws HooksError `store_unusable`. */
export function ensureLocalToken(dataDirectory: string, random: (size: number) => Uint8Array): string {
  return readLocalToken(dataDirectory) ?? createToken(dataDirectory, random);
}

/** Undefined when there is none. @throws HooksError `store_unusable` when others can read it. */
export function readLocalToken(dataDirectory: string): string | undefined {
  const file = path.join(dataDirectory, FILE);
  let found: SmallFile;
  try {
    found = readSmallFile(file, FILE_MAX_BYTES);
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return undefined;
    throw new HooksError("store_unusable", `${file} cannot be read: ${fileFault(error)}`, { cause: error });
  }
  if ((found.stats.mode & 0o077) !== 0 && process.platform !== "win32") {
    throw new HooksError("store_unusable", `${file} can be read by others`, {
      hint: `remove it; the daemon makes a new one: rm ${file}`,
    });
  }
  return found.text.trim();
}

/** Says of a text whether it is this token, in constant time but for its length, which all tokens share. */
export function tokenMatcher(token: string): (given: string) => boolean {
  const comparer = new TextComparer(token.length);
  return (given) => comparer.isSame(given, token);
}

function createToken(dataDirectory: string, random: (size: number) => Uint8Array): string {
  const file = path.join(dataDirectory, FILE);
  const draft = `${file}.${process.pid}`;
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  try {
    const token = `hk_local_${Buffer.from(random(32)).toString("base64url")}\n`;
    // On disk before it has its name: a power cut would else leave an empty token, which nobody can use or replace.
    writeFileSync(draft, token, { mode: 0o600, flag: "w", flush: true });
    chmodSync(draft, 0o600);
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw new HooksError("store_unusable", `${file} cannot be written (${(error as NodeJS.ErrnoException).code})`, {
        cause: error,
      });
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return readLocalToken(dataDirectory)!;
}
