import { HooksError } from "../../core/errors.ts";

/** SQLite's name of what went wrong (`SQLITE_BUSY_SNAPSHOT`); undefined when it was not SQLite. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return error.code.startsWith("SQLITE_") ? error.code : undefined;
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code?.startsWith("SQLITE_BUSY") === true || code?.startsWith("SQLITE_LOCKED") === true;
}

/** Nowhere to put a page: of the database, of the WAL (SQLITE_FULL), or of the WAL's index. Passes with the cause. */
export function isFull(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === "SQLITE_FULL" || code === "SQLITE_IOERR_SHMSIZE";
}

/** A page could not be written and its transaction was taken back: the next may succeed. */
function isWriteFault(code: string): boolean {
  return code === "SQLITE_IOERR_WRITE";
}

/** After one of these nobody knows what is on the disk: the process must end and start anew (reliability.md R09). */
export function isFatal(error: unknown): boolean {
  if (error instanceof HooksError) return error.code === "store_unusable";
  const code = sqliteCode(error);
  if (code === undefined || isFull(error) || isWriteFault(code)) return false;
  return ["SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB"].some((start) => code.startsWith(start));
}

/** What a caller gets to see: a HooksError for what has a name, anything else as it is, which is a bug. */
export function toStoreError(error: unknown, path: string): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof HooksError) return error;
  const code = sqliteCode(error);
  if (code === undefined) return error;
  if (isBusy(error)) {
    return new HooksError("store_busy", `the store ${path} is locked by another process`, {
      hint: "try again; `fuser` or `lsof` on the file shows who holds it",
      cause: error,
    });
  }
  if (isFull(error)) {
    return new HooksError("store_full", `no space left on the disk of the store ${path}`, {
      hint: "free some space; nothing has to be restarted",
      cause: error,
    });
  }
  if (isWriteFault(code)) {
    return new HooksError("unavailable", "the store could not be written: its disk failed; nothing was stored", {
      hint: "try again; when it goes on, the disk needs to be looked at",
      cause: error,
    });
  }
  const reason = unusableReason(code);
  const hint = code.startsWith("SQLITE_CORRUPT") ? "restore a backup: hooks restore FILE" : undefined;
  return reason === undefined ? error : unusable(path, reason, hint, error);
}

/** `reason` completes "the store PATH …". */
export function unusable(path: string, reason: string, hint?: string, cause?: unknown): HooksError {
  return new HooksError("store_unusable", `the store ${path} ${reason}`, { field: "store", hint, cause });
}

function unusableReason(code: string): string | undefined {
  if (code.startsWith("SQLITE_CORRUPT")) return "is damaged";
  if (code === "SQLITE_NOTADB") return "is not a database";
  if (code.startsWith("SQLITE_READONLY") || code === "SQLITE_PERM") return "cannot be written by this user";
  if (code.startsWith("SQLITE_CANTOPEN") || code === "SQLITE_AUTH") return "cannot be opened";
  if (code.startsWith("SQLITE_IOERR")) return "cannot be read or written: the disk failed";
  return undefined;
}
