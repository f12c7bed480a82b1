import type { RecordedAttempt } from "../../src/core/delivery.ts";
import { allOf } from "../../src/deliver/batches.ts";
import type { Outgoing } from "../../src/deliver/transport.ts";
import { ExpectedBreaker } from "./expected-breaker.ts";
import { expectedVerdict } from "./expected-policy.ts";
import { type AttemptTale, nameOf, type RequestTale, type RowTale, type SubscriptionTale } from "./ledger.ts";
import { checkRequest } from "./request-checks.ts";
import type { SimulatedDaemon } from "./simulated-daemon.ts";
import type { World } from "./world.ts";

/** A subscription that takes nothing may be sent to for so long, and a lowered limit be exceeded. */
export const CHANGE_MS = 1_000;
/** What a wait may be short of when the wall clock was set meanwhile: smaller steps than this are left alone. */
export const STEP_MS = 2_000;
/** How long a process may take to notice that the clock was set, standing still included. */
const NOTICE_MS = 30 * 60_000;
const WAITING = new Set(["pending", "retrying"]);

/**
 * What must hold whenever a request starts or ends and whenever a result is handed to the store: properties P3–P5, P7,
 * P9 and P10, the schedule and Retry-After, the order of keys, the breaker.
 */
export class Checks {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** A request is about to be made. */
  requestStarts(daemon: SimulatedDaemon, outgoing: Outgoing): RequestTale | undefined {
    const world = this.#world;
    const { time, ledger } = world;
    const deliveries = allOf(outgoing.delivery);
    const rows = deliveries.map(({ rowId }) => ledger.rows.get(rowId));
    const subscription = rows[0]?.subscription;
    if (subscription === undefined || rows.some((row) => row?.subscription !== subscription)) {
      world.violate("P3", `${daemon.name} sends what is not in the store, or not for one subscription`);
      return undefined;
    }
    const request: RequestTale = {
      serial: ledger.requests.length,
      daemon,
      subscription,
      policy: subscription.policy,
      attempts: [],
      startedAt: time.elapsed,
      sentAt: time.now,
      endedAt: undefined,
      endedNth: 0,
      endedWall: 0,
      isDrowsy: false,
      answer: undefined,
      isSuccessAtReceiver: false,
      breaker: undefined,
    };
    for (const [index, delivery] of deliveries.entries()) {
      const row = rows[index]!;
      if (!daemon.isDeposed) {
        this.#checkLease(daemon, row, delivery.attemptCount + 1, delivery.roundAttempts);
        this.#checkRepetition(row);
        if (delivery.trigger === "auto") this.#checkSchedule(row);
        this.#checkOrder(row);
        this.#checkTunnel(row);
      }
      const { roundAttempts } = delivery;
      request.attempts.push({ request, row, roundAttempts, round: row.round, isRecorded: false });
    }
    checkRequest(world, subscription, rows as RowTale[], outgoing);
    this.#checkSwitch(subscription);
    this.#checkLimits(daemon, request);
    this.#checkBreaker(daemon, request);
    ledger.requests.push(request);
    for (const attempt of request.attempts) attempt.row.attemptsMade.push(attempt);
    return request;
  }

  /** A process has the answer. */
  requestEnds(request: RequestTale): void {
    const world = this.#world;
    const { daemon, subscription } = request;
    const status = request.answer!.status ?? 0;
    const isSuccess = 200 <= status && status <= 299;
    request.endedNth = ++world.ledger.ended;
    const before = this.#breakerOf(daemon, subscription);
    request.breaker = before.ended(request, isSuccess, world.time.elapsed);
    // It takes the time that it slept for time in which the breaker was open.
    if (request.isDrowsy && request.breaker !== undefined) this.forgetBreaker(subscription);
    if (request.breaker !== undefined && subscription.hasBreaker) {
      world.count(request.breaker.openings === 0 ? "breaker closed" : "breaker opened");
    }
  }

  /** What a process is about to record. */
  recordStarts(daemon: SimulatedDaemon, recorded: RecordedAttempt): void {
    const world = this.#world;
    const row = world.ledger.rows.get(recorded.deliveryRowId)!;
    const attempt = attemptOf(world, daemon, row, recorded.attempt.remoteAddress);
    if (attempt?.request.answer === undefined) {
      world.violate("P2", `${daemon.name} records an attempt of ${nameOf(row)} that it did not make`);
      return;
    }
    const { answer, policy, endedWall, serial } = attempt.request;
    const { verdict } = recorded;
    const expected = expectedVerdict(answer, policy, attempt.roundAttempts + 1, endedWall);
    const what = `${nameOf(row)}, attempt ${attempt.roundAttempts + 1} of its round, r${serial}`;
    if (verdict.kind !== expected.kind) {
      world.violate("schedule", `${what}: the verdict is ${verdict.kind}, it should be ${expected.kind}`);
    } else if (verdict.kind === "retry" && expected.kind === "retry") {
      const wait = verdict.at - recorded.endedAt;
      if (wait < expected.shortest || expected.longest < wait) {
        world.violate(
          "schedule",
          `${what}: waits ${wait} ms instead of ${expected.shortest} to ${expected.longest} ms`,
        );
      }
      if (expected.isAsked) world.count("Retry-After honoured");
    } else if (verdict.kind === "failed" && expected.kind === "failed") {
      const disables = verdict.disableSubscription !== undefined;
      if (verdict.reason !== expected.reason || disables !== expected.disables) {
        world.violate("schedule", `${what}: fails as ${verdict.reason}, it should be ${expected.reason}`);
      }
    }
  }

  /** What a subscription was before does not count any more. */
  forgetBreaker(subscription: SubscriptionTale): void {
    subscription.storedBreaker = undefined;
    for (const daemon of this.#world.living()) daemon.breakers.get(subscription)?.forget();
  }

  /** P4: one live lease, and it is this process's. P5: the number is the next one, and not beyond the last. */
  #checkLease(daemon: SimulatedDaemon, row: RowTale, number: number, roundAttempts: number): void {
    const world = this.#world;
    // Deleted by a command between the match and the commit: what P9 allows.
    const isDeleted = row.reason === "subscription_deleted" && row.attemptsMade.length === 0;
    if ((row.state !== "sending" || row.worker !== daemon.worker) && !isDeleted) {
      world.violate("P4", `${daemon.name} sends ${nameOf(row)}, which is ${row.state} (${row.worker ?? "no lease"})`);
    }
    const other = row.attemptsMade.find(({ request }) => request.endedAt === undefined && isLive(request.daemon));
    if (other !== undefined) {
      world.violate("P4", `${nameOf(row)} is sent by ${daemon.name} while r${other.request.serial} is in flight`);
    }
    // A process that had been taken over may have counted an attempt since the claim.
    const isNext = number === row.attempts + 1 || (world.hasTakenOver && number <= row.attempts);
    if (!isNext || roundAttempts !== row.roundAttempts) {
      world.violate("P5", `${nameOf(row)}: attempt ${number} after ${row.attempts}`);
    }
    // What counts as failed because its process died each time may never have been sent: it is not held against it.
    const most = row.subscription.policy.waits.length + 1 + row.interruptions;
    if (most <= row.roundAttempts && !row.isReopened && !world.hasTakenOver) {
      world.violate("P5", `${nameOf(row)}: attempt ${row.roundAttempts + 1} of its round, of ${most} at most`);
    }
  }

  /** Sent again after a success: only when whoever got the answer could not record it. */
  #checkRepetition(row: RowTale): void {
    const world = this.#world;
    let wasDelivered = false;
    for (const { request, round } of row.attemptsMade) {
      if (round !== row.round) continue;
      const status = request.answer?.status ?? 0;
      if (request.endedAt !== undefined && 200 <= status && status <= 299 && isLive(request.daemon)) {
        world.violate("P4", `${nameOf(row)} is sent again after r${request.serial} succeeded, by a process that lives`);
      }
      wasDelivered ||= request.isSuccessAtReceiver;
    }
    if (wasDelivered) world.count("duplicate sent");
  }

  #checkSchedule(row: RowTale): void {
    const world = this.#world;
    if (row.learnedAt === undefined || row.isReopened) return;
    const early = row.notBefore - world.time.elapsed;
    // What was set shortly before the process had not noticed yet, perhaps.
    if (world.clock.allowedShortfall(world.clock.before(row.learnedAt, NOTICE_MS), STEP_MS) < early) {
      const wait = row.notBefore - row.learnedAt;
      world.violate("schedule", `${nameOf(row)} is sent ${early} ms too early, of a wait of ${wait} ms at least`);
    }
  }

  /** One of a key at a time, and the next only when the earlier has ended. */
  #checkOrder(row: RowTale): void {
    const world = this.#world;
    const { orderBy, rows } = row.subscription;
    if (orderBy === undefined) return;
    for (const other of rows) {
      if (other === row || (orderBy === "/key" && other.event.key !== row.event.key)) continue;
      const isFirst = other.rowId < row.rowId && other.round === 1 && row.round === 1;
      if (other.state === "sending" || (isFirst && WAITING.has(other.state))) {
        world.violate("order", `${nameOf(row)} is sent while ${nameOf(other)} is ${other.state}`);
      }
      if (WAITING.has(other.state)) world.count("a later one waited for its turn");
    }
  }

  /**
   * A listener gets events in their order: none before another that had been accepted before it was published. While the
   * clock is set, nobody can say what came first.
   */
  #checkTunnel(row: RowTale): void {
    const world = this.#world;
    const { subscription, event } = row;
    const isSure = !world.clock.wasSet(0) && !world.hasReplayed && !world.hasTakenOver;
    if (subscription.url !== undefined || !isSure || 0 < row.attempts) return;
    for (const other of subscription.rows) {
      const { acceptedAt = Number.POSITIVE_INFINITY } = other.event;
      if (row.rowId <= other.rowId || event.publishedAt <= acceptedAt || 0 < other.attempts) continue;
      const wasGivenBack = other.attemptsMade.every(({ request }) => request.endedAt !== undefined && !request.answer);
      if (wasGivenBack && (other.state === "pending" || other.state === "sending")) {
        world.violate("order", `${nameOf(row)} is sent before ${nameOf(other)}, which is ${other.state}`);
      }
    }
  }

  #checkSwitch(subscription: SubscriptionTale): void {
    const world = this.#world;
    const { name, settledAt, isEnabled, isPaused, isDeleted } = subscription;
    if (settledAt === undefined || (isEnabled && !isPaused && !isDeleted)) return;
    const late = world.time.now - settledAt;
    if (late <= CHANGE_MS) return;
    const state = isDeleted ? "deleted" : isPaused ? "paused" : "disabled";
    world.violate("P9", `${name} gets a request ${late} ms after it was ${state}`);
  }

  #checkLimits(daemon: SimulatedDaemon, { subscription, attempts }: RequestTale): void {
    const world = this.#world;
    const { time, options } = world;
    const { concurrency, rates } = options;
    if (concurrency <= daemon.inFlight) {
      world.violate("P10", `${daemon.name} has ${daemon.inFlight + 1} requests in flight of ${concurrency}`);
    }
    const { name, formerUntil, formerConcurrency } = subscription;
    const former = time.now <= formerUntil ? formerConcurrency : 0;
    const most = Math.max(subscription.concurrency, former);
    const inFlight = daemon.inFlightOf.get(subscription) ?? 0;
    if (most <= inFlight) world.violate("P10", `${name} has ${inFlight + 1} requests in flight of ${most}`);
    if (inFlight + 1 === most) world.count("concurrency used up");
    // Of a listener's program no host's limit is kept.
    const host = subscription.url === undefined ? undefined : new URL(subscription.url).host;
    const isRetry = attempts[0]!.roundAttempts !== 0 && host !== undefined;
    // What a process does before it knows that the machine slept it takes for older than it is.
    const { awakeSince } = daemon;
    const since = Math.max(awakeSince, subscription.rateFrom);
    if (daemon.isDrowsy) return;
    this.#checkRate(`of ${name}`, subscription.rate, startsOf(subscription.starts, daemon), since);
    this.#checkRate("of the process", rates.process, daemon.starts.all, awakeSince);
    this.#checkRate("of the tenant", rates.tenant, daemon.starts.all, awakeSince);
    if (isRetry) {
      this.#checkRate("of the host's retries", rates.hostRetries, startsOf(daemon.starts.retries, host), awakeSince);
    }
    startsOf(subscription.starts, daemon).push(time.elapsed);
    daemon.starts.all.push(time.elapsed);
    if (isRetry) startsOf(daemon.starts.retries, host).push(time.elapsed);
  }

  /** Whether one more may start now. */
  #checkRate(whose: string, rate: { count: number; perMs: number } | undefined, starts: number[], since: number): void {
    if (rate === undefined) return;
    const world = this.#world;
    const from = Math.max(world.time.elapsed - rate.perMs, since);
    let count = 1;
    for (let n = starts.length - 1; 0 <= n && from < starts[n]!; n--) count += 1;
    if (rate.count < count) {
      world.violate("P10", `the rate ${whose}: ${count} requests in ${rate.perMs} ms of ${rate.count}`);
    }
    if (rate.count === count) world.count(`rate ${whose.replace(/ s\d+$/, " a subscription")} used up`);
  }

  #checkBreaker(daemon: SimulatedDaemon, request: RequestTale): void {
    const world = this.#world;
    const { subscription } = request;
    if (!subscription.hasBreaker || world.hasTakenOver) return;
    const { elapsed } = world.time;
    const breaker = this.#breakerOf(daemon, subscription);
    // The end that is kept for a restart is a time of the wall clock, and stays what it is when that is set.
    const { loadedSince = Number.POSITIVE_INFINITY } = breaker;
    // Nor is it told from one that a clock wrote which was ahead, when it was written within the last small step.
    const isDoubtful = world.clock.wasSet(0) && elapsed < loadedSince + STEP_MS;
    const isMoved = world.clock.wasSet(world.clock.before(loadedSince, NOTICE_MS)) || isDoubtful;
    const isNear = loadedSince !== Number.POSITIVE_INFINITY && world.clock.wasSet(0);
    const wrong = breaker.starts(request, elapsed, isMoved ? Number.POSITIVE_INFINITY : isNear ? STEP_MS : 0);
    if (wrong === "open") world.violate("breaker", `${subscription.name} gets r${request.serial} while it is open`);
    if (wrong === "second probe") world.violate("breaker", `${subscription.name} gets two probes at once`);
    if (breaker.isProbe(request)) world.count("breaker half-open");
  }

  #breakerOf(daemon: SimulatedDaemon, subscription: SubscriptionTale): ExpectedBreaker {
    let breaker = daemon.breakers.get(subscription);
    if (breaker === undefined) {
      breaker = new ExpectedBreaker(subscription.storedBreaker);
      daemon.breakers.set(subscription, breaker);
    }
    return breaker;
  }
}

/** Which attempt this is, by what the network left in it; one that never got out of the program left nothing. */
export function attemptOf(
  world: World,
  daemon: SimulatedDaemon,
  row: RowTale,
  remoteAddress: string | null | undefined,
): AttemptTale | undefined {
  if (remoteAddress === undefined || remoteAddress === null) {
    return row.attemptsMade.findLast(({ request }) => request.daemon === daemon);
  }
  return world.ledger.requests[Number(remoteAddress)]?.attempts.find((attempt) => attempt.row === row);
}

/** Whether it still works with its leases. */
function isLive(daemon: SimulatedDaemon): boolean {
  return daemon.owner.isAlive && !daemon.isDeposed;
}

function startsOf<K>(all: Map<K, number[]>, key: K): number[] {
  let starts = all.get(key);
  if (starts === undefined) {
    starts = [];
    all.set(key, starts);
  }
  return starts;
}
