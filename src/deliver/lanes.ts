import type { ClaimedDelivery } from "../core/delivery.ts";
import { NOWHERE } from "../core/in-flight.ts";
import type { Subscription, Transport } from "../core/subscription.ts";
import { Lane, type Leased } from "./lane.ts";
import { type DispatchRates, FRESH, Host, KINDS, type Kind, Limits, RETRIES, Tenant } from "./limits.ts";
import { Slots } from "./slots.ts";
import type { DeliveryTransport, SubscriptionLookup } from "./transport.ts";
import { TurnRing } from "./turn-ring.ts";
import { WakeHeap } from "./wake-heap.ts";

export interface LanesOptions {
  transports: Record<Transport, DeliveryTransport>;
  /** Attempts in flight at once. */
  slots: number;
  rates?: DispatchRates | undefined;
}

/** What a change of the subscriptions did. */
export interface LaneChanges {
  /** Lanes that are new or take deliveries again: nobody knows yet when they are due. */
  opened: Lane[];
  /** Lanes whose subscription is gone. */
  removed: Lane[];
  /** Lanes whose deliveries at hand must be given back: they take nothing for now, or are sent elsewhere or otherwise. */
  closed: Lane[];
}

/** All lanes of this process: which there are, what stands in line, and when time makes something ready. */
export class Lanes {
  readonly slots: Slots;
  readonly #transports: Record<Transport, DeliveryTransport>;
  readonly #limits: Limits;
  readonly #lanes = new Map<number, Lane>();
  /** Lanes that want to claim. */
  readonly #hungry: readonly [TurnRing<Tenant, Lane>, TurnRing<Tenant, Lane>];
  readonly #sleepers = new WakeHeap<Lane | Tenant | Host>();

  constructor({ transports, slots, rates }: LanesOptions) {
    this.#transports = transports;
    this.#limits = new Limits(rates);
    this.slots = new Slots(slots, this.#limits, this.#sleepers);
    const mayClaim = (tenant: Tenant, now: number): boolean => this.#mayClaim(tenant, now);
    this.#hungry = [new TurnRing(mayClaim), new TurnRing(mayClaim)];
  }

  get(subscriptionRowId: number): Lane | undefined {
    return this.#lanes.get(subscriptionRowId);
  }

  all(): Iterable<Lane> {
    return this.#lanes.values();
  }

  update(lookup: SubscriptionLookup, now: number): LaneChanges {
    const changes: LaneChanges = { opened: [], removed: [], closed: [] };
    let there = 0;
    for (const subscription of lookup.all()) {
      there += 1;
      const lane = this.#lanes.get(subscription.rowId);
      if (lane === undefined) {
        const added = this.#add(subscription);
        if (added.takes) changes.opened.push(added);
      } else if (lane.subscription !== subscription) this.#change(lane, subscription, now, changes);
    }
    if (there < this.#lanes.size) this.#removeGone(lookup, changes);
    return changes;
  }

  addReady(lane: Lane, delivery: ClaimedDelivery, leaseEndsAt: number): void {
    this.slots.add({ lane, delivery, leaseEndsAt, isDoubtful: false, place: NOWHERE });
  }

  /** All that is at hand in this lane; it is nobody's turn then. */
  takeReady(lane: Lane, now: number): Leased[] {
    return this.#taken(lane, lane.takeReady(), now);
  }

  /** What came out of the lines because it would not end within its lease: to be given back. */
  takeStale(now: number): Leased[] {
    const stale = this.slots.takeStale();
    // What was promised to it is for others.
    for (const { lane } of stale) {
      this.#resume(lane.tenant);
      this.settle(lane.rowId, now);
    }
    return stale;
  }

  // ---- claims ----------------------------------------------------------------------------------------------------

  /** Lanes in line for a claim of this kind. */
  hungry(kind: Kind): number {
    return this.#hungry[kind].size;
  }

  get isHungry(): boolean {
    return 0 < this.#hungry[FRESH].size || 0 < this.#hungry[RETRIES].size;
  }

  nextHungry(kind: Kind, now: number): Lane | undefined {
    return this.#hungry[kind].shift(now);
  }

  /** Its retries wait until its host's limit has a token; nothing else of it does. */
  waitForToken(lane: Lane, host: Host, now: number): void {
    host.waiting.push(lane.hostTurn);
    this.#sleepers.wakeBy(host, host.bucket.lookAgainAt(now));
  }

  claimSent(lane: Lane, limit: number, retries: number, now: number): void {
    lane.claimSent(limit, retries, now);
    lane.tenant.spoken += limit;
    if (lane.host !== undefined) lane.host.promised += retries;
  }

  /** To be called before what was claimed becomes ready; `touch` is to follow. See `Lane.claimAnswered`. */
  claimAnswered(lane: Lane, nextFreshAt: number | undefined, nextRetryAt: number | undefined, now: number): void {
    lane.tenant.spoken -= lane.asked;
    if (lane.host !== undefined) lane.host.promised -= lane.askedRetries;
    lane.claimAnswered(nextFreshAt, nextRetryAt, now);
    // What it asked for and did not get is for the others of its tenant, who may have found nothing left.
    this.#resume(lane.tenant);
  }

  // ---- time and news ---------------------------------------------------------------------------------------------

  /** Something about this lane changed: it stands in line for a slot and for a claim if it has reason to. */
  touch(lane: Lane, now: number): void {
    this.slots.line(lane);
    if (!lane.isClaiming) {
      for (const kind of KINDS) if (lane.wants(kind, now)) this.#lineUp(lane, kind);
    }
    this.#sleepers.wakeBy(lane, lane.nextLookAt(now));
  }

  /** When to call `wake`, unix ms; Infinity: never. */
  nextWakeAt(now: number): number {
    const { process } = this.#limits;
    const isWaiting = process !== undefined && (0 < this.slots.ready || this.isHungry);
    return isWaiting ? Math.min(this.#sleepers.nextAt, process.lookAgainAt(now)) : this.#sleepers.nextAt;
  }

  /** Looks at whatever time has made ready. Returns what is to be given back. */
  wake(now: number): Leased[] {
    const stale: Leased[] = [];
    for (let one = this.#sleepers.shift(now); one !== undefined; one = this.#sleepers.shift(now)) {
      stale.push(...this.#wakeOne(one, now));
    }
    return stale;
  }

  /** The same for all of them, whenever they wanted to be woken: the clock was set back. */
  wakeAll(now: number): Leased[] {
    return this.#sleepers.drain().flatMap((one) => this.#wakeOne(one, now));
  }

  /** Of the tokens that this lane's claim was promised, some may be for others after all. */
  settle(subscriptionRowId: number, now: number): void {
    const host = this.#lanes.get(subscriptionRowId)?.host;
    if (host !== undefined && 0 < host.waiting.size) this.#callWaiting(host, now);
  }

  #wakeOne(one: Lane | Tenant | Host, now: number): Leased[] {
    if (one instanceof Host) this.#callWaiting(one, now);
    else if (one instanceof Tenant) this.#resume(one);
    else if (this.#lanes.get(one.rowId) === one) {
      const stale = this.#taken(one, one.takeHeldUp(now), now);
      this.touch(one, now);
      return stale;
    }
    return [];
  }

  /**
   * As many of those who wait for a token as there are tokens; the others go on waiting. Who has a retry at hand has a
   * token to its name; whoever is still to claim one needs a token that is to nobody's.
   */
  #callWaiting(host: Host, now: number): void {
    let tokens = host.bucket.available(now);
    let quota = host.quota(now);
    for (let left = host.waiting.size; 0 < left && 0 < tokens; left--) {
      const lane = host.waiting.shift()!;
      if (this.#lanes.get(lane.rowId) !== lane) continue;
      const hasOwn = 0 < lane.ready[RETRIES].size;
      if (!hasOwn && quota <= 0) {
        host.waiting.push(lane.hostTurn);
        continue;
      }
      tokens -= 1;
      if (!hasOwn) quota -= 1;
      this.touch(lane, now);
    }
    if (0 < host.waiting.size) this.#sleepers.wakeBy(host, host.bucket.lookAgainAt(now));
  }

  #resume(tenant: Tenant): void {
    this.slots.resume(tenant);
    for (const kind of KINDS) this.#hungry[kind].resume(tenant.claims[kind]);
  }

  #mayClaim(tenant: Tenant, now: number): boolean {
    if (0 < tenant.quota(now)) return true;
    this.#sleepers.wakeBy(tenant, tenant.bucket!.lookAgainAt(now));
    return false;
  }

  #lineUp(lane: Lane, kind: Kind): void {
    // Those that wait for a token of their host are called when there is one.
    if (kind === RETRIES && lane.hostTurn.isWaiting) return;
    this.#hungry[kind].push(lane.tenant.claims[kind], lane.claimTurns[kind]);
  }

  // ---- which there are -------------------------------------------------------------------------------------------

  #add(subscription: Subscription): Lane {
    const { transport, scope, url } = subscription;
    const tenant = this.#limits.joinTenant(scope.tenant);
    const lane = new Lane(subscription, this.#transports[transport], tenant, this.#limits.joinHost(url));
    this.#lanes.set(subscription.rowId, lane);
    return lane;
  }

  #change(lane: Lane, subscription: Subscription, now: number, changes: LaneChanges): void {
    const { url, batch } = lane.subscription;
    if (lane.update(subscription)) changes.opened.push(lane);
    if (url !== subscription.url) this.#moveHost(lane, url);
    const isReshaped = (batch === undefined) !== (subscription.batch === undefined);
    const isClosed = 0 < lane.readyCount && (!lane.takes || url !== subscription.url);
    if (isClosed || isReshaped) changes.closed.push(lane);
    if (lane.takes) this.touch(lane, now);
  }

  /** What is at hand is given back soon: a burst for the old receiver must not meet the new one's limit. */
  #moveHost(lane: Lane, urlBefore: string | undefined): void {
    if (lane.host !== undefined) lane.host.promised -= lane.promised;
    this.#limits.leaveHost(urlBefore);
    lane.host = this.#limits.joinHost(lane.subscription.url);
    if (lane.host !== undefined) lane.host.promised += lane.promised;
  }

  #removeGone(lookup: SubscriptionLookup, changes: LaneChanges): void {
    const there = new Set<number>();
    for (const { rowId } of lookup.all()) there.add(rowId);
    for (const lane of this.#lanes.values()) {
      if (there.has(lane.rowId)) continue;
      // What is claimed for it right now never comes to it.
      this.claimAnswered(lane, undefined, undefined, 0);
      this.#lanes.delete(lane.rowId);
      lane.isShut = true;
      this.#limits.leaveTenant(lane.subscription.scope.tenant);
      this.#limits.leaveHost(lane.subscription.url);
      changes.removed.push(lane);
    }
  }

  #taken(lane: Lane, taken: Leased[], now: number): Leased[] {
    if (taken.length === 0) return taken;
    this.slots.taken(lane, taken);
    this.#resume(lane.tenant);
    this.settle(lane.rowId, now);
    return taken;
  }
}
