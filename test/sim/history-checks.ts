import { attemptOf, STEP_MS } from "./checks.ts";
import { expectedVerdict } from "./expected-policy.ts";
import { nameOf, type RequestTale, type RowTale, takes } from "./ledger.ts";
import type { SimulatedDaemon } from "./simulated-daemon.ts";
import type { DeliveryState, HistoryListener, RecordedRow } from "./store-history.ts";
import type { World } from "./world.ts";

/** How long it may take until a change of a subscription decides who gets an event. */
const MATCH_MS = 2_000;
/** Longest that a write is under way, in a process that may stand still. */
const COMMIT_MS = 40 * 60_000;
const ENDED = new Set(["succeeded", "failed", "cancelled"]);
const NO_DELIVERY = { storedWith: 0, deliveryCount: 0 };

/** Keeps the ledger up with what is written to the store, and judges each write (properties P1–P5). */
export class HistoryChecks implements HistoryListener {
  readonly #world: World;
  /** A delivery whose lease counts as taken back five times: the attempt that says so must follow. */
  #interrupted: RowTale | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  eventStored(eventRowId: number, publicId: string, data: Uint8Array): void {
    const { ledger } = this.#world;
    const text = Buffer.from(data).toString();
    // What hooks itself publishes, of its own subscriptions.
    if (!text.startsWith('{"n":')) return;
    const event = ledger.eventOf(text);
    if (event === undefined) {
      this.#world.violate("P3", `an event ${publicId} is stored that nobody published`);
      return;
    }
    // Its id is forgotten with it: whoever got no answer and tries again long after publishes it anew.
    if (event.isDeleted)
      Object.assign(event, { isDeleted: false, publicId: undefined, body: undefined, ...NO_DELIVERY });
    if (event.publicId !== undefined) this.#world.violate("P1", `e${event.nonce} is stored twice`);
    if (event.givenId !== undefined && event.givenId !== publicId) {
      this.#world.violate("P3", `e${event.nonce} is stored as ${publicId} instead of ${event.givenId}`);
    }
    event.publicId = publicId;
    ledger.eventsByRow.set(eventRowId, event);
  }

  deliveryStored(rowId: number, eventRowId: number, subscriptionRowId: number, now: DeliveryState): void {
    const world = this.#world;
    const { ledger } = world;
    const event = ledger.eventsByRow.get(eventRowId)!;
    const subscription = ledger.subscriptionsByRow.get(subscriptionRowId)!;
    event.deliveryCount += 1;
    const row: RowTale = {
      ...now,
      rowId,
      event,
      subscription,
      recorded: new Set(),
      refused: new Set(),
      attemptsMade: [],
      interruptions: 0,
      notBefore: 0,
      learnedAt: undefined,
      isReopened: false,
      isDeleted: false,
    };
    ledger.rows.set(rowId, row);
    subscription.rows.push(row);
    if (now.state === "sending") this.#checkLeaser(row, this.#writer());
    if (now.trigger !== null) return;
    event.storedWith += 1;
    const { isEnabled, settledAt } = subscription;
    const isOut = !isEnabled && settledAt !== undefined && settledAt + MATCH_MS < event.publishedAt;
    if (!takes(subscription, event.type) || isOut) {
      world.violate("P3", `${nameOf(row)} is stored, but the subscription takes no such events`);
    }
  }

  deliveryMoved(rowId: number, now: DeliveryState): void {
    const row = this.#world.ledger.rows.get(rowId)!;
    const before = { ...row };
    Object.assign(row, now);
    const writer = this.#writer();
    const moved = `${nameOf(row)}: ${describe(before)} became ${describe(row)}`;
    if (now.attempts < before.attempts || before.attempts + 1 < now.attempts) {
      this.#world.violate("P5", `${moved}: attempts do not go on by one`);
    }
    if (now.attempts !== before.attempts && now.roundAttempts === before.roundAttempts) {
      row.refused.add(now.attempts);
      this.#world.count("stale result refused");
      const isKept = now.state === before.state && now.worker === before.worker && now.round === before.round;
      if (!isKept || now.claimableAt !== before.claimableAt) this.#world.violate("P4", `${moved} by an old lease`);
      return;
    }
    if (before.state === "sending") this.#leaseEnded(row, before, writer, moved);
    else if (now.state === "sending") this.#leased(row, before, writer, moved);
    else if (ENDED.has(before.state)) this.#reopened(row, before, moved);
    else if (now.trigger !== null && before.claimableAt !== now.claimableAt) row.isReopened = true;
    if (row.round !== before.round) row.interruptions = 0;
  }

  attemptRecorded(rowId: number, number: number, attempt: RecordedRow): void {
    const world = this.#world;
    const row = world.ledger.rows.get(rowId)!;
    if (row.isDeleted) world.violate("P2", `${nameOf(row)} is deleted, and an attempt of it is recorded`);
    // A write counts all its attempts first, and then stores them in any order: that none is missing is seen at the end.
    if (row.recorded.has(number)) world.violate("P5", `${nameOf(row)}: attempt ${number} is recorded twice`);
    if (row.attempts < number) world.violate("P5", `${nameOf(row)}: attempt ${number} of ${row.attempts} is recorded`);
    row.recorded.add(number);
    if (attempt.error?.startsWith("interrupted") === true) {
      this.#interrupted = undefined;
      row.interruptions += 1;
      row.learnedAt = undefined;
      world.count("taken back five times: an attempt");
      return;
    }
    if (this.#interrupted === row) world.violate("P4", `${nameOf(row)}: a result with an old lease was accepted`);
    const writer = this.#writer();
    const made = attemptOf(world, writer, row, attempt.remoteAddress);
    const request = made?.request;
    if (made === undefined || request?.daemon !== writer || request.answer === undefined) {
      world.violate("P2", `${nameOf(row)}: attempt ${number} is recorded, but no request had this result`);
      return;
    }
    if (made.isRecorded) world.violate("P5", `${nameOf(row)}: r${request.serial} is recorded twice`);
    made.isRecorded = true;
    this.#breakerStored(request);
    const { answer, policy, endedWall, endedAt } = request;
    const status = answer.status ?? null;
    const isSuccess = status !== null && 200 <= status && status <= 299;
    if (attempt.status !== status || (attempt.outcome === "success") !== isSuccess) {
      world.violate("P2", `${nameOf(row)}: recorded as ${attempt.outcome} ${attempt.status}, answered ${status}`);
    }
    if (row.refused.has(number)) return;
    if (row.state === "succeeded" && !isSuccess) world.violate("P2", `${nameOf(row)} succeeded by status ${status}`);
    const verdict = expectedVerdict(answer, policy, made.roundAttempts + 1, endedWall);
    row.isReopened = false;
    row.learnedAt = verdict.kind === "retry" && !request.isDrowsy ? endedAt : undefined;
    row.notBefore = verdict.kind === "retry" ? endedAt! + verdict.shortest : 0;
  }

  /** Rows of one write come in any order; the state that it leaves is that of the attempt which ended last. */
  #breakerStored({ subscription, breaker, isDrowsy, endedNth }: RequestTale): void {
    if (breaker === undefined || isDrowsy || endedNth < subscription.storedBreakerNth) return;
    subscription.storedBreaker = breaker;
    subscription.storedBreakerNth = endedNth;
  }

  /** Only what is older than is kept, by the clock that the machine has now. */
  eventDeleted(eventRowId: number, createdAt: number): void {
    const world = this.#world;
    const event = world.ledger.eventsByRow.get(eventRowId);
    if (event === undefined) return;
    event.isDeleted = true;
    const age = world.time.wall() - createdAt;
    const kept = world.options.retention.events;
    if (!world.clock.wasSet(0) && age < kept) {
      world.violate("retention", `e${event.nonce} is deleted after ${age} ms, events are kept for ${kept} ms`);
    }
    world.count("deleted by retention");
  }

  /** P1: what waits or is being sent is never deleted, nor what ended lately. */
  deliveryDeleted(rowId: number, completedAt: number | null): void {
    const world = this.#world;
    const row = world.ledger.rows.get(rowId);
    if (row === undefined) return;
    row.isDeleted = true;
    if (!ENDED.has(row.state) || completedAt === null) {
      world.violate("P1", `${nameOf(row)} is deleted while it is ${describe(row)}`);
      return;
    }
    row.event.deliveryCount -= 1;
    const { events, dead_letters } = world.options.retention;
    const kept = row.state !== "failed" ? events : dead_letters === 0 ? Number.POSITIVE_INFINITY : dead_letters;
    const age = world.time.wall() - completedAt;
    if (!world.clock.wasSet(0) && age < kept) {
      world.violate("retention", `${nameOf(row)}, ${row.state}, is deleted after ${age} ms, it is kept for ${kept} ms`);
    }
  }

  subscriptionStored(rowId: number, name: string): void {
    const { ledger, time } = this.#world;
    const subscription = ledger.subscriptions.find((one) => one.name === name)!;
    subscription.rowId = rowId;
    subscription.changedAt = time.now;
    ledger.subscriptionsByRow.set(rowId, subscription);
  }

  subscriptionSwitched(rowId: number, isEnabled: boolean, isPaused: boolean, isDeleted: boolean): void {
    const subscription = this.#world.ledger.subscriptionsByRow.get(rowId)!;
    if (
      subscription.isEnabled === isEnabled &&
      subscription.isPaused === isPaused &&
      subscription.isDeleted === isDeleted
    ) {
      return;
    }
    if (isEnabled && !subscription.isEnabled) this.#world.checks.forgetBreaker(subscription);
    Object.assign(subscription, { isEnabled, isPaused, isDeleted, settledAt: undefined });
    subscription.changedAt = this.#world.time.now;
  }

  #leased(row: RowTale, before: RowTale, writer: SimulatedDaemon, moved: string): void {
    this.#checkLeaser(row, writer);
    if (ENDED.has(before.state)) this.#world.violate("P4", `${moved}: it had ended`);
    // The clock may have been set between the question and the commit; and small steps are left alone.
    const { time, clock } = this.#world;
    const isSure = !clock.wasSet(clock.before(time.elapsed, COMMIT_MS));
    const allowed = clock.wasSet(0) ? STEP_MS : 0;
    if (isSure && time.wall() + allowed < (before.claimableAt ?? Number.POSITIVE_INFINITY)) {
      this.#world.violate("schedule", `${moved}: it was not due`);
    }
  }

  #leaseEnded(row: RowTale, before: RowTale, writer: SimulatedDaemon, moved: string): void {
    const world = this.#world;
    const isCounted = before.attempts < row.attempts;
    if (row.state === "sending") {
      if (row.worker !== before.worker) world.violate("P4", `${moved}: a lease passed on`);
      return;
    }
    if (writer.worker === before.worker) return;
    const holder = world.daemonOf(before.worker);
    const hasExpired = (before.claimableAt ?? 0) <= world.time.wall();
    if (holder?.owner.isAlive === true && !holder.isDeposed && !hasExpired) {
      world.violate("P4", `${moved}: ${writer.name} took the lease of ${holder.name}, which lives`);
    }
    if (isCounted) this.#interrupted = row;
    if (row.state === "succeeded") world.violate("P4", `${moved}: a result with an old lease was accepted`);
    world.count(hasExpired ? "lease expired" : "lease taken back after a crash");
  }

  #reopened(row: RowTale, before: RowTale, moved: string): void {
    if (row.round !== before.round + 1 || !this.#world.hasReplayed) this.#world.violate("P2", `${moved} by nobody`);
    row.isReopened = true;
  }

  #checkLeaser(row: RowTale, writer: SimulatedDaemon): void {
    if (row.worker !== writer.worker || !writer.owner.isAlive) {
      this.#world.violate("P4", `${nameOf(row)} is leased to ${row.worker} by ${writer.name}`);
    }
  }

  #writer(): SimulatedDaemon {
    return this.#world.processOf(this.#world.time.current);
  }
}

function describe({ state, worker, attempts, reason }: DeliveryState): string {
  return `${state}${worker === undefined ? "" : ` (${worker})`}${reason === null ? "" : `: ${reason}`}, ${attempts} attempts`;
}
