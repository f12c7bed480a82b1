import type { ClaimedDelivery, RecordedAttempt } from "../core/delivery.ts";
import type { TokenBucket } from "../core/rate-limit.ts";
import { doubtfulShare, isScarce, laneShare, tenantShare } from "../core/slot-share.ts";
import type { Lane, Leased } from "./lane.ts";
import { FRESH, type Host, KINDS, type Kind, kindOf, type Limits, RETRIES, type Tenant } from "./limits.ts";
import { Line, TurnRing } from "./turn-ring.ts";
import type { Sleeper, WakeHeap } from "./wake-heap.ts";

/** Fresh deliveries that may wait for a slot without having been written as waiting; of larger ones as many as 32 MiB. */
const MAX_AHEAD = 16_384;
const AHEAD_BYTES = 32 * 1024 * 1024;
const SMALL_PAYLOAD_BYTES = 8 * 1024;
/** While both wait, a retry's turn comes after so many deliveries that were never tried. */
const FRESH_TURNS = 3;

/**
 * The slots of this process, and whose turn it is. They go around: one delivery to each tenant that can start one, of
 * each of its lanes in turn; what was never tried comes before retries, three to one; and the last slots are given out
 * by shares. So a subscription with a long queue, one that hangs, or a storm of retries takes nothing from the others.
 */
export class Slots {
  readonly count: number;
  inFlight = 0;
  /** Deliveries that are leased and not started, and their bytes of payload. */
  ready = 0;
  readyBytes = 0;
  /** Fresh deliveries on their way into the store that have room here. */
  reserved = 0;
  readonly #limits: Limits;
  readonly #sleepers: WakeHeap<Sleeper>;
  /** Lanes with something at hand. */
  readonly #rings: readonly [TurnRing<Tenant, Lane>, TurnRing<Tenant, Lane>];
  /** Those who had more than their share of the last slots when their turn came, and doubtful ones that came too many. */
  readonly #crowdedOut = new Line<Lane>();
  readonly #crowdedTenants = new Set<Tenant>();
  readonly #doubtfulOut = new Line<Lane>();
  /** Taken out of the lines because it does not fit into its lease any more. */
  #stale: Leased[] = [];
  #doubtfulInFlight = 0;
  /** Those with something in flight or at hand. */
  #busyLanes = 0;
  #busyTenants = 0;
  /** Fresh deliveries started while retries waited, since the last of those. */
  #freshInARow = 0;

  constructor(count: number, limits: Limits, sleepers: WakeHeap<Sleeper>) {
    this.count = count;
    this.#limits = limits;
    this.#sleepers = sleepers;
    const mayStart = (tenant: Tenant, now: number): boolean => this.#tenantMayStart(tenant, now);
    this.#rings = [new TurnRing(mayStart), new TurnRing(mayStart)];
  }

  get free(): number {
    return this.count - this.inFlight;
  }

  /** How many more may be claimed now, so far as the limit of the process goes. */
  quota(now: number): number {
    const { process } = this.#limits;
    return process === undefined ? Number.POSITIVE_INFINITY : process.available(now) - this.ready;
  }

  /** Whether retries, and what goes to a receiver that failed last, may start beside those that are in flight. */
  get doubtfulMayStart(): boolean {
    return this.#doubtfulInFlight < doubtfulShare(this.count, this.free);
  }

  add(leased: Leased): void {
    const { lane, delivery } = leased;
    const kind = kindOf(delivery);
    lane.ready[kind].push(leased);
    this.ready += 1;
    this.readyBytes += delivery.event.data.length;
    lane.tenant.spoken += 1;
    if (kind === RETRIES && lane.host !== undefined) lane.host.promised += 1;
    this.#countBusy(lane);
    this.#rings[kind].push(lane.tenant.starts[kind], lane.startTurns[kind]);
  }

  /** Stands the lane in line with what it has at hand. */
  line(lane: Lane): void {
    for (const kind of KINDS) {
      if (0 < lane.ready[kind].size) this.#rings[kind].push(lane.tenant.starts[kind], lane.startTurns[kind]);
    }
  }

  /** The next delivery whose turn it is and that can start now; it counts as started from here on. */
  next(now: number): Leased | undefined {
    const { process } = this.#limits;
    if (this.free <= 0 || (process !== undefined && process.available(now) < 1)) return undefined;
    const [fresh, retries] = this.#rings;
    const retryMay = 0 < retries.size && this.doubtfulMayStart;
    if (retryMay && (fresh.size === 0 || FRESH_TURNS <= this.#freshInARow)) {
      return this.#startNext(RETRIES, now) ?? this.#startNext(FRESH, now);
    }
    return this.#startNext(FRESH, now) ?? (retryMay ? this.#startNext(RETRIES, now) : undefined);
  }

  /** `recorded` undefined: it was not sent. */
  ended({ lane, delivery, isDoubtful }: Leased, recorded: RecordedAttempt | undefined): void {
    lane.ended(delivery, recorded);
    this.inFlight -= 1;
    lane.tenant.inFlight -= 1;
    if (isDoubtful) this.#doubtfulInFlight -= 1;
    this.#countBusy(lane);
    this.resume(lane.tenant);
    this.#letBackIn();
  }

  /** These are at hand no more, and were not started. */
  taken(lane: Lane, taken: readonly Leased[]): void {
    for (const { delivery } of taken) this.#uncount(lane, delivery);
    this.#countBusy(lane);
    this.resume(lane.tenant);
  }

  /** For `Lanes.takeStale`. */
  takeStale(): Leased[] {
    if (this.#stale.length === 0) return this.#stale;
    const stale = this.#stale;
    this.#stale = [];
    return stale;
  }

  /**
   * Whether one more fresh delivery of this lane could start right now, or may wait here for its turn, and would jump no
   * queue. What waits here is held in memory: that is for small payloads only.
   */
  hasRoom(lane: Lane, now: number, payloadBytes = Number.POSITIVE_INFINITY): boolean {
    // Half of the room is shared out; the other half is for lanes that start more than their share in time.
    if (!lane.hasRoom(now, MAX_AHEAD / 2 / (this.#busyLanes + 1))) return false;
    if (this.quota(now) <= this.reserved || lane.tenant.quota(now) <= this.reserved) return false;
    const free = this.free - this.reserved;
    if (free <= 0 || 0 < this.#rings[FRESH].size) {
      // The slots of a process that is full come free within milliseconds, or its lanes hang: then the lease gives it up.
      if (SMALL_PAYLOAD_BYTES < payloadBytes) return false;
      return this.ready + this.reserved < Math.min(MAX_AHEAD, AHEAD_BYTES / Math.max(1, payloadBytes));
    }
    if (lane.isDoubtful && !this.doubtfulMayStart) return false;
    return lane.inFlight + lane.reserved < laneShare(this.count, free, this.#busyLanes + 1);
  }

  /** How many this lane could start now beyond what is at hand, were all free slots its own. */
  startable(lane: Lane, now: number): number {
    // One with nothing in flight has no end to be looked at again after: it may wait here.
    const isBound = lane.isDoubtful && 0 < lane.inFlight;
    const doubtful = isBound
      ? doubtfulShare(this.count, this.free) - this.#doubtfulInFlight - lane.readyCount
      : Number.POSITIVE_INFINITY;
    return Math.min(lane.free(now), this.#laneShare - lane.inFlight - lane.readyCount, doubtful);
  }

  /** When the limits that it shares with others let it go on; undefined: they do now. */
  limitedUntil(lane: Lane, now: number) {
    const until = (bucket: TokenBucket | undefined): number | undefined =>
      bucket === undefined || 0 < bucket.available(now) ? undefined : bucket.nextAt(now);
    return {
      processLimitedUntil: until(this.#limits.process),
      tenantLimitedUntil: until(lane.tenant.bucket),
      hostLimitedUntil: lane.hostTurn.isWaiting ? until(lane.host?.bucket) : undefined,
    };
  }

  /** The tenant may have reason to go on. */
  resume(tenant: Tenant): void {
    this.#rings[FRESH].resume(tenant.starts[FRESH]);
    this.#rings[RETRIES].resume(tenant.starts[RETRIES]);
  }

  #startNext(kind: Kind, now: number): Leased | undefined {
    const ring = this.#rings[kind];
    for (let lane = ring.shift(now); lane !== undefined; lane = ring.shift(now)) {
      const queue = lane.ready[kind];
      if (lane.isStale(queue.first, now)) this.#dropStale(lane, now);
      if (queue.size === 0 || !this.#mayStart(lane, kind, now)) continue;
      const leased = queue.shift()!;
      this.#begin(leased, kind, now);
      if (0 < queue.size) ring.push(lane.tenant.starts[kind], lane.startTurns[kind]);
      return leased;
    }
    return undefined;
  }

  /** A lane that may not comes back by itself: when it is touched, when time has come, when slots are plenty again. */
  #mayStart(lane: Lane, kind: Kind, now: number): boolean {
    if (!lane.canStart(now)) {
      this.#sleepers.wakeBy(lane, lane.nextLookAt(now));
      return false;
    }
    if (this.#laneShare <= lane.inFlight) {
      this.#crowdedOut.push(lane.crowdTurn);
      return false;
    }
    if (lane.isDoubtful && !this.doubtfulMayStart) {
      this.#doubtfulOut.push(lane.doubtTurn);
      return false;
    }
    const { host } = lane;
    if (host === undefined || this.#hasToken(host, lane, kind, now)) return true;
    host.waiting.push(lane.hostTurn);
    this.#sleepers.wakeBy(host, host.bucket.lookAgainAt(now));
    return false;
  }

  /** A retry has one to its name; a fresh delivery that only finds out whether the receiver is back takes one, too. */
  #hasToken(host: Host, lane: Lane, kind: Kind, now: number): boolean {
    if (kind === RETRIES) return 0 < host.bucket.available(now);
    return !lane.isProbing || 0 < host.quota(now);
  }

  #begin(leased: Leased, kind: Kind, now: number): void {
    const { lane, delivery } = leased;
    this.#freshInARow = kind === RETRIES || this.#rings[RETRIES].size === 0 ? 0 : this.#freshInARow + 1;
    this.#uncount(lane, delivery);
    const { host, tenant } = lane;
    if (host !== undefined && (kind === RETRIES || lane.isProbing)) {
      host.bucket.take(now);
      if (0 < host.waiting.size) this.#sleepers.wakeBy(host, host.bucket.lookAgainAt(now));
    }
    lane.start(delivery, now);
    this.#limits.process?.take(now);
    if (tenant.bucket !== undefined) {
      tenant.bucket.take(now);
      // Those who wait to claim for it were told of no moment while its tokens were only promised.
      if (tenant.claims.some(({ isParked }) => isParked)) {
        this.#sleepers.wakeBy(tenant, tenant.bucket.lookAgainAt(now));
      }
    }
    this.inFlight += 1;
    tenant.inFlight += 1;
    leased.isDoubtful = kind === RETRIES || lane.isDoubtful;
    if (leased.isDoubtful) this.#doubtfulInFlight += 1;
  }

  #tenantMayStart(tenant: Tenant, now: number): boolean {
    if (tenantShare(this.count, this.free, this.#busyTenants) <= tenant.inFlight) {
      this.#crowdedTenants.add(tenant);
      return false;
    }
    if (tenant.bucket === undefined || 0 < tenant.bucket.available(now)) return true;
    this.#sleepers.wakeBy(tenant, tenant.bucket.lookAgainAt(now));
    return false;
  }

  /** How many slots one lane may hold now. */
  get #laneShare(): number {
    return laneShare(this.count, this.free, this.#busyLanes);
  }

  #letBackIn(): void {
    if (0 < this.#crowdedOut.size && !isScarce(this.count, this.free)) {
      for (let lane = this.#crowdedOut.shift(); lane !== undefined; lane = this.#crowdedOut.shift()) this.line(lane);
    }
    for (const tenant of this.#crowdedTenants) {
      if (tenantShare(this.count, this.free, this.#busyTenants) <= tenant.inFlight) continue;
      this.#crowdedTenants.delete(tenant);
      this.resume(tenant);
    }
    const doubtful = doubtfulShare(this.count, this.free) - this.#doubtfulInFlight;
    for (let n = Math.min(doubtful, this.#doubtfulOut.size); 0 < n; n--) this.line(this.#doubtfulOut.shift()!);
  }

  #dropStale(lane: Lane, now: number): void {
    const stale = lane.takeStale(now);
    for (const { delivery } of stale) this.#uncount(lane, delivery);
    this.#countBusy(lane);
    this.#stale.push(...stale);
  }

  /** It is at hand no more. */
  #uncount(lane: Lane, delivery: ClaimedDelivery): void {
    this.ready -= 1;
    this.readyBytes -= delivery.event.data.length;
    lane.tenant.spoken -= 1;
    if (lane.host !== undefined && kindOf(delivery) === RETRIES) lane.host.promised -= 1;
  }

  #countBusy(lane: Lane): void {
    const isBusy = 0 < lane.inFlight || 0 < lane.readyCount;
    if (isBusy === lane.isBusy) return;
    lane.isBusy = isBusy;
    const { tenant } = lane;
    this.#busyLanes += isBusy ? 1 : -1;
    tenant.busyLanes += isBusy ? 1 : -1;
    if (isBusy && tenant.busyLanes === 1) this.#busyTenants += 1;
    if (!isBusy && tenant.busyLanes === 0) this.#busyTenants -= 1;
  }
}
