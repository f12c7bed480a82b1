import type { ErrorCode } from "../../core/errors.ts";
import type { Durability } from "./connection.ts";
import type { PackedEvents } from "./packed-events.ts";
import type { AppendMode, WriteInput, WriteKind } from "./write-operations.ts";
import type { WriteOutcome } from "./writer.ts";

/** Of one commit in the thread, which all wait for that come meanwhile, and of one message to it. */
export const COMMIT_ROWS = 500;

export interface WriterThreadData {
  path: string;
  /** How often other processes' commits are looked for while someone watches. */
  watchEveryMs: number;
}

export type ToThread = { kind: "writes"; writes: ThreadWrite[] } | { kind: "watch"; on: boolean } | { kind: "close" };

export type ThreadWrite =
  | { id: number; kind: WriteKind; input: WriteInput<WriteKind> }
  /** Several appends, one behind the other: the events of all, and of each its id, how many are its, and its rows. */
  | { kind: "appends"; mode: AppendMode; ids: number[]; counts: number[]; rows: number[]; packed: PackedEvents };

export type FromThread =
  /** One of these comes first. */
  | { kind: "ready"; durability: Durability }
  | { kind: "failed"; error: ErrorParts }
  /**
   * After each commit. `answers`: id, outcome, id, outcome …; an error as ErrorParts. `appended`: those of appends that
   * went well: id, how many events, what became of them (packed-appended.ts), id …
   */
  | { kind: "answers"; answers: (number | WriteOutcome)[]; appended: number[]; commits: number }
  | { kind: "changed"; configChanged: boolean }
  | { kind: "note"; note: string }
  | { kind: "fatal"; error: ErrorParts };

/** `code` undefined: not a HooksError, so a bug. */
export interface ErrorParts {
  code: ErrorCode | undefined;
  message: string;
  field: string | undefined;
  hint: string | undefined;
  stack: string | undefined;
}
