import { type Stats, statSync } from "node:fs";
import { unusable } from "./sqlite-error.ts";

const SUFFIXES = ["", "-wal", "-shm"] as const;
type Suffix = (typeof SUFFIXES)[number];

/**
 * The files of an open store: what is written to a file that was removed or replaced meanwhile is gone when the process
 * ends, though every commit of it succeeds.
 */
export class OpenFiles {
  readonly #path: string;
  readonly #open: Record<Suffix, Stats | undefined>;

  /** For a connection that has read: all three are there. */
  constructor(path: string) {
    this.#path = path;
    this.#open = { "": statOf(path), "-wal": statOf(`${path}-wal`), "-shm": statOf(`${path}-shm`) };
  }

  /** The first of the files whose name no longer leads to what is open; undefined: all do. */
  findMissing(
    suffixes: readonly Suffix[] = SUFFIXES,
  ): { suffix: Suffix; path: string; isReplaced: boolean } | undefined {
    for (const suffix of suffixes) {
      const path = this.#path + suffix;
      const now = statOf(path);
      const open = this.#open[suffix];
      if (now === undefined || now.ino !== open?.ino || now.dev !== open.dev) {
        return { suffix, path, isReplaced: now !== undefined };
      }
    }
    return undefined;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unusable(path, "cannot be looked at", undefined, error);
  }
}
