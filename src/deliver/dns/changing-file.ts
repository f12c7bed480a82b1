import { readFileSync, statSync } from "node:fs";

const LOOK_EVERY_MS = 1_000;

/**
 * A small file of the system that may change under us. Looked at synchronously: that costs microseconds, while Node's
 * asynchronous file calls wait for its few threads, which is what looking up names ourselves is to avoid.
 */
export class ChangingFile {
  readonly #path: string;
  #mark = "";
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whether it is another than at the last call, or this is the first; looks at most once a second. */
  hasChanged(): boolean {
    const now = performance.now();
    if (now < this.#lookedAt + LOOK_EVERY_MS) return false;
    this.#lookedAt = now;
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    const mark = stat === undefined ? "none" : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
    const hasChanged = mark !== this.#mark;
    this.#mark = mark;
    return hasChanged;
  }

  /** "" when it cannot be read. */
  text(): string {
    try {
      return readFileSync(this.#path, "utf8");
    } catch {
      return "";
    }
  }
}
