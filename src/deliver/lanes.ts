import type { Subscription, Transport } from "../core/subscription.ts";
import type { LaneClaim } from "../store/store.ts";
import { Fifo } from "./fifo.ts";
import { Lane, type Leased } from "./lane.ts";
import type { DeliveryTransport, SubscriptionLookup } from "./transport.ts";

/** Payload bytes that may wait in lanes; what is claimed beyond it would fill the memory, not the slots. */
const MAX_READY_BYTES = 32 * 1024 * 1024;

/** What a change of the subscriptions did. */
export interface LaneChanges {
  /** Lanes that are new or take deliveries again: nobody knows yet when they are due. */
  opened: Lane[];
  /** Lanes whose subscription is gone. */
  removed: Lane[];
  /** Lanes that take nothing for now, with deliveries at hand. */
  closed: Lane[];
}

/**
 * All lanes of this process and whose turn it is. Slots go around: one delivery to each lane that can start one, then
 * the next of each; so a subscription with a long queue, or one that hangs, takes nothing from the others.
 */
export class Lanes {
  readonly #lanes = new Map<number, Lane>();
  /** Lanes with something ready, in the order of their turn. */
  readonly #ring = new Fifo<Lane>();
  /** Lanes that may want to claim. */
  readonly #hungry = new Set<Lane>();
  readonly #transports: Record<Transport, DeliveryTransport>;
  readonly #maxReady: number;
  #ready = 0;
  #readyBytes = 0;

  /** `maxReady`: most deliveries that wait in all lanes together. */
  constructor(transports: Record<Transport, DeliveryTransport>, maxReady: number) {
    this.#transports = transports;
    this.#maxReady = maxReady;
  }

  get(subscriptionRowId: number): Lane | undefined {
    return this.#lanes.get(subscriptionRowId);
  }

  all(): Iterable<Lane> {
    return this.#lanes.values();
  }

  /** Deliveries that are leased and not started. */
  get ready(): number {
    return this.#ready;
  }

  /** Whether any lane may want to claim. */
  get isHungry(): boolean {
    return 0 < this.#hungry.size;
  }

  update(lookup: SubscriptionLookup): LaneChanges {
    const changes: LaneChanges = { opened: [], removed: [], closed: [] };
    const gone = new Set(this.#lanes.values());
    for (const subscription of lookup.all()) {
      const lane = this.#lanes.get(subscription.rowId);
      if (lane === undefined) {
        const added = this.#add(subscription);
        if (added.takes) changes.opened.push(added);
        continue;
      }
      gone.delete(lane);
      if (lane.update(subscription)) changes.opened.push(lane);
      if (lane.takes) this.touch(lane);
      else if (0 < lane.ready.size) changes.closed.push(lane);
    }
    for (const lane of gone) {
      this.#lanes.delete(lane.rowId);
      this.#hungry.delete(lane);
      lane.isShut = true;
      changes.removed.push(lane);
    }
    return changes;
  }

  /** Something about this lane changed: it stands in line for a slot and for a claim if it has reason to. */
  touch(lane: Lane): void {
    if (0 < lane.ready.size && !lane.isQueued) {
      lane.isQueued = true;
      this.#ring.push(lane);
    }
    if (lane.dueAt < Number.POSITIVE_INFINITY) this.#hungry.add(lane);
  }

  addReady(lane: Lane, leased: Leased): void {
    lane.ready.push(leased);
    this.#ready += 1;
    this.#readyBytes += leased.delivery.event.data.length;
    this.touch(lane);
  }

  /** All that is ready in this lane; it is nobody's turn then. */
  takeReady(lane: Lane): Leased[] {
    const taken = lane.ready.drain();
    for (const leased of taken) this.#count(leased);
    return taken;
  }

  /** The next delivery whose turn it is and that can start now, and its lane. */
  next(now: number): { lane: Lane; leased: Leased } | undefined {
    for (let lane = this.#ring.shift(); lane !== undefined; lane = this.#ring.shift()) {
      lane.isQueued = false;
      // A lane that cannot start now comes back by `touch` when something ends, a token is there, or it has room.
      const leased = lane.canStart(now) ? lane.ready.shift() : undefined;
      if (leased === undefined) continue;
      this.#count(leased);
      this.touch(lane);
      return { lane, leased };
    }
    return undefined;
  }

  /** What to claim now, over all lanes that want to; the lanes count as claiming from here on. */
  claims(now: number): { claims: LaneClaim[]; leaseEndsAt: number } {
    const claims: LaneClaim[] = [];
    let leaseEndsAt = 0;
    let budget = this.#readyBytes < MAX_READY_BYTES ? this.#maxReady - this.#ready : 0;
    const share = Math.max(1, Math.floor(budget / this.#hungry.size));
    for (const lane of this.#hungry) {
      if (budget <= 0) break;
      const limit = Math.min(lane.claimLimit(now), share);
      this.#hungry.delete(lane);
      if (limit <= 0) continue;
      lane.claimSent();
      budget -= limit;
      claims.push({ subscriptionRowId: lane.rowId, limit, retries: lane.retriesOf(limit) });
      leaseEndsAt = Math.max(leaseEndsAt, lane.leaseEndsAt(now));
    }
    return { claims, leaseEndsAt };
  }

  /** Looks at every lane: stands those in line that time has made ready. Returns when to look again, unix ms. */
  sweep(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) {
      const wakeAt = lane.wakeAt(now);
      if (wakeAt === Number.POSITIVE_INFINITY || wakeAt <= now) this.touch(lane);
      if (now < wakeAt && wakeAt < next) next = wakeAt;
    }
    return next;
  }

  #add(subscription: Subscription): Lane {
    const lane = new Lane(subscription, this.#transports[subscription.transport]);
    this.#lanes.set(subscription.rowId, lane);
    return lane;
  }

  #count(leased: Leased): void {
    this.#ready -= 1;
    this.#readyBytes -= leased.delivery.event.data.length;
  }
}
