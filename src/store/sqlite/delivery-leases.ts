import { formatId } from "../../core/ids.ts";
import { outcomeOf } from "../../core/statistics/tally.ts";
import type { LaneClaim, Lease } from "../store.ts";
import type { Connection, Statement } from "./connection.ts";
import { type DeliveryOrder, firstDue, isRetry, WAITS_FOR_TURN } from "./delivery-order.ts";
import type { Interned } from "./interned.ts";
import type { OperationalEvents } from "./operational-events.ts";
import { ClaimPacker, type PackedClaim } from "./packed-claim.ts";
import type { StatisticsWrites } from "./statistics-writes.ts";
import { UNREAD } from "./unread-value.ts";

/** One claim answers at most about this many bytes of payload; the lanes that are left keep what is due. */
const MAX_CLAIM_BYTES = 16 * 1024 * 1024;

/** Leases taken back in a row without a result before that counts as a failed attempt (rulings.md 6). */
const MAX_RECLAIMS = 5;
/** … which waits this long, so that a delivery that ends its process each time leaves room for the others. */
const INTERRUPTED_WAIT_MS = 5 * 60_000;
/** No schedule has more attempts in a round: then an interrupted delivery ends, too. */
const MAX_ROUND_ATTEMPTS = 20;

/** What is told of an attempt that ended with its process. */
const INTERRUPTED = { status: undefined, errorCode: "reset" };

/** The two parts of a lane in the index `deliveries_waiting`: what was never tried, and the rest. */
const FRESH = 0;
const RETRIES = 1;

/** When the first of either part is due; `WAITS_FOR_TURN` when none is by itself. */
type DueTimes = [fresh: number, retries: number];

type ClaimedRow = [
  rowId: number,
  publicId: Uint8Array,
  attemptCount: number,
  roundAttempts: number,
  createdAt: number,
  trigger: string | null,
  eventId: string,
  eventTypeId: number,
  timestamp: number,
  version: string | null,
  metadata: Uint8Array | null,
  data: Uint8Array,
  scopeId: number,
  trace: string | null,
];

interface LeasedRow {
  rowId: number;
  subscriptionRowId: number;
  roundAttempts: number;
  reclaims: number;
  orderKey: number | null;
}

/** Claims, gives back, takes back: what moves deliveries between waiting and being sent. */
export class DeliveryLeases {
  readonly #interned: Interned;
  readonly #order: DeliveryOrder;
  readonly #due: Statement<ClaimedRow>;
  readonly #lease: Statement;
  readonly #leaseOne: Statement;
  readonly #dueTimes: Statement<DueTimes>;
  readonly #release: Statement<number>;
  readonly #leasedByOthers: Statement<LeasedRow>;
  readonly #takeBack: Statement;
  readonly #interrupt: Statement<number>;
  readonly #recordInterrupted: Statement;
  readonly #countFailed: Statement;
  readonly #takesNoMore: Statement<number>;
  readonly #operational: OperationalEvents;
  readonly #statistics: StatisticsWrites;
  readonly #kindOf: Statement<[scopeId: number, eventTypeId: number]>;

  constructor(
    connection: Connection,
    interned: Interned,
    order: DeliveryOrder,
    operational: OperationalEvents,
    statistics: StatisticsWrites,
  ) {
    this.#statistics = statistics;
    this.#kindOf = connection
      .prepare<unknown[], [number, number]>(
        "SELECT d.scope_id, event_type_id FROM deliveries AS d JOIN events USING (event_id) WHERE delivery_id = ?",
      )
      .raw();
    this.#interned = interned;
    this.#order = order;
    this.#operational = operational;
    this.#due = connection
      .prepare<unknown[], ClaimedRow>(`
        SELECT d.delivery_id, d.public_id, d.attempt_count, d.round_attempts, d.created_at, d.trigger, e.public_id, e.event_type_id,
          e.timestamp, e.version, e.metadata, e.data, d.scope_id, e.trace
        FROM deliveries AS d INDEXED BY deliveries_waiting CROSS JOIN events AS e USING (event_id)
        WHERE d.subscription_id = ${UNREAD} AND ${isRetry("d")} = ${UNREAD} AND d.worker_id IS NULL
          AND d.claimable_at IS NOT NULL AND d.claimable_at <= ?
        ORDER BY d.claimable_at, d.delivery_id
        LIMIT ${UNREAD}
      `)
      .raw();
    // The same rows as above, in the same transaction: so far as their payloads were taken.
    this.#lease = connection.prepare(`
      UPDATE deliveries SET state = 'sending', worker_id = ?, claimable_at = ?
      WHERE delivery_id IN (
        SELECT delivery_id FROM deliveries INDEXED BY deliveries_waiting
        WHERE subscription_id = ${UNREAD} AND ${isRetry()} = ${UNREAD} AND worker_id IS NULL
          AND claimable_at IS NOT NULL AND claimable_at <= ?
        ORDER BY claimable_at, delivery_id
        LIMIT ${UNREAD}
      )
    `);
    this.#leaseOne = connection.prepare(
      "UPDATE deliveries SET state = 'sending', worker_id = ?, claimable_at = ? WHERE delivery_id = ?",
    );
    this.#dueTimes = connection
      .prepare<unknown[], DueTimes>(`SELECT ${firstDue(UNREAD, 0)}, ${firstDue(UNREAD, 1)}`)
      .raw();
    const backToWaiting = "state = CASE round_attempts WHEN 0 THEN 'pending' ELSE 'retrying' END, worker_id = NULL";
    this.#release = connection
      .prepare<unknown[], number>(`
        UPDATE deliveries SET ${backToWaiting}, claimable_at = min(?, created_at) WHERE delivery_id = ? AND worker_id = ?
        RETURNING subscription_id
      `)
      .pluck();
    this.#takesNoMore = connection
      .prepare<unknown[], number>(`
        SELECT deleted_at IS NOT NULL OR ifnull(disabled_reason, 'by_hand') <> 'by_hand'
        FROM subscriptions WHERE subscription_id = ?
      `)
      .pluck();
    this.#countFailed = connection.prepare(
      "UPDATE subscription_health SET failed = failed + 1 WHERE subscription_id = ?",
    );
    // Two ranges of the index, so that our own leases are not walked over.
    this.#leasedByOthers = connection.prepare(`
      SELECT delivery_id AS rowId, subscription_id AS subscriptionRowId, round_attempts AS roundAttempts, reclaims,
        order_key AS orderKey
      FROM deliveries INDEXED BY deliveries_leased
      WHERE worker_id IS NOT NULL AND (worker_id < ? OR ? < worker_id) AND claimable_at <= ?
    `);
    this.#takeBack = connection.prepare(`
      UPDATE deliveries SET ${backToWaiting}, claimable_at = min(?, created_at), reclaims = reclaims + 1
      WHERE delivery_id = ?
    `);
    this.#interrupt = connection
      .prepare<unknown[], number>(`
        UPDATE deliveries SET state = ?, reason = ?, claimable_at = ?, completed_at = ?, worker_id = NULL,
          trigger = NULL, reclaims = 0, attempt_count = attempt_count + 1, round_attempts = round_attempts + 1
        WHERE delivery_id = ?
        RETURNING attempt_count
      `)
      .pluck();
    this.#recordInterrupted = connection.prepare(`
      INSERT INTO attempts (scope_id, delivery_id, number, started_at, duration_ms, outcome, error_code, error_message,
        phase, bytes_sent, request_headers, response_headers, truncated, worker_id)
      SELECT scope_id, delivery_id, ?, ?, 0, 'failure', 'reset', 'interrupted ${MAX_RECLAIMS} times', 'write', 0,
        '[]', '[]', 0, ?
      FROM deliveries WHERE delivery_id = ?
    `);
  }

  claimDue(lanes: readonly LaneClaim[], now: number, lease: Lease): PackedClaim {
    const workerId = this.#interned.workerId(lease.worker);
    this.#reclaim(workerId, now, now);
    const packer = new ClaimPacker();
    for (const { subscriptionRowId, limit, retries = 0, maxRetries = limit } of lanes) {
      packer.startLane(subscriptionRowId);
      const due = this.#dueTimes.get(subscriptionRowId, subscriptionRowId)!;
      const claim = (kind: typeof FRESH | typeof RETRIES, most: number): number =>
        due[kind] <= now ? this.#claim(packer, subscriptionRowId, kind, most, now, workerId, lease) : 0;
      // Retries first, so far as they have a right to it; then what was never tried; then whatever is left of either.
      const ofRight = claim(RETRIES, Math.min(retries, limit));
      const fresh = claim(FRESH, limit - ofRight);
      const others = claim(RETRIES, Math.min(limit - ofRight - fresh, maxRetries - ofRight));
      const isUnchanged = ofRight + fresh + others === 0;
      const left = isUnchanged ? due : this.#dueTimes.get(subscriptionRowId, subscriptionRowId)!;
      packer.endLane(unlessWaiting(left[FRESH]), unlessWaiting(left[RETRIES]));
    }
    return packer.pack();
  }

  /** Claims of one lane and kind. Returns how many. */
  #claim(
    packer: ClaimPacker,
    subscriptionRowId: number,
    kind: typeof FRESH | typeof RETRIES,
    limit: number,
    now: number,
    workerId: number,
    lease: Lease,
  ): number {
    if (limit <= 0 || MAX_CLAIM_BYTES <= packer.size) return 0;
    let taken = 0;
    let rowId = 0;
    for (const row of this.#due.iterate(subscriptionRowId, kind, now, limit)) {
      if (taken === 0) packer.setScope(this.#interned.scope(row[12]));
      taken += 1;
      rowId = row[0];
      const fields = [row[0], formatId("dlv", row[1]), row[2], row[3], row[4], row[5], row[6]];
      fields.push(this.#interned.eventTypeName(row[7]), row[8], row[9], row[13]);
      packer.addDelivery(fields, row[10], row[11]);
      if (MAX_CLAIM_BYTES <= packer.size) break;
    }
    if (taken === 1) this.#leaseOne.run(workerId, lease.endsAt, rowId);
    else if (1 < taken) this.#lease.run(workerId, lease.endsAt, subscriptionRowId, kind, now, taken);
    return taken;
  }

  /** True when some of them are of a subscription that was deleted or disabled meanwhile: they must end. */
  release(worker: string, deliveryRowIds: readonly number[], now: number): boolean {
    const workerId = this.#interned.workerId(worker);
    const released = deliveryRowIds.map((rowId) => this.#release.get(now, rowId, workerId));
    return [...new Set(released)].some((subscription) => this.#takesNoMore.get(subscription) === 1);
  }

  /** Every lease of another worker, whenever it ends. */
  reclaimAll(worker: string, now: number): number {
    return this.#reclaim(this.#interned.workerId(worker), now, Number.MAX_SAFE_INTEGER);
  }

  #reclaim(workerId: number, now: number, endedBy: number): number {
    const rows = this.#leasedByOthers.all(workerId, workerId, endedBy);
    this.#statistics.begin();
    for (const { rowId, subscriptionRowId, roundAttempts, reclaims, orderKey } of rows) {
      if (reclaims + 1 < MAX_RECLAIMS) {
        this.#takeBack.run(now, rowId);
        continue;
      }
      const isLast = MAX_ROUND_ATTEMPTS <= roundAttempts + 1;
      const number = isLast
        ? this.#interrupt.get("failed", "exhausted", null, now, rowId)
        : this.#interrupt.get("retrying", null, now + INTERRUPTED_WAIT_MS, null, rowId);
      this.#recordInterrupted.run(number, now, workerId, rowId);
      const [scopeId, eventTypeId] = this.#kindOf.get(rowId)!;
      const outcome = outcomeOf(null, INTERRUPTED.errorCode);
      this.#statistics.count(scopeId, subscriptionRowId, eventTypeId, now, outcome, 0, isLast ? "failed" : undefined);
      if (!isLast) continue;
      this.#countFailed.run(subscriptionRowId);
      this.#operational.tellExhausted(subscriptionRowId, rowId, number!, "exhausted", INTERRUPTED, now);
      if (orderKey !== null) this.#order.next(subscriptionRowId, orderKey, now);
    }
    this.#statistics.commit();
    return rows.length;
  }
}

function unlessWaiting(dueAt: number): number | null {
  return WAITS_FOR_TURN <= dueAt ? null : dueAt;
}
