import type { ClaimedDelivery } from "../../../src/core/delivery.ts";
import type { RateLimit, Subscription } from "../../../src/core/subscription.ts";
import { planClaims } from "../../../src/deliver/claim-plan.ts";
import type { Lane, Leased } from "../../../src/deliver/lane.ts";
import type { Lanes } from "../../../src/deliver/lanes.ts";
import { attemptOf, lanesOf, NOON } from "./lanes.ts";

/** What a receiver does with a request: answers after so many ms. */
export interface Answer {
  afterMs: number;
  status: number;
}

export interface Start {
  rowId: number;
  tenant: string;
  /** Unix ms. */
  at: number;
  /** Since it was due. */
  waitedMs: number;
  isRetry: boolean;
}

interface Queued {
  delivery: ClaimedDelivery;
  dueAt: number;
}

export interface SimulationOptions {
  subscriptions: readonly Subscription[];
  slots?: number;
  rates?: { process?: RateLimit; tenant?: RateLimit; hostRetries?: RateLimit };
  answer(rowId: number, at: number): Answer;
  /** Wait after a failed attempt (1 …); undefined: none follows. */
  retryMs?(attempts: number): number | undefined;
}

/** From asking the store to what it gives. */
const CLAIM_MS = 10;
const MAX_READY = 4_096;

/**
 * The lanes with a store and receivers that exist in virtual time only: what the dispatcher does with them, in the
 * order in which it does it, without waiting for anything. Ends when nothing is left to do.
 */
export class Simulation {
  readonly starts: Start[] = [];
  readonly lanes: Lanes;
  now = NOON;
  maxInFlight = 0;
  readonly #options: SimulationOptions;
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #stored = new Map<number, [fresh: Queued[], retries: Queued[]]>();
  readonly #dueAt = new Map<ClaimedDelivery, number>();
  /** Sorted by time, the next one last. */
  #agenda: { at: number; act: () => void }[] = [];
  #isClaiming = false;
  #wakesAt = Number.POSITIVE_INFINITY;
  #made = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const { process, tenant, hostRetries } = options.rates ?? {};
    this.lanes = lanesOf(options.subscriptions, {
      slots: options.slots ?? 256,
      rates: { process, tenant, hostRetries },
    });
    for (const subscription of options.subscriptions) {
      this.#stored.set(subscription.rowId, [[], []]);
      this.#subscriptions.set(subscription.rowId, subscription);
    }
  }

  /** Stores a delivery for this subscription at this moment. `attempts`: how often it was tried before. */
  publish(rowId: number, at: number, attempts = 0): void {
    this.at(at, () => this.#store(rowId, attempts, at));
  }

  /** Changes a subscription at this moment: pause, resume, another limit. */
  change(rowId: number, at: number, settings: Partial<Subscription>): void {
    this.at(at, () => {
      const before = this.#subscriptions.get(rowId)!;
      this.#subscriptions.set(rowId, { ...before, ...settings });
      this.#update();
    });
  }

  /** Deletes it; what waits for it is gone. */
  remove(rowId: number, at: number): void {
    this.at(at, () => {
      this.#subscriptions.delete(rowId);
      this.#stored.set(rowId, [[], []]);
      this.#update();
    });
  }

  #update(): void {
    const all = this.#subscriptions;
    const changes = this.lanes.update({ get: (rowId) => all.get(rowId), all: () => all.values() }, this.now);
    for (const lane of [...changes.closed, ...changes.removed]) {
      for (const { delivery } of this.lanes.takeReady(lane, this.now)) this.#giveBack(lane, delivery);
    }
    for (const lane of changes.opened) {
      lane.dueBy(0);
      this.lanes.touch(lane, this.now);
    }
  }

  at(at: number, act: () => void): void {
    let low = 0;
    let high = this.#agenda.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#agenda[middle]!.at > at) low = middle + 1;
      else high = middle;
    }
    this.#agenda.splice(low, 0, { at, act });
  }

  /** Until nothing is left, or until then. */
  run(until = Number.POSITIVE_INFINITY): this {
    for (let next = this.#agenda.at(-1); next !== undefined && next.at <= until; next = this.#agenda.at(-1)) {
      this.#agenda.pop();
      this.now = Math.max(this.now, next.at);
      next.act();
      this.#turn();
    }
    return this;
  }

  get waiting(): number {
    let waiting = 0;
    for (const [fresh, retries] of this.#stored.values()) waiting += fresh.length + retries.length;
    return waiting;
  }

  /** Counts that are not back at nothing although nothing is left to do. */
  leftOver(): string[] {
    const { slots } = this.lanes;
    const counts: Record<string, number> = {
      "in flight": slots.inFlight,
      ready: slots.ready,
      "bytes ready": slots.readyBytes,
      reserved: slots.reserved,
    };
    for (const lane of this.lanes.all()) {
      counts[`in flight of ${lane.rowId}`] = lane.inFlight;
      counts[`ready of ${lane.rowId}`] = lane.readyCount;
      counts[`spoken of the tenant of ${lane.rowId}`] = lane.tenant.spoken;
      counts[`in flight of the tenant of ${lane.rowId}`] = lane.tenant.inFlight;
      counts[`busy lanes of the tenant of ${lane.rowId}`] = lane.tenant.busyLanes;
      counts[`promised by the host of ${lane.rowId}`] = lane.host?.promised ?? 0;
    }
    return Object.entries(counts).flatMap(([name, count]) => (count === 0 ? [] : [`${name}: ${count}`]));
  }

  #turn(): void {
    const { slots } = this.lanes;
    for (let next = slots.next(this.now); next !== undefined; next = slots.next(this.now)) {
      this.#start(next);
    }
    for (const { lane, delivery } of this.lanes.takeStale(this.now)) this.#giveBack(lane, delivery);
    if (this.lanes.isHungry && !this.#isClaiming) this.#claim();
    const wakeAt = Math.max(this.lanes.nextWakeAt(this.now), this.now + 5);
    if (wakeAt < this.#wakesAt) {
      this.#wakesAt = wakeAt;
      this.at(wakeAt, () => {
        if (this.#wakesAt === wakeAt) this.#wakesAt = Number.POSITIVE_INFINITY;
        for (const { lane, delivery } of this.lanes.wake(this.now)) this.#giveBack(lane, delivery);
      });
    }
  }

  #start(leased: Leased): void {
    const { lane, delivery } = leased;
    const startedAt = this.now;
    this.maxInFlight = Math.max(this.maxInFlight, this.lanes.slots.inFlight);
    this.starts.push({
      rowId: lane.rowId,
      tenant: lane.subscription.scope.tenant,
      at: startedAt,
      waitedMs: startedAt - this.#dueAt.get(delivery)!,
      isRetry: 0 < delivery.roundAttempts,
    });
    const { afterMs, status } = this.#options.answer(lane.rowId, startedAt);
    this.at(startedAt + afterMs, () => {
      this.lanes.slots.ended(leased, attemptOf(status, this.now, { startedAt }));
      if (lane.rests(this.now)) {
        for (const one of this.lanes.takeReady(lane, this.now)) this.#giveBack(lane, one.delivery);
      }
      const attempts = delivery.roundAttempts + 1;
      const waitMs = status < 300 ? undefined : this.#options.retryMs?.(attempts);
      if (waitMs !== undefined) this.#store(lane.rowId, attempts, this.now + waitMs);
      this.lanes.touch(lane, this.now);
    });
  }

  #store(rowId: number, attempts: number, dueAt: number): void {
    this.#made += 1;
    const delivery = {
      rowId: this.#made,
      subscriptionRowId: rowId,
      roundAttempts: attempts,
      event: { data: new Uint8Array(0) },
    } as unknown as ClaimedDelivery;
    this.#put({ delivery, dueAt });
  }

  #put({ delivery, dueAt }: Queued): void {
    const lane = this.lanes.get(delivery.subscriptionRowId);
    if (lane === undefined) return;
    this.#dueAt.set(delivery, dueAt);
    const queue = this.#stored.get(lane.rowId)![delivery.roundAttempts === 0 ? 0 : 1];
    const place = queue.findLastIndex((one) => one.dueAt <= dueAt) + 1;
    queue.splice(place, 0, { delivery, dueAt });
    if (delivery.roundAttempts === 0) lane.dueBy(dueAt);
    else lane.retryDueBy(dueAt);
    this.lanes.touch(lane, this.now);
  }

  #giveBack(lane: Lane, delivery: ClaimedDelivery): void {
    this.at(this.now + CLAIM_MS, () => {
      this.#put({ delivery, dueAt: this.#dueAt.get(delivery)! });
      lane.dueBy(0);
      this.lanes.touch(lane, this.now);
    });
  }

  #claim(): void {
    const { claims, leaseEndsAt } = planClaims(this.lanes, MAX_READY, this.now);
    if (claims.length === 0) return;
    this.#isClaiming = true;
    const claimedAt = this.now;
    this.at(claimedAt + CLAIM_MS, () => {
      this.#isClaiming = false;
      for (const { subscriptionRowId, limit, retries = 0, maxRetries = limit } of claims) {
        const [freshQueue, retryQueue] = this.#stored.get(subscriptionRowId)!;
        const take = (queue: Queued[], most: number): Queued[] => {
          const due = queue.findIndex(({ dueAt }) => claimedAt < dueAt);
          return queue.splice(0, Math.max(0, Math.min(most, due === -1 ? queue.length : due)));
        };
        const ofRight = take(retryQueue, Math.min(retries, limit));
        const fresh = take(freshQueue, limit - ofRight.length);
        const others = take(retryQueue, Math.min(limit - ofRight.length - fresh.length, maxRetries - ofRight.length));
        const lane = this.lanes.get(subscriptionRowId);
        if (lane === undefined) continue;
        this.lanes.claimAnswered(lane, freshQueue[0]?.dueAt, retryQueue[0]?.dueAt, this.now);
        for (const { delivery } of [...ofRight, ...fresh, ...others]) {
          if (lane.takes) this.lanes.addReady(lane, delivery, leaseEndsAt);
          else this.#giveBack(lane, delivery);
        }
        this.lanes.touch(lane, this.now);
      }
      for (const { subscriptionRowId } of claims) this.lanes.settle(subscriptionRowId, this.now);
    });
  }
}

/** The value below which this part of them lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
