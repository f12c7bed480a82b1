import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { HooksError } from "../../core/errors.ts";
import type { Connection, Statement } from "./connection.ts";
import { HighWaterMark } from "./high-water-mark.ts";
import { type OpenFile, OpenFiles } from "./open-files.ts";
import { isBusy, isFatal, toStoreError, unusable } from "./sqlite-error.ts";
import type { Guard } from "./writer.ts";

/** Pages in the log from which on they are copied into the database, after every commit until that is done. */
const CHECKPOINT_PAGES = 1_000;
/** How often the log's length is asked for: it costs as much as a small change. */
const LOOK_EVERY_COMMITS = 8;
const LOOK_EVERY_ROWS = 100;
/** A log of this size says that somebody reads on and on. */
const LONG_LOG_PAGES = 16_384;
/** Of an event at its largest, its deliveries, and the log's frames around them. */
const LEAST_FREE_BYTES = 1024 * 1024;

export interface GuardEvents {
  /** The disk failed: nobody knows what is on it. */
  onFatal(error: Error): void;
  /** Something that a person who runs a daemon wants to know of. No cause to stop. */
  onNote(note: string): void;
}

interface CheckpointResult {
  /** Pages in the log. */
  log: number;
  checkpointed: number;
}

/**
 * What surrounds the commits of a write connection, so that what was acknowledged is on the disk and stays there: the
 * commit sequence and its mark, the names of the files, and the checkpoints, whose errors SQLite would keep for itself.
 */
export class CommitGuard implements Guard {
  readonly #connection: Connection;
  readonly #path: string;
  readonly #events: GuardEvents;
  readonly #files: OpenFiles;
  readonly #mark: HighWaterMark;
  readonly #countChanges: Statement<number>;
  readonly #readSequence: Statement<number>;
  readonly #writeSequence: Statement;
  readonly #touch: Statement;
  readonly #logSize: Statement<CheckpointResult>;
  #changes: number;
  /** Of the transaction that is under way, when it changes anything. */
  #sequence: number | undefined;
  /** Since the length of the log was looked at. */
  #commits = 0;
  /** Rows that were written since then. */
  #unlooked = 0;
  #trouble: string | undefined;
  #isLogLong = false;
  #isCutAsked = false;
  #cuts = 0;

  /** For an open store, with its mark settled. */
  constructor(connection: Connection, path: string, events: GuardEvents) {
    this.#connection = connection;
    this.#path = path;
    this.#events = events;
    const { databaseId, sequence } = connection
      .prepare<unknown[], { databaseId: string; sequence: number }>(
        "SELECT database_id AS databaseId, commit_sequence AS sequence FROM store",
      )
      .get()!;
    // After the first read: before it, log and index may not be there yet.
    this.#files = new OpenFiles(path);
    this.#mark = new HighWaterMark(path, databaseId, (error) => events.onFatal(error));
    this.#mark.catchUp(sequence);
    this.#countChanges = connection.prepare<unknown[], number>("SELECT total_changes()").pluck();
    // Twice as fast as one statement with RETURNING.
    this.#readSequence = connection.prepare<unknown[], number>("SELECT commit_sequence FROM store").pluck();
    this.#writeSequence = connection.prepare("UPDATE store SET commit_sequence = ?");
    this.#touch = connection.prepare("UPDATE store SET commit_sequence = commit_sequence");
    this.#logSize = connection.prepare("PRAGMA wal_checkpoint(NOOP)");
    this.#changes = this.#countChanges.get()!;
  }

  beforeCommit(): void {
    const changes = this.#countChanges.get()!;
    this.#sequence = undefined;
    // What changes nothing writes nothing, and costs no fsync.
    if (changes === this.#changes) return;
    this.#sequence = this.#readSequence.get()! + 1;
    this.#writeSequence.run(this.#sequence);
    this.#unlooked += changes - this.#changes;
    this.#changes = changes + 1;
  }

  committed(): void {
    if (this.#sequence === undefined) return;
    this.#mark.raise(this.#sequence);
    // Its log can be saved when it is missed a little later; the database cannot.
    this.#checkFiles(["database"]);
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#events.onNote("the store can be written again");
  }

  rolledBack(error: unknown): void {
    this.#changes = this.#countChanges.get()!;
    const known = toStoreError(error, this.#path);
    if (!(known instanceof HooksError) || known.code === "conflict" || isBusy(error) || isFatal(error)) return;
    const { message } = error instanceof Error ? error : known;
    if (message === this.#trouble) return;
    this.#trouble = message;
    this.#events.onNote(known === error ? message : `${known.message} (${message})`);
  }

  cutLog(): number {
    this.#isCutAsked = true;
    return this.#cuts;
  }

  checkpoint(): void {
    if (this.#isCutAsked) this.#cut();
    this.#commits += 1;
    if (this.#commits < LOOK_EVERY_COMMITS && this.#unlooked < LOOK_EVERY_ROWS) return;
    this.#commits = 0;
    this.#unlooked = 0;
    try {
      const { log, checkpointed } = this.#logSize.get()!;
      if (CHECKPOINT_PAGES <= log && checkpointed < log) this.#connection.pragma("wal_checkpoint(PASSIVE)");
      if (log < LONG_LOG_PAGES) this.#isLogLong = false;
      else if (!this.#isLogLong) {
        this.#isLogLong = true;
        this.#events.onNote(`${this.#path}-wal has grown to ${log} pages: something reads the store for very long`);
      }
    } catch (error) {
      if (isFatal(error)) throw error;
      // The log keeps what could not be copied.
    }
  }

  probe(): void {
    const { blocks, bavail, bsize } = statfsSync(dirname(this.#path));
    // A file system without a size says that it has no blocks.
    if (0 < blocks && bavail * bsize < LEAST_FREE_BYTES) {
      throw new HooksError("store_full", `less than 1 MiB is left on the disk of the store ${this.#path}`, {
        hint: "free some space; nothing has to be restarted",
      });
    }
    this.#touch.run();
  }

  /** Not when somebody reads what is older than its end. */
  #cut(): void {
    this.#isCutAsked = false;
    try {
      const [result] = this.#connection.pragma("wal_checkpoint(TRUNCATE)") as (CheckpointResult & { busy: number })[];
      if (result?.busy === 0) this.#cuts += 1;
    } catch (error) {
      if (isFatal(error)) throw error;
    }
  }

  look(): void {
    this.#checkFiles(["database", "log", "index"]);
    this.#mark.look();
  }

  close(): void {
    this.#mark.close();
  }

  #checkFiles(names: readonly OpenFile[]): void {
    const missing = this.#files.findMissing(names);
    if (missing === undefined) return;
    const { path, name, isReplaced } = missing;
    const isSaved = name === "log" && this.#foldIn();
    throw unusable(
      path,
      `was ${isReplaced ? "replaced" : "removed"} while it was in use`,
      isSaved
        ? `everything in it was saved to ${this.#path} just now: start again`
        : "put it back, or restore a backup: hooks restore FILE",
    );
  }

  /** All of the log into the database, which is still in place. */
  #foldIn(): boolean {
    try {
      const [result] = this.#connection.pragma("wal_checkpoint(TRUNCATE)") as (CheckpointResult & { busy: number })[];
      return result?.busy === 0;
    } catch {
      return false;
    }
  }
}
