import type { ClaimedDelivery, RecordedAttempt } from "../core/delivery.ts";
import type { Placed } from "../core/in-flight.ts";
import type { Subscription } from "../core/subscription.ts";
import { Brakes } from "./brakes.ts";
import { Fifo } from "./fifo.ts";
import { FRESH, type Host, type Kind, RETRIES, type Tenant } from "./limits.ts";
import type { DeliveryTransport } from "./transport.ts";
import { Turn } from "./turn-ring.ts";
import type { Sleeper } from "./wake-heap.ts";

/** Beyond the time-out: what building, waiting for a slot and recording may take. */
const LEASE_SLACK_MS = 15_000;
/**
 * Most deliveries that a lane claims ahead of its free slots. A claim waits for the commit before it and the one it is
 * in, some 30 ms: with 512 a lane of 25,000 deliveries a second ran dry meanwhile.
 */
const MAX_PREFETCH = 1_024;
/** Part of a lane's claims that retries get while fresh deliveries wait, too: they must neither starve nor be starved. */
const RETRY_SHARE = 0.25;
/** A claim that lasts longer than this was too large; one that does not move for so long has too much at hand. */
const PREFETCH_MS = 1_000;

/** A delivery that is leased to this process and waits for a slot. */
export interface Leased extends Placed {
  lane: Lane;
  delivery: ClaimedDelivery;
  /** Unix ms. */
  leaseEndsAt: number;
  /** When it was started, little spoke for its success. */
  isDoubtful: boolean;
}

/**
 * The queue of one subscription: what is claimed and not started, what is in flight, and when the store has more. It
 * decides what may be started and claimed now; it reads no clock and starts nothing itself.
 */
export class Lane implements Sleeper {
  readonly rowId: number;
  readonly transport: DeliveryTransport;
  readonly tenant: Tenant;
  /** Undefined: its retries are bound by no host's limit. */
  host: Host | undefined;
  subscription: Subscription;
  /** At hand: what was never tried, and retries. */
  readonly ready = [new Fifo<Leased>(), new Fifo<Leased>()] as const;
  /** Its places in the lines for slots, for claims, and for a token of its host. */
  readonly startTurns = [new Turn<Lane>(this), new Turn<Lane>(this)] as const;
  readonly claimTurns = [new Turn<Lane>(this), new Turn<Lane>(this)] as const;
  readonly hostTurn = new Turn<Lane>(this);
  /** Its places among those who have to wait until more slots are free. */
  readonly crowdTurn = new Turn<Lane>(this);
  readonly doubtTurn = new Turn<Lane>(this);
  inFlight = 0;
  /**
   * When the store may have something for it that was never tried, and when a retry, unix ms: 0 when it should be
   * asked, Infinity when it has nothing.
   */
  readonly dueAt: [fresh: number, retries: number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  isClaiming = false;
  /** Of the claim that is out: how many it asked for, and at most so many retries among them. */
  asked = 0;
  askedRetries = 0;
  /** The store disabled it; the lookup will say so soon. */
  isShut = false;
  /** Its last attempt failed. */
  isDoubtful = false;
  /** Counted as one that has something in flight or at hand. */
  isBusy = false;
  wakeAt = Number.POSITIVE_INFINITY;
  heapIndex = 0;
  /** Deliveries on their way back into the store: what is there now comes after them. */
  returning = 0;
  /** Ends of the leases of fresh deliveries that are on their way into the store. */
  readonly #reserved = new Fifo<number>();
  readonly #brakes: Brakes;
  #prefetch = 0;
  /** When the last claim was answered, and when the next was asked for. 0: never. */
  #claimedAt = 0;
  #askedAt = 0;
  /** Attempts that ended in the last span of a second or more, and in the one that runs. */
  #pace = { elapsedMs: 1_000, count: 0 };
  #endedInSecond = 0;
  #secondBeganAt = 0;
  /** When an attempt last ended, or the first of those in flight began. */
  #movedAt = 0;
  /** What retries may claim before fresh deliveries, so far as it was not used. */
  #retryCredit = 0;

  constructor(subscription: Subscription, transport: DeliveryTransport, tenant: Tenant, host: Host | undefined) {
    this.rowId = subscription.rowId;
    this.transport = transport;
    this.tenant = tenant;
    this.host = host;
    this.subscription = subscription;
    this.#brakes = new Brakes(subscription);
  }

  /** Takes over a change. Returns whether it takes deliveries now and did not before. */
  update(subscription: Subscription): boolean {
    const before = this.subscription;
    if (subscription === before) return false;
    const tookBefore = this.takes;
    this.subscription = subscription;
    this.isShut = false;
    this.#brakes.update(before, subscription);
    return this.takes && !tookBefore;
  }

  /** Whether anything may be sent to it at all. */
  get takes(): boolean {
    return this.subscription.enabled && !this.subscription.paused && !this.isShut;
  }

  /** Deliveries at hand. */
  get readyCount(): number {
    return this.ready[FRESH].size + this.ready[RETRIES].size;
  }

  get reserved(): number {
    return this.#reserved.size;
  }

  /** Retries of its host's tokens that are to its name. */
  get promised(): number {
    return this.askedRetries + this.ready[RETRIES].size;
  }

  /** Whether it only finds out whether its receiver is back: such an attempt is bound as a retry is. */
  get isProbing(): boolean {
    return this.#brakes.isProbing;
  }

  /** End of a lease that is taken now. */
  leaseEndsAt(now: number): number {
    return now + (this.subscription.batch?.maxWaitMs ?? 0) + this.subscription.timeoutMs + LEASE_SLACK_MS;
  }

  /** The store may have something for it from then on (unix ms; undefined: nothing new), nobody knows of which kind. */
  dueBy(at: number | undefined): void {
    this.#lower(FRESH, at);
    this.#lower(RETRIES, at);
  }

  // ---- starting --------------------------------------------------------------------------------------------------

  /** Whether a delivery may be started now: a free slot of its own, room on the way, a token, a receiver that is up. */
  canStart(now: number): boolean {
    return this.takes && 0 < this.#slots(now);
  }

  /** Whether nothing is started for a while, because its receiver is down or has too much to do. */
  rests(now: number): boolean {
    return this.#brakes.rests(now);
  }

  /** For people who ask why nothing is started. */
  heldBy(now: number): ReturnType<Brakes["facts"]> {
    return this.#brakes.facts(now);
  }

  /** Counts a start. Every one must be followed by `ended`. */
  start(delivery: ClaimedDelivery, now: number): void {
    if (this.inFlight === 0) this.#movedAt = now;
    this.inFlight += 1;
    this.#brakes.started(delivery, now);
  }

  /** `recorded` undefined: nothing was sent. What becomes of its breaker is put into `recorded`. */
  ended(delivery: ClaimedDelivery, recorded: RecordedAttempt | undefined): void {
    const { inFlight } = this;
    this.inFlight -= 1;
    if (recorded === undefined) {
      this.#brakes.notSent(delivery);
      return;
    }
    const { attempt, endedAt } = recorded;
    this.#movedAt = endedAt;
    this.#countEnd(endedAt);
    this.isDoubtful = attempt.outcome === "failure";
    this.#brakes.ended(delivery, recorded, this.subscription, inFlight);
  }

  #countEnd(now: number): void {
    this.#endedInSecond += 1;
    const elapsedMs = now - this.#secondBeganAt;
    if (elapsedMs < 1_000) return;
    this.#pace = { elapsedMs, count: this.#endedInSecond };
    this.#endedInSecond = 0;
    this.#secondBeganAt = now;
  }

  /** How many may be started now, whatever is at hand. */
  #slots(now: number): number {
    const slots = Math.min(this.subscription.concurrency - this.inFlight, this.#brakes.slots(this.inFlight, now));
    return slots <= 0 ? 0 : Math.min(slots, this.transport.room(this.subscription));
  }

  // ---- claiming --------------------------------------------------------------------------------------------------

  /** Whether it would claim some of this kind now, had it the slots. */
  wants(kind: Kind, now: number): boolean {
    return this.dueAt[kind] <= now && this.returning === 0 && 2 * this.ready[kind].size <= this.#prefetch;
  }

  /** How many it could start now beyond what is at hand or on its way; negative when more is at hand than that. */
  free(now: number): number {
    return this.takes ? this.#slots(now) - this.readyCount - this.#reserved.size : 0;
  }

  /** What is in flight hangs: what it claimed ahead would only wait. */
  isStuck(now: number): boolean {
    return 0 < this.inFlight && this.#movedAt + PREFETCH_MS <= now;
  }

  /** How many it may claim ahead of its free slots. */
  get prefetch(): number {
    return this.#isPlain ? this.#prefetch : 0;
  }

  /** Nothing but its concurrency, and what a listener has in hand, decides when something may start. */
  get #isPlain(): boolean {
    return this.#brakes.isOff && this.subscription.batch === undefined && this.isThere;
  }

  /** Whether somebody is there who takes its deliveries, now or soon. */
  get isThere(): boolean {
    const { transport, subscription } = this;
    return transport.isThere?.(subscription) ?? transport.room(subscription) === Number.POSITIVE_INFINITY;
  }

  /** Whether its events are to be sent in their order, as a tunnel's are: none may overtake one that goes back. */
  get keepsOrder(): boolean {
    return this.transport.isThere !== undefined;
  }

  /** Whether what comes now finds nobody, or would overtake what goes back. */
  get mustReturn(): boolean {
    return this.keepsOrder && (0 < this.returning || !this.isThere);
  }

  /** How many it could have in flight at once. */
  get #width(): number {
    return Math.min(this.subscription.concurrency, this.inFlight + this.transport.room(this.subscription));
  }

  /** How many of a claim of `limit` may be retries although fresh deliveries wait. */
  retriesOf(limit: number): number {
    // At most one portion is saved up: a storm of retries after a quiet time must not come before everything else.
    this.#retryCredit = Math.min(this.#retryCredit + limit * RETRY_SHARE, 1 + limit * RETRY_SHARE);
    const retries = Math.floor(this.#retryCredit);
    this.#retryCredit -= retries;
    return retries;
  }

  claimSent(limit: number, retries: number, now: number): void {
    this.isClaiming = true;
    this.#askedAt = now;
    this.asked = limit;
    this.askedRetries = retries;
    // From here on only news lowers it; the answer says what is left.
    this.dueAt[FRESH] = Number.POSITIVE_INFINITY;
    this.dueAt[RETRIES] = Number.POSITIVE_INFINITY;
  }

  /**
   * To be called before what was claimed becomes ready.
   *
   * @param nextFreshAt of what is left in the store, unix ms; undefined: nothing.
   */
  claimAnswered(nextFreshAt: number | undefined, nextRetryAt: number | undefined, now: number): void {
    this.isClaiming = false;
    this.asked = 0;
    this.askedRetries = 0;
    this.#lower(FRESH, nextFreshAt);
    this.#lower(RETRIES, nextRetryAt);
    // The last claim lasted long (a store that is slow to answer the next one is no part of that), and not because others had the slots: claim less far ahead, so that a slow receiver's
    // deliveries wait where others can see them. It ran dry while more was due: further ahead, so that a quick receiver's
    // slots never idle.
    const isMoreDue = this.dueAt[FRESH] <= now || (this.host === undefined && this.dueAt[RETRIES] <= now);
    const width = this.#width;
    if (PREFETCH_MS < this.#askedAt - this.#claimedAt && width <= this.inFlight) {
      this.#prefetch = Math.floor(this.#prefetch / 2);
    } else if (0 < this.#claimedAt && this.readyCount === 0 && this.inFlight < width && isMoreDue) {
      this.#prefetch = Math.min(Math.max(2 * this.#prefetch, width), MAX_PREFETCH);
    }
    this.#claimedAt = now;
  }

  /** A retry is due at this time. Returns whether that is news. */
  retryDueBy(at: number): boolean {
    return this.#lower(RETRIES, at);
  }

  #lower(kind: Kind, at: number | undefined): boolean {
    if (at === undefined || this.dueAt[kind] <= at) return false;
    this.dueAt[kind] = at;
    return true;
  }

  /**
   * Whether a fresh delivery could start right now, or may wait here a little, and would jump no queue.
   *
   * @param share of what may wait in this process, so many are for each of the lanes that have something to do.
   */
  hasRoom(now: number, share: number): boolean {
    return (
      this.takes &&
      !this.isClaiming &&
      this.returning === 0 &&
      now < this.dueAt[FRESH] &&
      // Retries that wait for their host's limit have no use for the slot.
      (now < this.dueAt[RETRIES] || this.hostTurn.isWaiting) &&
      !this.isProbing &&
      0 < this.free(now) + this.#ahead(now, share)
    );
  }

  /**
   * How many may wait here beyond the free slots: what it starts in a quarter of a second. One that starts few because
   * many others share the slots gets its share of the room: claiming a few for each of them would cost more.
   */
  #ahead(now: number, share: number): number {
    const { elapsedMs, count } = this.#pace;
    if (1_000 < now - this.#movedAt || this.isDoubtful || !this.#isPlain) return 0;
    const atItsPace = Math.floor((250 * count) / Math.max(1_000, elapsedMs));
    const isFast = this.inFlight < this.#width;
    return Math.min(MAX_PREFETCH, isFast ? Math.max(share, atItsPace) : atItsPace);
  }

  reserve(leaseEndsAt: number): void {
    this.#reserved.push(leaseEndsAt);
  }

  /** End of the oldest reserved lease; undefined when none is reserved. */
  unreserve(): number | undefined {
    return this.#reserved.shift();
  }

  // ---- time ------------------------------------------------------------------------------------------------------

  /** When to look at it again without any news, unix ms; Infinity: never. */
  nextLookAt(now: number): number {
    if (!this.takes) return Number.POSITIVE_INFINITY;
    const [freshAt, retriesAt] = this.dueAt;
    const hasReady = 0 < this.readyCount;
    let at = Number.POSITIVE_INFINITY;
    if (hasReady || freshAt < at || retriesAt < at) {
      const blockedUntil = this.#brakes.blockedUntil(now);
      if (now < blockedUntil && (hasReady || freshAt <= now || retriesAt <= now)) at = blockedUntil;
      if (now < freshAt) at = Math.min(at, Math.max(freshAt, blockedUntil));
      if (now < retriesAt) at = Math.min(at, Math.max(retriesAt, blockedUntil));
    }
    return hasReady ? Math.min(at, this.#staleAt()) : at;
  }

  /** What others may have: what is stale, and all that is at hand when nothing has moved for long. */
  takeHeldUp(now: number): Leased[] {
    return this.isStuck(now) ? this.takeReady() : this.takeStale(now);
  }

  /** Of what is at hand, what no longer fits into its lease; where order is kept, all that is at hand then. */
  takeStale(now: number): Leased[] {
    if (this.keepsOrder && this.ready.some(({ first }) => this.isStale(first, now))) return this.takeReady();
    const stale: Leased[] = [];
    for (const ready of this.ready) {
      while (this.isStale(ready.first, now)) stale.push(ready.shift()!);
    }
    return stale;
  }

  takeReady(): Leased[] {
    return [...this.ready[FRESH].drain(), ...this.ready[RETRIES].drain()];
  }

  /** A lease must cover the whole attempt: another process may take the delivery once it has ended. */
  isStale(leased: Leased | undefined, now: number): boolean {
    return leased !== undefined && leased.leaseEndsAt < now + this.subscription.timeoutMs;
  }

  #staleAt(): number {
    let at = 0 < this.inFlight ? this.#movedAt + PREFETCH_MS : Number.POSITIVE_INFINITY;
    for (const { first } of this.ready) {
      if (first !== undefined) at = Math.min(at, first.leaseEndsAt - this.subscription.timeoutMs + 1);
    }
    return at;
  }
}
