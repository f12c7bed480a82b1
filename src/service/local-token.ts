import { hash, timingSafeEqual } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { HooksError } from "../core/errors.ts";

// The key of a daemon that is bound to loopback: whoever can read the file is its owner. 32 random bytes, so a plain
// SHA-256 is enough to compare without a hint of where two keys differ.

const FILE = "token";

/** Reads the token of a data directory, and makes it when there is none. @throws HooksError `store_unusable`. */
export function ensureLocalToken(dataDirectory: string, random: (size: number) => Uint8Array): string {
  return readLocalToken(dataDirectory) ?? createToken(dataDirectory, random);
}

/** Undefined when there is none. @throws HooksError `store_unusable` when others can read it. */
export function readLocalToken(dataDirectory: string): string | undefined {
  const file = path.join(dataDirectory, FILE);
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new HooksError("store_unusable", `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
  try {
    if ((fstatSync(handle).mode & 0o077) !== 0 && process.platform !== "win32") {
      throw new HooksError("store_unusable", `${file} can be read by others`, {
        hint: `remove it; the daemon makes a new one: rm ${file}`,
      });
    }
    return readFileSync(handle, "utf8").trim();
  } finally {
    closeSync(handle);
  }
}

export function isSameToken(one: string, other: string): boolean {
  return timingSafeEqual(hash("sha256", one, "buffer"), hash("sha256", other, "buffer"));
}

function createToken(dataDirectory: string, random: (size: number) => Uint8Array): string {
  const file = path.join(dataDirectory, FILE);
  const draft = `${file}.${process.pid}`;
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(draft, `hk_local_${Buffer.from(random(32)).toString("base64url")}\n`, { mode: 0o600, flag: "w" });
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
