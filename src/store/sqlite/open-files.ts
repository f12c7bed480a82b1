import { type Stats, statSync } from "node:fs";
import { unusable } from "./sqlite-error.ts";

const SUFFIXES = { database: "", log: "-wal", index: "-shm" } as const;
export type OpenFile = keyof typeof SUFFIXES;

/**
 * The files of an open store: what is written to a file that was removed or replaced meanwhile is gone when the process
 * ends, though every commit of it succeeds.
 */
export class OpenFiles {
  readonly #path: string;
  readonly #open: Record<OpenFile, Stats | undefined>;

  /** For a connection that has read: all three are there. */
  constructor(path: string) {
    this.#path = path;
    this.#open = { database: statOf(path), log: statOf(`${path}-wal`), index: statOf(`${path}-shm`) };
  }

  /** The first of these files whose name no longer leads to what is open; undefined: all do. */
  findMissing(names: readonly OpenFile[]): { name: OpenFile; path: string; isReplaced: boolean } | undefined {
    for (const name of names) {
      const path = this.#path + SUFFIXES[name];
      const now = statOf(path);
      const open = this.#open[name];
      if (now === undefined || now.ino !== open?.ino || now.dev !== open.dev) {
        return { name, path, isReplaced: now !== undefined };
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
