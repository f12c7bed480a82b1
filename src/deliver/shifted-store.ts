import type { DeliveryReason, RecordedAttempt, Verdict } from "../core/delivery.ts";
import { isPassing } from "../core/errors.ts";
import type { DeliveryStore, LaneClaim, LaneClaimed, Lease, RecordReceipt } from "../store/store.ts";

/** What the delivering side asks of a store. */
export type DispatchStore = Pick<
  DeliveryStore,
  "reclaimLeases" | "claimDue" | "nextDueTimes" | "recordAttempts" | "releaseLeases" | "cancelDelivery"
>;

/**
 * A store whose times are those of the wall clock, for somebody whose clock is another one (steady-clock.ts): what it
 * says is moved by the difference on its way in and out. While nobody set the wall clock that is nothing at all.
 */
export class ShiftedStore implements DispatchStore {
  readonly #store: DispatchStore;
  readonly #offsetMs: () => number;
  /** Undefined: nothing is held. */
  #held: Promise<void> | undefined;

  /** `offsetMs`: what the store's clock shows more. */
  constructor(store: DispatchStore, offsetMs: () => number) {
    this.#store = store;
    this.#offsetMs = offsetMs;
  }

  /**
   * Does `action` while nothing that has a time in it is on its way to the store: such a time would be of the one clock
   * when it leaves and of the other when it arrives. What is asked meanwhile waits.
   */
  async hold(worker: string, action: () => Promise<void>): Promise<void> {
    const opened = Promise.withResolvers<void>();
    this.#held = opened.promise;
    try {
      // Writes are done in order: when this one is, or is refused by a full disk, so are those that left before it.
      await this.#store.releaseLeases(worker, [], 0).catch((error: unknown) => {
        if (!isPassing(error)) throw error;
      });
      await action();
    } finally {
      this.#held = undefined;
      opened.resolve();
    }
  }

  reclaimLeases(worker: string, now: number): Promise<number> {
    return this.#store.reclaimLeases(worker, now + this.#offsetMs());
  }

  async claimDue(lanes: readonly LaneClaim[], now: number, lease: Lease): Promise<LaneClaimed[]> {
    if (this.#held !== undefined) await this.#held;
    const offset = this.#offsetMs();
    if (offset === 0) return this.#store.claimDue(lanes, now, lease);
    const claimed = await this.#store.claimDue(lanes, now + offset, { ...lease, endsAt: lease.endsAt + offset });
    return claimed.map((lane) => ({
      ...lane,
      nextFreshAt: moved(lane.nextFreshAt, -offset),
      nextRetryAt: moved(lane.nextRetryAt, -offset),
    }));
  }

  async nextDueTimes(subscriptionRowIds: readonly number[]): Promise<Map<number, number>> {
    if (this.#held !== undefined) await this.#held;
    const offset = this.#offsetMs();
    const times = await this.#store.nextDueTimes(subscriptionRowIds);
    return offset === 0 ? times : new Map(Array.from(times, ([rowId, at]) => [rowId, at - offset]));
  }

  async recordAttempts(worker: string, attempts: readonly RecordedAttempt[]): Promise<RecordReceipt> {
    if (this.#held !== undefined) await this.#held;
    const offset = this.#offsetMs();
    return this.#store.recordAttempts(
      worker,
      offset === 0 ? attempts : attempts.map((attempt) => movedAttempt(attempt, offset)),
    );
  }

  releaseLeases(worker: string, deliveryRowIds: readonly number[], now: number): Promise<void> {
    return this.#store.releaseLeases(worker, deliveryRowIds, now + this.#offsetMs());
  }

  cancelDelivery(deliveryRowId: number, reason: DeliveryReason, now: number): Promise<boolean> {
    return this.#store.cancelDelivery(deliveryRowId, reason, now + this.#offsetMs());
  }
}

function moved(at: number | undefined, by: number): number | undefined {
  return at === undefined ? undefined : at + by;
}

/** `attempt.startedAt` is the sender's, which looks at the wall clock itself. */
function movedAttempt(recorded: RecordedAttempt, by: number): RecordedAttempt {
  const { verdict, breaker, endedAt } = recorded;
  const at: Verdict = verdict.kind === "retry" ? { ...verdict, at: verdict.at + by } : verdict;
  const kept = breaker === undefined ? undefined : { ...breaker, openUntil: moved(breaker.openUntil, by) };
  return { ...recorded, verdict: at, breaker: kept, endedAt: endedAt + by };
}
