import type { PurgeStore } from "../store/purge-store.ts";
import type { HeaderSetSweep, RetentionStore } from "../store/retention-store.ts";

/** Attempts that one step looks at: a few ms. */
const ATTEMPTS = 2_000;
const PAGES = 100;
/** Somebody reads what is older than the end of the log. */
const LOG_AGAIN_MS = 250;

export interface JobStep {
  /** It is still `running`. */
  goesOn: boolean;
  /** When there is something to do again, unix ms; undefined: now. */
  nextAt: number | undefined;
}

export interface CleaningParts {
  store: {
    retention: Pick<RetentionStore, "sweepHeaderSets" | "giveBack">;
    purges: Pick<PurgeStore, "cutLog">;
  };
  now(): number;
}

/**
 * What was erased must be in no file: neither in headers that attempts shared, nor in free pages, which are given back, nor
 * in the log. In small steps; one that a crash interrupts begins anew.
 */
export class FileCleaning {
  readonly #parts: CleaningParts;
  #sweep: HeaderSetSweep | undefined;
  #isSwept = false;

  constructor(parts: CleaningParts) {
    this.#parts = parts;
  }

  async step(): Promise<JobStep> {
    const { store, now } = this.#parts;
    if (!this.#isSwept) {
      this.#sweep = await store.retention.sweepHeaderSets(this.#sweep, ATTEMPTS);
      this.#isSwept = this.#sweep === undefined;
      return { goesOn: true, nextAt: undefined };
    }
    if (await store.retention.giveBack(PAGES, "none")) return { goesOn: true, nextAt: undefined };
    if (!(await store.purges.cutLog())) return { goesOn: true, nextAt: now() + LOG_AGAIN_MS };
    return { goesOn: false, nextAt: undefined };
  }
}
