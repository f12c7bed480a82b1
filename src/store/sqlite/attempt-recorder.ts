import type { BreakerState } from "../../core/breaker.ts";
import type { DeliveryReason } from "../../core/delivery.ts";
import {
  afterAttempt,
  HEALTH_THRESHOLDS,
  HEALTH_WINDOW,
  healthState,
  isBeyondHope,
  successRate,
} from "../../core/health.ts";
import { outcomeOf } from "../../core/statistics/tally.ts";
import type { DisabledReason } from "../../core/subscription.ts";
import type { RecordReceipt } from "../store.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection, Statement } from "./connection.ts";
import type { DeliveryOrder } from "./delivery-order.ts";
import type { HeaderSetRows } from "./header-set-rows.ts";
import type { Interned } from "./interned.ts";
import type { OperationalEvents } from "./operational-events.ts";
import { PACKED_ATTEMPT as AT, type PackedAttempts } from "./packed-attempts.ts";
import type { PackedValue } from "./packed-events.ts";
import type { RecordingSubscription, RecordingSubscriptions } from "./recording-subscriptions.ts";
import { RowInserts } from "./row-inserts.ts";
import type { StatisticsWrites } from "./statistics-writes.ts";

/** Of a disabled subscription, in the commit that disables it; of the rest, `failLeftovers` takes care. */
const MAX_FAILED_AT_ONCE = 10_000;

/** A subscription while a batch is recorded. */
interface Recording {
  subscription: RecordingSubscription;
  /** Set when an attempt of this batch changed it. */
  breaker: BreakerState | undefined;
  succeeded: number;
  failed: number;
  /** Set when this batch disables it. */
  disabled: { reason: DisabledReason; at: number } | undefined;
  /** An ended delivery made room for the next of its order key. */
  hasReleased: boolean;
}

/** What becomes of a delivery. */
interface Next {
  state: "succeeded" | "retrying" | "failed" | "cancelled";
  reason: DeliveryReason | null;
  claimableAt: number | null;
}

/** Of a row of `attempts`: those that are sent, then those that are found here. */
const COLUMNS = [
  "started_at",
  "duration_ms",
  "outcome",
  "status",
  "error_code",
  "error_message",
  "phase",
  "remote_address",
  "bytes_sent",
  "request_headers",
  "response_headers",
  "response_excerpt",
  "truncated",
  "trigger",
  "worker_id",
  "number",
  "delivery_id",
  "scope_id",
  "request_set_id",
  "response_set_id",
];
/** What nearly every one has that succeeded. */
const SUCCESS = {
  outcome: "success",
  error_code: null,
  error_message: null,
  phase: "done",
  truncated: 0,
  trigger: null,
};

type FinishedRow = [attemptCount: number, orderKey: number | null];

const NOBODY: readonly number[] = [];

/** Records attempts: their rows, the deliveries' next states, and each subscription's health and counts once. */
export class AttemptRecorder {
  readonly #interned: Interned;
  readonly #revision: ConfigRevision;
  readonly #order: DeliveryOrder;
  readonly #finishAsCounted: Statement;
  readonly #finish: Statement<FinishedRow>;
  readonly #count: Statement<number>;
  readonly #successes: RowInserts;
  readonly #others: RowInserts;
  readonly #subscriptions: RecordingSubscriptions;
  readonly #operational: OperationalEvents;
  readonly #statistics: StatisticsWrites;
  readonly #headerSets: HeaderSetRows;
  #thresholds = HEALTH_THRESHOLDS;
  readonly #updateHealth: Statement;
  readonly #updateUnhealthy: Statement;
  readonly #updateBreaker: Statement;
  readonly #disable: Statement;
  readonly #failWaiting: Statement<number | null>;

  constructor(
    connection: Connection,
    interned: Interned,
    revision: ConfigRevision,
    order: DeliveryOrder,
    subscriptions: RecordingSubscriptions,
    operational: OperationalEvents,
    statistics: StatisticsWrites,
    headerSets: HeaderSetRows,
  ) {
    this.#statistics = statistics;
    this.#headerSets = headerSets;
    this.#interned = interned;
    this.#revision = revision;
    this.#order = order;
    this.#subscriptions = subscriptions;
    this.#operational = operational;
    const finish = `
      UPDATE deliveries
      SET state = ?, reason = ?, claimable_at = ?, completed_at = ?, worker_id = NULL, trigger = NULL, reclaims = 0,
        attempt_count = attempt_count + 1, round_attempts = round_attempts + 1
      WHERE delivery_id = ? AND worker_id = ?
    `;
    this.#finishAsCounted = connection.prepare(`${finish} AND attempt_count = ? - 1 AND order_key IS NULL`);
    this.#finish = connection.prepare<unknown[], FinishedRow>(`${finish} RETURNING attempt_count, order_key`).raw();
    this.#count = connection
      .prepare<unknown[], number>(`
        UPDATE deliveries SET attempt_count = attempt_count + 1 WHERE delivery_id = ? RETURNING attempt_count
      `)
      .pluck();
    this.#successes = new RowInserts(connection, "attempts", COLUMNS, SUCCESS);
    this.#others = new RowInserts(connection, "attempts", COLUMNS, {});
    this.#updateHealth = connection.prepare(`
      UPDATE subscription_health
      SET recent = ?, recent_count = ?, consecutive_failures = ?, failing_since = ?, last_attempt_at = ?,
        last_success_at = ?, succeeded = succeeded + ?, failed = failed + ?
      WHERE subscription_id = ?
    `);
    this.#updateUnhealthy = connection.prepare(
      "UPDATE subscription_health SET unhealthy_since = ? WHERE subscription_id = ?",
    );
    this.#updateBreaker = connection.prepare(
      "UPDATE subscription_health SET breaker_openings = ?, breaker_open_until = ? WHERE subscription_id = ?",
    );
    this.#disable = connection.prepare(`
      UPDATE subscriptions SET enabled = 0, disabled_reason = ?, disabled_at = ?, updated_at = max(?, updated_at + 1)
      WHERE subscription_id = ?
    `);
    this.#failWaiting = connection
      .prepare<unknown[], number | null>(`
        UPDATE deliveries
        SET state = 'failed', reason = ?, trigger = NULL, claimable_at = NULL, completed_at = ?
        WHERE delivery_id IN (
          SELECT delivery_id FROM deliveries INDEXED BY deliveries_waiting
          WHERE subscription_id = ? AND worker_id IS NULL AND claimable_at IS NOT NULL
          LIMIT ${MAX_FAILED_AT_ONCE}
        )
        RETURNING order_key
      `)
      .pluck();
  }

  record({ worker, count, values, sets, types, thresholds }: PackedAttempts): RecordReceipt {
    this.#thresholds = thresholds;
    this.#headerSets.begin();
    // Of an attempt that is not stored none is taken: nobody would know that it is not in use.
    const ids: number[] = [];
    const setIdOf = (place: number): number => (ids[place] ??= this.#headerSets.idOf(sets[place]!));
    const workerId = this.#interned.workerId(worker);
    const recordings = new Map<number, Recording>();
    const released = new Set<number>();
    this.#statistics.begin();
    this.#successes.begin();
    this.#others.begin();
    for (let n = 0; n < count; n++) {
      const start = n * AT.length;
      const subscriptionRowId = values[start + AT.subscriptionRowId] as number;
      let recording = recordings.get(subscriptionRowId);
      if (recording === undefined) {
        recording = this.#startRecording(subscriptionRowId);
        recordings.set(subscriptionRowId, recording);
      }
      for (const taker of this.#recordOne(values, start, setIdOf, types, workerId, subscriptionRowId, recording)) {
        released.add(taker);
      }
    }
    this.#statistics.commit();
    this.#successes.flush();
    this.#others.flush();
    const disabled: RecordReceipt["disabled"] = [];
    for (const [subscriptionRowId, recording] of recordings) {
      if (recording.disabled !== undefined) {
        for (const taker of this.#disableNow(subscriptionRowId, recording, recording.disabled)) released.add(taker);
        disabled.push({ subscriptionRowId, reason: recording.disabled.reason });
      }
      if (recording.hasReleased) released.add(subscriptionRowId);
      this.#saveHealth(subscriptionRowId, recording);
    }
    return { disabled, released: [...released] };
  }

  /** Returns the subscriptions that are told of what it came to. */
  #recordOne(
    values: PackedValue[],
    start: number,
    setIdOf: (place: number) => number,
    types: readonly string[],
    workerId: number,
    subscriptionRowId: number,
    recording: Recording,
  ): readonly number[] {
    const deliveryRowId = values[start + AT.deliveryRowId] as number;
    const endedAt = values[start + AT.endedAt] as number;
    const isSuccess = values[start + AT.outcome] === "success";
    const isGone = values[start + AT.disable] === 1;
    // Health counts requests.
    if (values[start + AT.isWithFirst] !== 1) this.#judge(recording, isSuccess, isGone, endedAt);
    const openings = values[start + AT.breakerOpenings] as number | null;
    if (openings !== null) {
      recording.breaker = { openings, openUntil: (values[start + AT.breakerOpenUntil] as number | null) ?? undefined };
    }
    const { state, reason, claimableAt } = nextOf(values, start, recording);
    const completedAt = state === "retrying" ? null : endedAt;
    const finished = this.#finishNow(
      [state, reason, claimableAt, completedAt, deliveryRowId, workerId],
      values[start + AT.number] as number,
    );
    // Without it, its lease went elsewhere: what happened is recorded, what becomes of it is not ours to say.
    const number = finished?.[0] ?? this.#count.get(deliveryRowId);
    if (number === undefined) return NOBODY;
    if (finished !== undefined) {
      if (state === "succeeded") recording.succeeded += 1;
      else if (state === "failed") recording.failed += 1;
      const orderKey = finished[1];
      if (orderKey !== null && state !== "retrying" && this.#order.next(subscriptionRowId, orderKey, endedAt)) {
        recording.hasReleased = true;
      }
    }
    this.#addUp(values, start, types, subscriptionRowId, recording, finished === undefined ? undefined : state);
    const columns = values.slice(start + AT.firstColumn, start + AT.length);
    columns.push(this.#interned.workerId(values[start + AT.worker] as string), number, deliveryRowId);
    columns.push(recording.subscription.scopeId);
    const requestSet = values[start + AT.requestSet] as number | null;
    const responseSet = values[start + AT.responseSet] as number | null;
    columns.push(requestSet === null ? null : setIdOf(requestSet), responseSet === null ? null : setIdOf(responseSet));
    const inserts = this.#successes.fits(columns) ? this.#successes : this.#others;
    inserts.add(columns);
    if (isSuccess) {
      this.#noteHealthy(subscriptionRowId, recording.subscription);
      return NOBODY;
    }
    const told = this.#tellUnhealthy(subscriptionRowId, recording, endedAt);
    // What ends with its subscription is told of that, not of each delivery.
    if (finished === undefined || isGone || values[start + AT.state] !== "failed") return told;
    const attempt = {
      status: (values[start + AT.status] as number | null) ?? undefined,
      errorCode: (values[start + AT.errorCode] as string | null) ?? undefined,
    };
    const exhausted = this.#operational.tellExhausted(
      subscriptionRowId,
      deliveryRowId,
      number,
      reason!,
      attempt,
      endedAt,
    );
    return [...told, ...exhausted];
  }

  /**
   * Undefined: its lease went elsewhere. First without RETURNING, for which SQLite makes and drops a table each time
   * (1 to 2 µs of the 16 that recording takes): nearly always the sender has counted right, and nothing waits for it.
   */
  #finishNow(values: readonly unknown[], counted: number): FinishedRow | undefined {
    const { changes } = this.#finishAsCounted.run(...values, counted);
    return changes === 1 ? [counted, null] : this.#finish.get(...values);
  }

  /** `state`: what the attempt brought its delivery to; undefined: that was not its to say. */
  #addUp(
    values: PackedValue[],
    start: number,
    types: readonly string[],
    subscriptionRowId: number,
    { subscription: { scopeId } }: Recording,
    state: Next["state"] | undefined,
  ): void {
    this.#statistics.count(
      scopeId,
      subscriptionRowId,
      this.#interned.eventTypeId(scopeId, types[values[start + AT.type] as number]!),
      values[start + AT.endedAt] as number,
      outcomeOf(values[start + AT.status] as number | null, values[start + AT.errorCode] as string | null),
      values[start + AT.durationMs] as number,
      state === "succeeded" ? "delivered" : state === "failed" ? "failed" : undefined,
    );
  }

  #noteHealthy(subscriptionRowId: number, subscription: RecordingSubscription): void {
    if (subscription.unhealthySince === undefined) return;
    if (healthState(subscription.health, true, this.#thresholds) !== "healthy") return;
    subscription.unhealthySince = undefined;
    this.#updateUnhealthy.run(null, subscriptionRowId);
  }

  /** Once, until it has been healthy again: one that is now well and now not does not flood its owner. */
  #tellUnhealthy(subscriptionRowId: number, { subscription, disabled }: Recording, at: number): readonly number[] {
    const { health, isEnabled, isDeleted, unhealthySince } = subscription;
    if (unhealthySince !== undefined || !isEnabled || isDeleted || disabled !== undefined) return NOBODY;
    // The first attempts of a subscription say little: one of one that failed is no news yet.
    if (health.recentCount < Math.min(this.#thresholds.failures, HEALTH_WINDOW)) return NOBODY;
    if (healthState(health, true, this.#thresholds) !== "unhealthy") return NOBODY;
    subscription.unhealthySince = at;
    this.#updateUnhealthy.run(at, subscriptionRowId);
    const { consecutiveFailures } = health;
    const type = "hooks.subscription.unhealthy";
    return this.#operational.tell(
      subscriptionRowId,
      { type, successRate: successRate(health), consecutiveFailures },
      at,
    );
  }

  /** Health, and whether the subscription is switched off by this attempt. */
  #judge(recording: Recording, isSuccess: boolean, isGone: boolean, endedAt: number): void {
    const { subscription, disabled } = recording;
    subscription.health = afterAttempt(subscription.health, isSuccess, endedAt);
    if (subscription.isDeleted || disabled !== undefined) return;
    if (isGone && subscription.disabledReason !== "gone") recording.disabled = { reason: "gone", at: endedAt };
    else if (subscription.isEnabled && !isSuccess && isBeyondHope(subscription.health, subscription, endedAt)) {
      recording.disabled = { reason: "failing", at: endedAt };
    }
  }

  #startRecording(subscriptionRowId: number): Recording {
    const subscription = this.#subscriptions.get(subscriptionRowId);
    return { subscription, breaker: undefined, succeeded: 0, failed: 0, disabled: undefined, hasReleased: false };
  }

  /** Returns the subscriptions that are told of it. */
  #disableNow(
    subscriptionRowId: number,
    recording: Recording,
    { reason, at }: { reason: DisabledReason; at: number },
  ): readonly number[] {
    this.#disable.run(reason, at, at, subscriptionRowId);
    this.#revision.add();
    const orderKeys = this.#failWaiting.all(reasonOfDelivery(reason), at, subscriptionRowId);
    recording.failed += orderKeys.length;
    this.#order.nextOfEach(subscriptionRowId, orderKeys, at);
    const { consecutiveFailures, failingSince } = recording.subscription.health;
    const type = "hooks.subscription.disabled";
    return this.#operational.tell(subscriptionRowId, { type, reason, consecutiveFailures, failingSince }, at);
  }

  #saveHealth(subscriptionRowId: number, { subscription, breaker, succeeded, failed }: Recording): void {
    const { health } = subscription;
    if (breaker !== undefined) this.#updateBreaker.run(breaker.openings, breaker.openUntil ?? null, subscriptionRowId);
    this.#updateHealth.run(
      health.recent,
      health.recentCount,
      health.consecutiveFailures,
      health.failingSince ?? null,
      health.lastAttemptAt ?? null,
      health.lastSuccessAt ?? null,
      succeeded,
      failed,
      subscriptionRowId,
    );
  }
}

/** The verdict, unless its subscription went away while it was being sent: then a retry would wait for ever. */
function nextOf(values: PackedValue[], start: number, { subscription, disabled }: Recording): Next {
  const state = values[start + AT.state] as Next["state"];
  const reason = values[start + AT.reason] as DeliveryReason | null;
  if (state !== "retrying") return { state, reason, claimableAt: null };
  if (subscription.isDeleted) return { state: "cancelled", reason: "subscription_deleted", claimableAt: null };
  const disabledReason = disabled?.reason ?? subscription.disabledReason;
  if (disabledReason === undefined || disabledReason === "by_hand") {
    return { state, reason: null, claimableAt: values[start + AT.retryAt] as number };
  }
  return { state: "failed", reason: reasonOfDelivery(disabledReason), claimableAt: null };
}

function reasonOfDelivery(reason: DisabledReason): DeliveryReason {
  return reason === "gone" ? "gone" : "subscription_disabled";
}
