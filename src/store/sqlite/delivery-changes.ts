import type { DeliveryReason } from "../../core/delivery.ts";
import type { Connection, Statement } from "./connection.ts";

interface Leftovers {
  subscriptionRowId: number;
  reason: DeliveryReason;
}

/** What people and time do to deliveries: send again, cancel, expire. */
export class DeliveryChanges {
  readonly #reopen: Statement;
  readonly #cancel: Statement;
  readonly #expire: Statement;
  readonly #cancelOrphans: Statement;
  readonly #withLeftovers: Statement<Leftovers>;
  readonly #failLeftovers: Statement;
  readonly #countFailed: Statement;

  constructor(connection: Connection) {
    this.#reopen = connection.prepare(`
      UPDATE deliveries
      SET state = 'pending', reason = NULL, trigger = ?, claimable_at = ?, completed_at = NULL, reclaims = 0,
        round = round + (completed_at IS NOT NULL),
        round_attempts = CASE WHEN completed_at IS NULL THEN round_attempts ELSE 0 END
      WHERE delivery_id = ? AND worker_id IS NULL
        AND subscription_id IN (SELECT subscription_id FROM subscriptions WHERE deleted_at IS NULL)
    `);
    const cancelled = "state = 'cancelled', trigger = NULL, claimable_at = NULL";
    this.#cancel = connection.prepare(`
      UPDATE deliveries SET ${cancelled}, reason = ?, completed_at = ?
      WHERE delivery_id = ? AND worker_id IS NULL AND claimable_at IS NOT NULL
    `);
    this.#expire = connection.prepare(`
      UPDATE deliveries SET ${cancelled}, reason = 'expired', completed_at = ?
      WHERE delivery_id IN (
        SELECT delivery_id FROM deliveries INDEXED BY deliveries_waiting
        WHERE subscription_id = ? AND worker_id IS NULL AND claimable_at IS NOT NULL AND created_at < ?
        LIMIT ?
      )
    `);
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
    this.#failLeftovers = connection.prepare(`
      UPDATE deliveries SET state = 'failed', reason = ?, claimable_at = NULL, completed_at = ?
      WHERE delivery_id IN (
        SELECT delivery_id FROM deliveries INDEXED BY deliveries_waiting
        WHERE subscription_id = ? AND ${leftover}
        LIMIT ?
      )
    `);
    this.#countFailed = connection.prepare(
      "UPDATE subscription_health SET failed = failed + ? WHERE subscription_id = ?",
    );
  }

  reopen(deliveryRowIds: readonly number[], now: number, trigger: "manual" | "replay"): number[] {
    return deliveryRowIds.filter((rowId) => this.#reopen.run(trigger, now, rowId).changes === 1);
  }

  cancel(deliveryRowId: number, reason: DeliveryReason, now: number): boolean {
    return this.#cancel.run(reason, now, deliveryRowId).changes === 1;
  }

  expire(subscriptionRowId: number, createdBefore: number, now: number, limit: number): number {
    return this.#expire.run(now, subscriptionRowId, createdBefore, limit).changes;
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
      const { changes } = this.#failLeftovers.run(reason, now, subscriptionRowId, left);
      this.#countFailed.run(changes, subscriptionRowId);
      left -= changes;
    }
    return limit - left;
  }
}
