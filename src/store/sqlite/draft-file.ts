import { randomBytes } from "node:crypto";
import { closeSync, constants, fchmodSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";

/** What SQLite may make beside a database. */
const SIDE_FILES = ["", "-journal", "-wal", "-shm"];

/**
 * A file that is there whole or not at all: made beside its place under another name, and renamed once all of it is on
 * the disk. However the process ends (but by SIGKILL), nothing is left of one that was not finished.
 */
export class DraftFile {
  readonly #target: string;
  readonly #onExit = (): void => this.discard();
  readonly path: string;

  private constructor(target: string) {
    this.#target = target;
    this.path = `${target}.draft-${randomBytes(4).toString("hex")}`;
  }

  /** Empty, and its owner's alone (0600). @throws a system error */
  static create(target: string): DraftFile {
    const draft = new DraftFile(target);
    const file = openSync(draft.path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    process.on("exit", draft.#onExit);
    try {
      fchmodSync(file, 0o600); // the mode above is cut by the umask
    } finally {
      closeSync(file);
    }
    return draft;
  }

  /** Puts it in the place of what stands there, whole and on the disk. Nobody may have it open. @throws a system error */
  commit(): void {
    syncFile(this.path);
    renameSync(this.path, this.#target);
    process.off("exit", this.#onExit);
    syncFile(dirname(this.#target));
  }

  discard(): void {
    process.off("exit", this.#onExit);
    for (const suffix of SIDE_FILES) rmSync(this.path + suffix, { force: true });
  }
}

/** Also of a folder: then its names are on the disk. */
function syncFile(path: string): void {
  const file = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
