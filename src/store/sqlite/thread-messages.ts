import type { ErrorCode } from "../../core/errors.ts";
import type { Durability } from "./connection.ts";
import type { WriteInput, WriteKind } from "./write-operations.ts";
import type { WriteOutcome } from "./writer.ts";

export interface WriterThreadData {
  path: string;
  /** How often other processes' commits are looked for while someone watches. */
  watchEveryMs: number;
}

export type ToThread =
  | { kind: "writes"; writes: { id: number; kind: WriteKind; input: WriteInput<WriteKind> }[] }
  | { kind: "watch"; on: boolean }
  | { kind: "close" };

export type FromThread =
  /** One of these comes first. */
  | { kind: "ready"; durability: Durability }
  | { kind: "failed"; error: ErrorParts }
  /** After each commit: id, outcome, id, outcome …; an error as ErrorParts. */
  | { kind: "answers"; answers: (number | WriteOutcome)[]; commits: number }
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
