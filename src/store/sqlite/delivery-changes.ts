import type { DeliveryReason } from "../../core/delivery.ts";
import type { Connection, Statement } from "./connection.ts";
import { type DeliveryOrder, WAITS_FOR_TURN } from "./delivery-order.ts";

interface Leftovers {
  subscriptionRowId: number;
  reason: DeliveryReason;
}

interface ReopenedRow {
  subscriptionRowId: number;
  orderKey: number | null;
  completedAt: number | null;
  claimableAt: number | null;
}

type EndedRow = [subscriptionRowId: number, orderKey: number | null];

/** What people and time do to deliveries: send again, cancel, expire. */
export class DeliveryChanges {
  readonly #order: DeliveryOrder;
  readonly #findReopened: Statement<ReopenedRow>;
  readonly #reopen: Statement;
  readonly #shift: Statement;
  readonly #cancel: Statement<EndedRow>;
  readonly #expire: Statement<number | null>;
  readonly #cancelOrphans: Statement;
  readonly #withLeftovers: Statement<Leftovers>;
  readonly #failLeftovers: Statement<number | null>;
  readonly #countFailed: Statement;

  constructor(connection: Connection, order: DeliveryOrder) {
    this.#order = order;
    this.#findReopened = connection.prepare(`
      SELECT subscription_id AS subscriptionRowId, order_key AS orderKey, completed_at AS completedAt,
        claimable_at AS claimableAt
      FROM deliveries
      WHERE delivery_id = ? AND worker_id IS NULL
        AND subscription_id IN (SELECT subscription_id FROM subscriptions WHERE deleted_at IS NULL)
    `);
    this.#reopen = connection.prepare(`
      UPDATE deliveries
      SET state = 'pending', reason = NULL, trigger = ?, claimable_at = ?, completed_at = NULL, reclaims = 0,
        round = round + (completed_at IS NOT NULL),
        round_attempts = CASE WHEN completed_at IS NULL THEN round_attempts ELSE 0 END
      WHERE delivery_id = ?
    `);
    this.#shift = connection.prepare(`
      UPDATE deliveries
      SET claimable_at = CASE WHEN round_attempts > 0 THEN claimable_at + @stepMs ELSE min(claimable_at, @now) END
      WHERE delivery_id IN (SELECT value FROM json_each(@ids)) AND worker_id IS NULL AND claimable_at < ${WAITS_FOR_TURN}
    `);
    const cancelled = "state = 'cancelled', trigger = NULL, claimable_at = NULL";
    this.#cancel = connection
      .prepare<unknown[], EndedRow>(`
        UPDATE deliveries SET ${cancelled}, reason = ?, completed_at = ?
        WHERE delivery_id = ? AND worker_id IS NULL AND claimable_at IS NOT NULL
        RETURNING subscription_id, order_key
      `)
      .raw();
    this.#expire = connection
      .prepare<unknown[], number | null>(`
        UPDATE deliveries SET ${cancelled}, reason = 'expired', completed_at = ?
        WHERE delivery_id IN (
          SELECT delivery_id FROM deliveries INDEXED BY deliveries_waiting
          WHERE subscription_id = ? AND worker_id IS NULL AND claimable_at IS NOT NULL AND created_at < ?
          LIMIT ?
        )
        RETURNING order_key
      `)
      .pluck();
    this.#cancelOrphans = connection.prepare(`
      UPDATE deliveries SET ${cancelled}, reason = 'subscription_deleted', completed_at = ?
      WHERE delivery_id IN (
        SELECT delivery_id
        FROM subscriptions CROSS JOIN deliveries INDEXED BY deliveries_waiting USING (subscription_id)
        WHERE deleted_at IS NOT NULL AND worker_id IS NULL AND claimable_at IS NOT NULL
        LIMIT ?
      )
    `);
    // What a person asked for waits until the subscription is enabled again.
    const leftover = "worker_id IS NULL AND claimable_at IS NOT NULL AND trigger IS NULL";
    this.#withLeftovers = connection.prepare(`
      SELECT subscription_id AS subscriptionRowId,
        CASE disabled_reason WHEN 'gone' THEN 'gone' ELSE 'subscription_disabled' END AS reason
      FROM subscriptions AS s
      WHERE disabled_reason IN ('gone', 'failing') AND deleted_at IS NULL AND EXISTS (
        SELECT 1 FROM deliveries INDEXED BY deliveries_waiting
        WHERE subscription_id = s.subscription_id AND ${leftover}
      )
    `);
    this.#failLeftovers = connection
      .prepare<unknown[], number | null>(`
        UPDATE deliveries SET state = 'failed', reason = ?, claimable_at = NULL, completed_at = ?
        WHERE delivery_id IN (
          SELECT delivery_id FROM deliveries INDEXED BY deliveries_waiting
          WHERE subscription_id = ? AND ${leftover}
          LIMIT ?
        )
        RETURNING order_key
      `)
      .pluck();
    this.#countFailed = connection.prepare(
      "UPDATE subscription_health SET failed = failed + ? WHERE subscription_id = ?",
    );
  }

  reopen(deliveryRowIds: readonly number[], now: number, trigger: "manual" | "replay"): number[] {
    return deliveryRowIds.filter((rowId) => {
      const row = this.#findReopened.get(rowId);
      if (row === undefined) return false;
      this.#reopen.run(trigger, this.#dueTimeOf(rowId, row, now), rowId);
      return true;
    });
  }

  shift(deliveryRowIds: readonly number[], stepMs: number, now: number): number {
    return this.#shift.run({ ids: JSON.stringify(deliveryRowIds), stepMs, now }).changes;
  }

  cancel(deliveryRowId: number, reason: DeliveryReason, now: number): boolean {
    const ended = this.#cancel.get(reason, now, deliveryRowId);
    if (ended === undefined) return false;
    const [subscriptionRowId, orderKey] = ended;
    if (orderKey !== null) this.#order.next(subscriptionRowId, orderKey, now);
    return true;
  }

  expire(subscriptionRowId: number, createdBefore: number, now: number, limit: number): number {
    const orderKeys = this.#expire.all(now, subscriptionRowId, createdBefore, limit);
    this.#order.nextOfEach(subscriptionRowId, orderKeys, now);
    return orderKeys.length;
  }

  /** What waits for deleted subscriptions. */
  cancelOrphans(now: number, limit: number): number {
    return this.#cancelOrphans.run(now, limit).changes;
  }

  /** What waits for subscriptions that a 410 or their failures disabled. */
  failLeftovers(now: number, limit: number): number {
    let left = limit;
    for (const { subscriptionRowId, reason } of this.#withLeftovers.all()) {
      if (left === 0) break;
      const orderKeys = this.#failLeftovers.all(reason, now, subscriptionRowId, left);
      this.#order.nextOfEach(subscriptionRowId, orderKeys, now);
      this.#countFailed.run(orderKeys.length, subscriptionRowId);
      left -= orderKeys.length;
    }
    return limit - left;
  }

  /** At once, unless it has to wait for another one of its order key. */
  #dueTimeOf(rowId: number, { subscriptionRowId, orderKey, completedAt, claimableAt }: ReopenedRow, now: number) {
    if (orderKey === null) return now;
    if (completedAt !== null) return this.#order.dueTimeAgain(rowId, subscriptionRowId, orderKey, now);
    return claimableAt === WAITS_FOR_TURN ? WAITS_FOR_TURN : now;
  }
}
