import { isPassing } from "../core/errors.ts";
import type { LaneClaimed } from "../store/store.ts";
import { planClaims } from "./claim-plan.ts";
import type { Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import type { DispatchStore } from "./shifted-store.ts";
import { waitAfter } from "./write-queue.ts";

export interface ClaimerOptions {
  store: DispatchStore;
  lanes: Lanes;
  /** Most deliveries that wait in all lanes together. */
  maxReady: number;
  worker: string;
  /** Unix ms. */
  now(): number;
  /** Lanes that could not claim now may want to be woken later. */
  onPlanned(): void;
  /** What was claimed. Its lanes know already what the store has left. */
  onClaimed(claimed: readonly LaneClaimed[], leaseEndsAt: number): void;
  /** These lanes know better now when they are due. */
  onLearned(lanes: readonly Lane[]): void;
  onFatal(error: unknown): void;
}

/** Asks the store: what is due now, with a lease, for all lanes that want some; and when lanes are due. One at a time. */
export class Claimer {
  readonly #options: ClaimerOptions;
  #claiming: Promise<void> | undefined;
  #isScheduled = false;
  #failures = 0;
  #pause: NodeJS.Timeout | undefined;
  #learning: Promise<void> | undefined;
  /** Lanes to ask for once the question that is out is answered. */
  #learnNext = new Set<Lane>();
  #isStopped = false;

  constructor(options: ClaimerOptions) {
    this.#options = options;
  }

  /** Claims soon for the lanes that want to. While one claim is out or being waited with, nothing happens. */
  claim(): void {
    if (this.#isScheduled || this.#claiming !== undefined || this.#pause !== undefined) return;
    this.#isScheduled = true;
    // After this turn of the event loop, so that lanes which want to claim together do it together.
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#isStopped) this.#claim();
    });
  }

  /** Asks when these lanes are due (left out: all of them). */
  learn(lanes: Iterable<Lane> = this.#options.lanes.all()): Promise<void> {
    for (const lane of lanes) this.#learnNext.add(lane);
    if (this.#learnNext.size === 0) return Promise.resolve();
    this.#learning ??= this.#learn();
    return this.#learning;
  }

  /** Resolves when nothing is out any more; what was, is passed on as ever. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#pause);
    await Promise.all([this.#claiming, this.#learning]);
  }

  #claim(): void {
    const { store, lanes, maxReady, worker, now, onClaimed } = this.#options;
    const at = now();
    const { claims, leaseEndsAt } = planClaims(lanes, maxReady, at);
    this.#options.onPlanned();
    if (claims.length === 0) return;
    this.#claiming = store.claimDue(claims, at, { worker, endsAt: leaseEndsAt }).then(
      (claimed) => {
        this.#claiming = undefined;
        this.#failures = 0;
        const answeredAt = now();
        for (const { subscriptionRowId, nextFreshAt, nextRetryAt } of claimed) {
          const lane = lanes.get(subscriptionRowId);
          if (lane !== undefined) lanes.claimAnswered(lane, nextFreshAt, nextRetryAt, answeredAt);
        }
        onClaimed(claimed, leaseEndsAt);
      },
      (error: unknown) => {
        this.#claiming = undefined;
        const asking = claims.map((claim) => lanes.get(claim.subscriptionRowId)).filter((lane) => lane !== undefined);
        for (const lane of asking) lanes.claimAnswered(lane, 0, 0, now());
        if (isPassing(error)) this.#waitAndTell(asking);
        else this.#options.onFatal(error);
      },
    );
  }

  #waitAndTell(lanes: readonly Lane[]): void {
    if (this.#isStopped) return;
    this.#failures += 1;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#options.onLearned(lanes);
    }, waitAfter(this.#failures));
  }

  async #learn(): Promise<void> {
    while (0 < this.#learnNext.size && !this.#isStopped) {
      const lanes = [...this.#learnNext].filter((lane) => lane.takes);
      this.#learnNext = new Set();
      try {
        const dueTimes = await this.#options.store.nextDueTimes(lanes.map((lane) => lane.rowId));
        for (const lane of lanes) lane.dueBy(dueTimes.get(lane.rowId));
      } catch (error) {
        if (!isPassing(error)) {
          this.#options.onFatal(error);
          break;
        }
        // Claiming finds out as well, and has the patience for a store that is busy.
        for (const lane of lanes) lane.dueBy(0);
      }
      this.#options.onLearned(lanes);
    }
    this.#learning = undefined;
  }
}
