import { isPassing } from "../core/errors.ts";
import type { DeliveryStore } from "../store/store.ts";
import type { ShiftedStore } from "./shifted-store.ts";
import type { ClockNews, SteadyClock } from "./steady-clock.ts";
import { waitAfter } from "./write-queue.ts";

const LOOK_EVERY_MS = 1_000;

export interface ClockWatchOptions {
  clock: SteadyClock;
  /** Unix ms. */
  wallNow(): number;
  worker: string;
  store: Pick<DeliveryStore, "shiftDueTimes">;
  /** The same store as the dispatcher sees it. */
  dispatched: ShiftedStore;
  /** The clock was set, and all due times with it; or the machine slept. */
  onNews(news: ClockNews): void;
  /** The store does not work any more. */
  onFatal(error: unknown): void;
}

/** Notices that the wall clock was set or that the machine slept, and sees to it that nothing is early or late by it. */
export class ClockWatch {
  readonly #options: ClockWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
  }

  /** What was published while the clock was ahead is due now. */
  async start(): Promise<void> {
    const { store, wallNow } = this.#options;
    await store.shiftDueTimes(0, wallNow());
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  /** Resolves when what it found is done. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { clock, dispatched, worker, onNews, onFatal } = this.#options;
    const news = clock.look();
    if (news.stepMs === 0 && news.sleptMs === 0) return;
    try {
      if (news.stepMs !== 0) {
        await dispatched.hold(worker, async () => {
          await this.#shift(news.stepMs);
          clock.accept(news.stepMs);
        });
      }
    } catch (error) {
      onFatal(error);
      return;
    }
    onNews(news);
  }

  /** Nothing is claimed or recorded until it is done: a disk that is full is waited for. */
  async #shift(stepMs: number): Promise<void> {
    const { store, wallNow } = this.#options;
    for (let failures = 1; ; failures++) {
      try {
        await store.shiftDueTimes(stepMs, wallNow());
        return;
      } catch (error) {
        if (!isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, waitAfter(failures)));
      }
    }
  }
}
