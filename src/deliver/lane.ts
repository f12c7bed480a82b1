import type { ClaimedDelivery } from "../core/delivery.ts";
import { TokenBucket } from "../core/rate-limit.ts";
import type { Subscription } from "../core/subscription.ts";
import { Fifo } from "./fifo.ts";
import type { DeliveryTransport } from "./transport.ts";

/** Beyond the time-out: what building, waiting for a slot and recording may take. */
const LEASE_SLACK_MS = 15_000;
/**
 * Most deliveries that a lane claims ahead of its free slots. A claim waits for the commit before it and the one it is
 * in, some 30 ms: with 512 a lane of 25,000 deliveries a second ran dry meanwhile.
 */
const MAX_PREFETCH = 1_024;
/** Part of a lane's claims that retries get while fresh deliveries wait, too: they must neither starve nor be starved. */
const RETRY_SHARE = 0.25;
/** A claim that lasts longer than this was too large. */
const PREFETCH_MS = 1_000;

/** A delivery that is leased to this process and waits for a slot. */
export interface Leased {
  delivery: ClaimedDelivery;
  /** Unix ms. */
  leaseEndsAt: number;
}

/**
 * The queue of one subscription: what is claimed and not started, what is in flight, and when the store has more. It
 * decides what may be started and claimed now; it reads no clock and starts nothing itself.
 */
export class Lane {
  readonly rowId: number;
  readonly transport: DeliveryTransport;
  subscription: Subscription;
  readonly ready = new Fifo<Leased>();
  inFlight = 0;
  /** When the store may have something for it, unix ms: 0 when it should be asked, Infinity when it has nothing. */
  dueAt = Number.POSITIVE_INFINITY;
  isClaiming = false;
  /** In the ring of lanes that wait for a slot. */
  isQueued = false;
  /** The store disabled it; the lookup will say so soon. */
  isShut = false;
  /** Ends of the leases of fresh deliveries that are on their way into the store. */
  readonly #reserved = new Fifo<number>();
  #bucket: TokenBucket | undefined;
  #prefetch = 0;
  #claimedAt = 0;
  /** What retries may claim before fresh deliveries, so far as it was not used. */
  #retryCredit = 0;

  constructor(subscription: Subscription, transport: DeliveryTransport) {
    this.rowId = subscription.rowId;
    this.transport = transport;
    this.subscription = subscription;
    this.#bucket = subscription.rateLimit === undefined ? undefined : new TokenBucket(subscription.rateLimit);
  }

  /** Takes over a change. Returns whether it takes deliveries now and did not before. */
  update(subscription: Subscription): boolean {
    if (subscription === this.subscription) return false;
    const tookBefore = this.takes;
    this.subscription = subscription;
    this.isShut = false;
    const { rateLimit } = subscription;
    if (rateLimit === undefined) this.#bucket = undefined;
    else if (rateLimit.count !== this.#bucket?.limit.count || rateLimit.perMs !== this.#bucket.limit.perMs) {
      this.#bucket = new TokenBucket(rateLimit);
    }
    return this.takes && !tookBefore;
  }

  /** Whether anything may be sent to it at all. */
  get takes(): boolean {
    return this.subscription.enabled && !this.subscription.paused && !this.isShut;
  }

  get reserved(): number {
    return this.#reserved.size;
  }

  /** End of a lease that is taken now. */
  leaseEndsAt(now: number): number {
    return now + this.subscription.timeoutMs + LEASE_SLACK_MS;
  }

  /** Whether a delivery may be started now: a free slot of its own, room on the way, a token. */
  canStart(now: number): boolean {
    return (
      this.takes &&
      this.inFlight < this.subscription.concurrency &&
      0 < this.transport.room(this.subscription) &&
      (this.#bucket === undefined || 0 < this.#bucket.available(now))
    );
  }

  /** Counts a start. Every one must be followed by `inFlight -= 1`. */
  start(now: number): void {
    this.inFlight += 1;
    this.#bucket?.take(now);
  }

  /** How many to claim now; 0 when enough is at hand or nothing is due. */
  claimLimit(now: number): number {
    if (!this.takes || this.isClaiming || now < this.dueAt) return 0;
    if (this.#prefetch < 2 * this.ready.size) return 0;
    const free = this.#free(now);
    const isPlain = this.#bucket === undefined && this.transport.room(this.subscription) === Number.POSITIVE_INFINITY;
    return Math.max(0, free + (isPlain ? this.#prefetch : 0));
  }

  /** Slots that nothing which is ready or on its way will take. */
  #free(now: number): number {
    const { concurrency } = this.subscription;
    const spoken = this.ready.size + this.#reserved.size;
    return (
      Math.min(
        concurrency - this.inFlight,
        this.transport.room(this.subscription),
        this.#bucket?.available(now) ?? Number.POSITIVE_INFINITY,
      ) - spoken
    );
  }

  /** How many of a claim of `limit` may be retries although fresh deliveries wait. */
  retriesOf(limit: number): number {
    // At most one portion is saved up: a storm of retries after a quiet time must not come before everything else.
    this.#retryCredit = Math.min(this.#retryCredit + limit * RETRY_SHARE, 1 + limit * RETRY_SHARE);
    const retries = Math.floor(this.#retryCredit);
    this.#retryCredit -= retries;
    return retries;
  }

  claimSent(): void {
    this.isClaiming = true;
    // From here on only news lowers it; the answer says what is left.
    this.dueAt = Number.POSITIVE_INFINITY;
  }

  /**
   * To be called before what was claimed becomes ready.
   *
   * @param nextDueAt of what is left in the store, unix ms; undefined: nothing.
   */
  claimAnswered(nextDueAt: number | undefined, now: number): void {
    this.isClaiming = false;
    this.dueAt = Math.min(this.dueAt, nextDueAt ?? Number.POSITIVE_INFINITY);
    // The last claim lasted long: claim less far ahead, so that a slow receiver's deliveries wait where others can see
    // them. It ran dry while more was due: further ahead, so that a quick receiver's slots never idle.
    if (PREFETCH_MS < now - this.#claimedAt) {
      this.#prefetch = Math.floor(this.#prefetch / 2);
    } else if (this.ready.size === 0 && this.inFlight < this.subscription.concurrency && this.dueAt <= now) {
      this.#prefetch = Math.min(Math.max(2 * this.#prefetch, this.subscription.concurrency), MAX_PREFETCH);
    }
    this.#claimedAt = now;
  }

  /** Whether a fresh delivery could start right now and would jump no queue. */
  hasRoom(now: number): boolean {
    return this.takes && !this.isClaiming && now < this.dueAt && 0 < this.#free(now);
  }

  reserve(leaseEndsAt: number): void {
    this.#reserved.push(leaseEndsAt);
  }

  /** End of the oldest reserved lease; undefined when none is reserved. */
  unreserve(): number | undefined {
    return this.#reserved.shift();
  }

  /** When to look at it again without any news, unix ms. */
  wakeAt(now: number): number {
    if (!this.takes) return Number.POSITIVE_INFINITY;
    const hasWork = 0 < this.ready.size || this.dueAt <= now;
    if (hasWork && this.#bucket !== undefined) {
      const nextToken = this.#bucket.nextAt(now);
      if (now < nextToken) return nextToken;
    }
    return now < this.dueAt ? this.dueAt : Number.POSITIVE_INFINITY;
  }
}
