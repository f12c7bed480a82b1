// A copy of a store that nobody has opened yet: what a backup is before it is finished, and a store before it is restored.

import { statSync } from "node:fs";
import { HooksError } from "../../core/errors.ts";
import { fileErrorCode, fileFault, isDiskFull } from "../../small-file.ts";
import { type Connection, openConnection } from "./connection.ts";
import { migrate } from "./migrate.ts";
import { keyIdsSql } from "./sealed-columns.ts";
import { isFull, sqliteCode } from "./sqlite-error.ts";

/** What a copy holds, over all tenants and environments. */
export interface CopyFacts {
  bytes: number;
  events: number;
  /** Deliveries that are not at their end: pending, being sent, retrying. */
  waiting: number;
  /** Fingerprints of the master keys that sealed the secrets in it, or `aws:…` for what is kept elsewhere. */
  keyIds: string[];
  /** A change of the master key was under way: each of these two opens what either of them sealed. */
  interchangeable: readonly string[];
}

/**
 * Makes the copy a database that needs no log beside it, reads all of it, and says what it holds. `migrates`: it is
 * brought to this program's schema, too.
 * @param damaged the error for one that is not whole
 * @param target of the copy, for errors
 * @throws HooksError what `damaged` makes; `store_full`, `store_unusable` naming the target
 */
export function settleCopy(
  path: string,
  target: string,
  damaged: (what: string, cause?: unknown) => HooksError,
  { migrates = false } = {},
): CopyFacts {
  try {
    const connection = openConnection(path, "write");
    try {
      connection.pragma("journal_mode = DELETE");
      const found = connection.pragma("integrity_check(1)", { simple: true }) as string;
      if (found !== "ok") throw damaged(found);
      if (migrates) migrate(connection, path);
      return { bytes: statSync(path).size, ...contentOf(connection) };
    } finally {
      connection.close();
    }
  } catch (error) {
    const code = sqliteCode(error) ?? "";
    // SQLITE_ERROR: it lacks a table.
    const isDamage = code === "SQLITE_NOTADB" || code === "SQLITE_ERROR" || code.startsWith("SQLITE_CORRUPT");
    throw isDamage ? damaged("it does not read as a store", error) : copyFault(error, target);
  }
}

/** Of any schema: a backup of an older store is one of its kind. */
function contentOf(connection: Connection): Omit<CopyFacts, "bytes"> {
  const hasColumn = (table: string, column: string): boolean =>
    connection.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = ?").get(table, column) !== undefined;
  const count = (sql: string): number => connection.prepare<unknown[], number>(sql).pluck().get()!;
  return {
    events: count("SELECT count(*) FROM events"),
    // Each from its own index.
    waiting:
      count("SELECT count(*) FROM deliveries WHERE worker_id IS NULL AND claimable_at IS NOT NULL") +
      count("SELECT count(*) FROM deliveries WHERE worker_id IS NOT NULL"),
    keyIds: connection.prepare<unknown[], string>(keyIdsSql(hasColumn)).pluck().all(),
    interchangeable: hasColumn("master_key_change", "new_key_id")
      ? connection
          .prepare<unknown[], string>(
            "SELECT new_key_id FROM master_key_change UNION ALL SELECT old_key_id FROM master_key_change",
          )
          .pluck()
          .all()
      : [],
  };
}

/** Why a copy could not be written; what is no fault of the disk or the file is passed on. */
export function copyFault(error: unknown, target: string): unknown {
  if (error instanceof HooksError) return error;
  if (isDiskFull(error) || isFull(error)) {
    return new HooksError("store_full", `no space left on the disk of ${target}`, {
      hint: "free some space; nothing was changed",
      cause: error,
    });
  }
  const code = sqliteCode(error);
  if (code?.startsWith("SQLITE_IOERR") === true) return notWritten(target, `the disk failed (${code})`, error);
  if (code !== undefined || fileErrorCode(error) === undefined) return error;
  return notWritten(target, fileFault(error), error);
}

function notWritten(target: string, why: string, cause: unknown): HooksError {
  return new HooksError("store_unusable", `${target} cannot be written: ${why}`, { cause });
}
