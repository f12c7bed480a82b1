// One loop over one state: what it claims, starts and records decide together what may be done next.

import type { ClaimedDelivery, ClaimedEvent, RecordedAttempt } from "../core/delivery.ts";
import { HooksError } from "../core/errors.ts";
import { InFlight } from "../core/in-flight.ts";
import type { DisabledReason, Transport } from "../core/subscription.ts";
import type { LaneFacts } from "../core/why/lane-facts.ts";
import type { LaneClaimed, Lease, RecordReceipt } from "../store/store.ts";
import { YoungGeneration } from "../young-generation.ts";
import { type AttemptRecorded, attemptRecorded } from "./attempt-recorded.ts";
import { allOf, Batches } from "./batches.ts";
import { Claimer } from "./claimer.ts";
import { deliverBatch } from "./deliver-batch.ts";
import { type DeliverOnceOptions, deliverOnce } from "./deliver-once.ts";
import type { Lane, Leased } from "./lane.ts";
import { laneFactsOf } from "./lane-facts.ts";
import { Lanes } from "./lanes.ts";
import type { DispatchRates } from "./limits.ts";
import type { DispatchStore } from "./shifted-store.ts";
import type { DeliveryTransport, SubscriptionLookup } from "./transport.ts";
import { WakeTimer } from "./wake-timer.ts";
import { within } from "./within.ts";
import { WriteQueue } from "./write-queue.ts";

export interface DispatcherOptions extends Pick<DeliverOnceOptions, "userAgent" | "profiles" | "convert"> {
  store: DispatchStore;
  subscriptions: SubscriptionLookup;
  transports: Record<Transport, DeliveryTransport>;
  /** Boot id of this process: whose leases are ours. */
  worker: string;
  /** Unix ms, of a clock that nobody sets (steady-clock.ts): schedules and limits go by it. */
  now(): number;
  /** Unix ms, of the wall clock: signatures and records show it. Left out: `now`. */
  wallNow?: (() => number) | undefined;
  /** Uniform in [0, 1); moves the waits by their jitter. */
  random(): number;
  /** Attempts in flight at once, over all subscriptions. */
  concurrency: number;
  /** Undefined or left out: no limits beside the subscriptions' own. */
  rates?: DispatchRates | undefined;
  /** What goes with these events from hop to hop, name, value …: trace and loop mark. Left out: nothing. */
  hopHeaders?: ((events: readonly ClaimedEvent[]) => readonly string[]) | undefined;
  /** A fault of ours: no receiver did it. The attempt is recorded as failed all the same. */
  onFault?: ((error: unknown, delivery: ClaimedDelivery) => void) | undefined;
  /** After each attempt, once it is on disk. */
  onAttempt?: ((record: AttemptRecorded) => void) | undefined;
  /** A recorded attempt switched this subscription off. */
  onDisabled?: ((subscriptionRowId: number, reason: DisabledReason) => void) | undefined;
  /** The store does not work any more, or a fault of ours: nothing is sent from here on; the process should end. */
  onFatal(error: Error): void;
}

/** How long `stop` waits for a store that cannot be written; what is unrecorded then is sent again by the next start. */
const LAST_WRITES_MS = 10_000;

/** An outcome that waits for the disk. */
interface Outcome {
  lane: Lane;
  recorded: RecordedAttempt;
  /** Made at the end of the attempt, so that the payload need not be kept until it is on disk. */
  record: AttemptRecorded | undefined;
}

interface Release {
  delivery: ClaimedDelivery;
  /** Where it comes from; undefined: its lane is gone. */
  lane: Lane | undefined;
  /** Its subscription is gone, so nobody would ever claim it. */
  isOrphan: boolean;
}

/**
 * The loop: claims what is due, gives it to the lanes, starts what may start, records what came of it. Nothing is
 * polled: it sleeps until the next due time, or until it is told of news (`wake`, `offer`, `subscriptionsChanged`).
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #lanes: Lanes;
  readonly #claimer: Claimer;
  readonly #batches: Batches<Lane>;
  readonly #outcomes: WriteQueue<Outcome, RecordReceipt>;
  readonly #releases: WriteQueue<Release, void>;
  /** Outcomes that may wait for the disk before nothing more is started. */
  readonly #maxUnrecorded: number;
  readonly #timer = new WakeTimer(() => this.#sweep());
  readonly #youngGeneration = new YoungGeneration();
  readonly #inFlight = new InFlight<Leased>();
  #sweptAt = 0;
  #state: "new" | "running" | "stopping" | "stopped" = "new";
  #onQuiet: (() => void) | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { store, worker, now, concurrency } = options;
    const onFatal = (error: unknown) => this.#fail(error);
    this.#maxUnrecorded = Math.max(2_048, 4 * concurrency);
    this.#lanes = new Lanes({ transports: options.transports, slots: concurrency, rates: options.rates });
    this.#claimer = new Claimer({
      store,
      lanes: this.#lanes,
      maxReady: Math.max(4_096, 4 * concurrency),
      worker,
      now,
      onPlanned: () => this.#setTimer(),
      onClaimed: (claimed, leaseEndsAt) => this.#claimed(claimed, leaseEndsAt),
      onLearned: (lanes) => this.#watchAll(lanes),
      onFatal,
    });
    this.#batches = new Batches({ now, onRipe: (lane, batch, leaseEndsAt) => this.#ripe(lane, batch, leaseEndsAt) });
    this.#outcomes = new WriteQueue<Outcome, RecordReceipt>({
      write: (outcomes) =>
        store.recordAttempts(
          worker,
          outcomes.map((outcome) => outcome.recorded),
        ),
      onWritten: (outcomes, receipt) => this.#recorded(outcomes, receipt),
      onFatal,
    });
    this.#releases = new WriteQueue<Release, void>({
      write: (releases) => this.#release(releases),
      onWritten: (releases) => this.#released(releases),
      onFatal,
    });
  }

  /** Takes back the leases of dead processes and begins. */
  async start(): Promise<void> {
    const { store, worker, now } = this.#options;
    await store.reclaimLeases(worker, now());
    this.#state = "running";
    this.#lanes.update(this.#options.subscriptions, now());
    await this.#claimer.learn();
  }

  /** Requests that are not answered. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Something of this subscription (undefined: of any) may be due. */
  wake(subscriptionRowId?: number): void {
    if (this.#state !== "running") return;
    const lane = subscriptionRowId === undefined ? undefined : this.#lanes.get(subscriptionRowId);
    if (lane !== undefined) {
      lane.dueBy(0);
      this.#watchAll([lane]);
    } else if (subscriptionRowId === undefined) {
      // Time may have passed that no timer has seen: the machine slept.
      this.#sweep();
      void this.#claimer.learn();
    } else {
      this.subscriptionsChanged();
    }
  }

  /** A tunnel's listener came, takes more, or is gone: then others may have what waits here for it. */
  roomChanged(subscriptionRowId: number): void {
    const lane = this.#lanes.get(subscriptionRowId);
    if (lane === undefined || this.#state !== "running") return;
    if (0 < lane.readyCount && !lane.isThere) this.#giveBack(lane, false);
    this.#watchAll([lane]);
  }

  /** Subscriptions were made, changed, paused, resumed, enabled, disabled or deleted. */
  subscriptionsChanged(): void {
    if (this.#state !== "running") return;
    const now = this.#options.now();
    const { opened, removed, closed } = this.#lanes.update(this.#options.subscriptions, now);
    for (const lane of removed) this.#giveBack(lane, true);
    for (const lane of closed) this.#giveBack(lane, false);
    if (0 < opened.length) void this.#claimer.learn(opened);
    this.#run();
  }

  /**
   * A lease for one more fresh delivery of this subscription, with room reserved for it; undefined when it would have
   * to wait. `offer` or `abandon` must follow.
   */
  freshLease(subscriptionRowId: number, payloadBytes?: number): Lease | undefined {
    if (this.#state !== "running" || this.#isBehind()) return undefined;
    const lane = this.#lanes.get(subscriptionRowId);
    const now = this.#options.now();
    if (lane === undefined || !this.#lanes.slots.hasRoom(lane, now, payloadBytes)) return undefined;
    const endsAt = lane.leaseEndsAt(now);
    lane.reserve(endsAt);
    this.#lanes.slots.reserved += 1;
    return { worker: this.#options.worker, endsAt };
  }

  /** Fresh deliveries that were stored with leases of `freshLease`: sent without being read back. */
  offer(deliveries: readonly ClaimedDelivery[]): void {
    const now = this.#options.now();
    for (const delivery of deliveries) {
      const lane = this.#lanes.get(delivery.subscriptionRowId);
      const leaseEndsAt = this.#unreserve(lane);
      if (lane?.takes === true && !lane.rests(now) && this.#state === "running") {
        this.#take(lane, delivery, leaseEndsAt);
      } else {
        this.#giveUp(lane, delivery, lane === undefined && this.#state === "running");
      }
    }
    this.#run();
  }

  /** What holds this subscription back at this moment; undefined: it has no lane. */
  laneFacts(subscriptionRowId: number): { lane: LaneFacts; now: number } | undefined {
    const lane = this.#lanes.get(subscriptionRowId);
    if (lane === undefined) return undefined;
    const now = this.#options.now();
    const shared = { slots: this.#lanes.slots, batches: this.#batches, isBehind: this.#isBehind(), now };
    return { lane: laneFactsOf(lane, shared), now };
  }

  /** Leases of `freshLease` that were not used: one entry for each. */
  abandon(subscriptionRowIds: readonly number[]): void {
    for (const rowId of subscriptionRowIds) {
      const lane = this.#lanes.get(rowId);
      this.#unreserve(lane);
      if (lane !== undefined) this.#lanes.touch(lane, this.#options.now());
    }
    this.#run();
  }

  /**
   * Claims nothing more, lets what is in flight finish for at most `drainMs`, records it, and gives every other lease
   * back. What was still in flight then is sent again by whoever claims it next.
   */
  async stop({ drainMs }: { drainMs: number }): Promise<void> {
    if (this.#state === "stopping" || this.#state === "stopped") return;
    this.#state = "stopping";
    this.#timer.clear();
    await this.#claimer.stop();
    for (const lane of this.#lanes.all()) this.#giveBack(lane, false);
    this.#batches.stop();
    if (0 < this.#inFlight.size) {
      await within(
        drainMs,
        new Promise<void>((resolve) => {
          this.#onQuiet = resolve;
        }),
      );
    }
    this.#state = "stopped";
    for (const { delivery } of this.#inFlight.all()) this.#giveUp(undefined, delivery, false);
    await within(LAST_WRITES_MS, Promise.all([this.#outcomes.idle(), this.#releases.idle()]));
  }

  // ---- starting --------------------------------------------------------------------------------------------------

  /** Starts whatever may start, then sees to claims. */
  #run(): void {
    if (this.#state !== "running") return;
    const { slots } = this.#lanes;
    while (!this.#isBehind()) {
      const next = slots.next(this.#options.now());
      if (next === undefined) break;
      this.#start(next);
    }
    const stale = this.#lanes.takeStale(this.#options.now());
    for (const { lane, delivery } of stale) this.#giveUp(lane, delivery, false);
    if (this.#lanes.isHungry) this.#claimer.claim();
    this.#setTimer();
  }

  /** So many outcomes wait for the disk that nothing more is started. */
  #isBehind(): boolean {
    return this.#maxUnrecorded <= this.#outcomes.size;
  }

  #start(leased: Leased): void {
    const { lane, delivery } = leased;
    this.#inFlight.add(leased);
    const deliver = delivery.with === undefined ? deliverOnce : deliverBatch;
    deliver(delivery, lane.subscription, lane.transport, this.#options, (conclude) => {
      try {
        this.#ended(leased, conclude());
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #ended(leased: Leased, recorded: RecordedAttempt | undefined): void {
    if (this.#state === "stopped") return;
    const { lane, delivery } = leased;
    this.#inFlight.delete(leased);
    this.#lanes.slots.ended(leased, recorded);
    if (recorded === undefined) {
      this.#giveUp(lane, delivery, false);
      // What is at hand happened later: with a listener that is gone it would come first.
      if (0 < lane.readyCount && lane.keepsOrder) this.#giveBack(lane, false);
    } else if (recorded.with === undefined) {
      this.#record(lane, delivery, recorded);
    } else {
      const attempts = allOf(recorded);
      for (const [index, one] of allOf(delivery).entries()) this.#record(lane, one, attempts[index]!);
    }
    if (this.#inFlight.size === 0) this.#onQuiet?.();
    const now = this.#options.now();
    // Others may see it then, and it needs no lease while its receiver rests.
    if ((0 < lane.readyCount || lane.subscription.batch !== undefined) && lane.rests(now)) this.#giveBack(lane, false);
    this.#lanes.touch(lane, now);
    this.#run();
  }

  #claimed(claimed: readonly LaneClaimed[], leaseEndsAt: number): void {
    this.#youngGeneration.hold();
    const now = this.#options.now();
    // While nothing can be written a lease may end, and come back with the next claim: what ended is recorded, not sent.
    const ended = new Map(this.#outcomes.held().map(({ recorded: r }) => [r.deliveryRowId, r.attempt.number]));
    for (const { subscriptionRowId, deliveries } of claimed) {
      const lane = this.#lanes.get(subscriptionRowId);
      for (const delivery of deliveries) {
        // The store may know of it by now, and only its answer be on the way: then this is the next attempt's turn.
        if (delivery.attemptCount < (ended.get(delivery.rowId) ?? 0)) continue;
        if (lane?.takes === true && this.#state === "running") this.#take(lane, delivery, leaseEndsAt);
        else this.#giveUp(lane, delivery, lane === undefined);
      }
      if (lane !== undefined) this.#lanes.touch(lane, now);
    }
    for (const { subscriptionRowId } of claimed) this.#lanes.settle(subscriptionRowId, now);
    this.#run();
  }

  /** This process has it: it goes into its lane, or waits for others to go with. */
  #take(lane: Lane, delivery: ClaimedDelivery, leaseEndsAt: number): void {
    if (lane.mustReturn) this.#giveUp(lane, delivery, false);
    else if (lane.subscription.batch === undefined) this.#lanes.addReady(lane, delivery, leaseEndsAt);
    else this.#batches.add(lane, lane.subscription.batch, delivery, leaseEndsAt);
  }

  #ripe(lane: Lane, delivery: ClaimedDelivery, leaseEndsAt: number): void {
    const now = this.#options.now();
    // While its receiver rests, only as what finds out whether it is back.
    const mayGo = lane.takes && lane.subscription.batch !== undefined && (!lane.rests(now) || lane.canStart(now));
    if (mayGo && this.#state === "running") this.#lanes.addReady(lane, delivery, leaseEndsAt);
    else this.#giveUp(lane, delivery, false);
    this.#run();
  }

  // ---- writing ---------------------------------------------------------------------------------------------------

  #recorded(outcomes: readonly Outcome[], { disabled, released }: RecordReceipt): void {
    const { onAttempt, onDisabled, now } = this.#options;
    for (const { lane, recorded, record } of outcomes) {
      if (recorded.verdict.kind === "retry" && lane.retryDueBy(recorded.verdict.at)) this.#lanes.touch(lane, now());
      if (record !== undefined) onAttempt?.(record);
    }
    for (const subscriptionRowId of released) this.#mayBeDue(subscriptionRowId);
    for (const { subscriptionRowId, reason } of disabled) {
      const lane = this.#lanes.get(subscriptionRowId);
      if (lane !== undefined) {
        lane.isShut = true;
        this.#giveBack(lane, false);
      }
      onDisabled?.(subscriptionRowId, reason);
    }
    this.#run();
  }

  #record(lane: Lane, delivery: ClaimedDelivery, recorded: RecordedAttempt): void {
    const { onAttempt } = this.#options;
    const record = onAttempt === undefined ? undefined : attemptRecorded(recorded, delivery, lane.subscription);
    this.#outcomes.add({ lane, recorded, record });
  }

  async #release(releases: readonly Release[]): Promise<void> {
    const { store, worker, now } = this.#options;
    const rowIdsOf = ({ delivery }: Release): number[] => allOf(delivery).map(({ rowId }) => rowId);
    await store.releaseLeases(worker, releases.flatMap(rowIdsOf), now());
    for (const rowId of releases.filter(({ isOrphan }) => isOrphan).flatMap(rowIdsOf)) {
      await store.cancelDelivery(rowId, "subscription_deleted", now());
    }
  }

  #released(releases: readonly Release[]): void {
    for (const { lane } of releases) if (lane !== undefined) lane.returning -= 1;
    for (const { delivery } of releases) this.#mayBeDue(delivery.subscriptionRowId);
    this.#run();
  }

  #mayBeDue(subscriptionRowId: number): void {
    const lane = this.#lanes.get(subscriptionRowId);
    if (lane === undefined) return;
    lane.dueBy(0);
    this.#lanes.touch(lane, this.#options.now());
  }

  #giveBack(lane: Lane, isOrphan: boolean): void {
    const taken = this.#lanes.takeReady(lane, this.#options.now());
    for (const { delivery } of taken) this.#giveUp(lane, delivery, isOrphan);
    for (const delivery of this.#batches.take(lane)) this.#giveUp(lane, delivery, isOrphan);
  }

  #giveUp(lane: Lane | undefined, delivery: ClaimedDelivery, isOrphan: boolean): void {
    if (lane !== undefined) lane.returning += 1;
    this.#releases.add({ lane, delivery, isOrphan });
  }

  #unreserve(lane: Lane | undefined): number {
    this.#lanes.slots.reserved -= 1;
    return lane?.unreserve() ?? 0;
  }

  // ---- time ------------------------------------------------------------------------------------------------------

  #setTimer(): void {
    const now = this.#options.now();
    this.#timer.wakeAt(this.#lanes.nextWakeAt(now), now);
  }

  #watchAll(lanes: readonly Lane[]): void {
    const now = this.#options.now();
    for (const lane of lanes) this.#lanes.touch(lane, now);
    this.#run();
  }

  #sweep(): void {
    const now = this.#options.now();
    // What was to be woken at a time of a clock that was set back would sleep as much longer.
    const stale = now < this.#sweptAt ? this.#lanes.wakeAll(now) : this.#lanes.wake(now);
    this.#sweptAt = now;
    for (const { lane, delivery } of stale) this.#giveUp(lane, delivery, false);
    this.#run();
  }

  #fail(error: unknown): void {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    this.#timer.clear();
    this.#batches.stop();
    this.#onQuiet?.();
    this.#options.onFatal(
      error instanceof Error ? error : new HooksError("internal", "internal error", { cause: error }),
    );
  }
}
