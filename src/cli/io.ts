import type { Readable } from "node:stream";

/** The outside of a run: the process, or a test's own ends. */
export interface CliIo {
  stdin: Readable & { isTTY?: boolean | undefined };
  stdout: TextSink;
  stderr: TextSink;
  env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the working directory. Throws HooksError `usage` when it is deleted. */
  cwd: string;
  /** Unix ms. */
  now(): number;
  /** 0 ≤ n < 1. */
  random(): number;
  /** Calls back for each of them; returns how to stop listening. */
  onSignal(listener: (signal: EndSignal) => void): () => void;
  /** Ends the process at once: after the second signal, or when all that the first one asked for is done. */
  exit(code: number): void;
}

/** Ctrl-C, a supervisor, a terminal that was closed. */
export type EndSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface TextSink {
  write(chunk: Uint8Array | string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  /** True once whoever read it is gone (`hooks … | head`). */
  closed?: boolean | undefined;
  /** Bytes that were written and that nobody has read yet. */
  waiting?: number | undefined;
  /** Resolves when nothing waits, or nobody will ever read it. */
  drained?(): Promise<void>;
}
