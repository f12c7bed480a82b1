import { isPassing } from "../core/errors.ts";

/** After what passes: a lock, a full disk, a write that failed. */
const AGAIN_MS = 1_000;
/** The longest sleep: a timer does not notice that the clock was set. */
const MAX_SLEEP_MS = 10_000;

export interface JobRunnerOptions {
  store: {
    /** Row ids of those that are not at their end. */
    listRunning(): Promise<number[]>;
  };
  jobs: {
    /** `nextAt`: when there is something to do again, unix ms; undefined: now. */
    step(rowId: number): Promise<{ goesOn: boolean; nextAt: number | undefined }>;
  };
  /** Unix ms. */
  now(): number;
  /** ms of a clock that only goes forward. */
  elapsed(): number;
  /** It cannot go on. */
  onFault(error: unknown): void;
}

/**
 * Does the steps of jobs (replays, purges), those of several in turn. Which there are and how far they have come stands in the store:
 * what one process began another goes on with, and two at once do no step twice. Between steps it leaves the store to
 * others for as long as a step took.
 */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  #running: Promise<void> | undefined;
  #isWoken = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #awaken: (() => void) | undefined;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** There may be one that is not at its end. */
  wake(): void {
    if (this.#isStopped) return;
    this.#isWoken = true;
    this.#awaken?.();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isWoken) this.wake();
    });
  }

  /** The step that is being done is waited for. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#awaken?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isStopped) {
        this.#isWoken = false;
        const waitMs = await this.#round();
        if (waitMs === undefined) return;
        await this.#sleep(waitMs);
      }
    } catch (error) {
      if (!this.#isStopped) this.#options.onFault(error);
    }
  }

  /** A step of each. Answers how long to wait for the next; undefined: none is left. */
  async #round(): Promise<number | undefined> {
    const { store, jobs, now, elapsed } = this.#options;
    let next: number | undefined;
    const from = elapsed();
    try {
      for (const rowId of await store.listRunning()) {
        if (this.#isStopped) return undefined;
        const { goesOn, nextAt } = await jobs.step(rowId);
        if (goesOn) next = Math.min(next ?? Number.POSITIVE_INFINITY, nextAt ?? 0);
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
      return AGAIN_MS;
    }
    return next === undefined ? undefined : Math.max(elapsed() - from, next - now());
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#isWoken || this.#isStopped) return;
    await new Promise<void>((resolve) => {
      this.#awaken = resolve;
      this.#timer = setTimeout(resolve, Math.min(ms, MAX_SLEEP_MS));
    });
    clearTimeout(this.#timer);
    this.#awaken = undefined;
  }
}

/**
 * The first step of a job that is stored. What stands in its way for now is no failure of the job, which whoever asked
 * would begin a second time: the runner goes on with it. Answers whether there is more to do.
 */
export async function firstStep(
  runner: Pick<JobRunner, "wake"> | undefined,
  step: () => Promise<{ goesOn: boolean }>,
): Promise<boolean> {
  try {
    const { goesOn } = await step();
    if (goesOn) runner?.wake();
    return goesOn;
  } catch (error) {
    runner?.wake();
    if (!isPassing(error)) throw error;
    return true;
  }
}
