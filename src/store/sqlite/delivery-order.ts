// Of the deliveries of one subscription with one order key that have not ended, at most one is due or being sent: the
// first, which keeps its place over its retries. The others wait for their turn.

import type { Connection, Statement } from "./connection.ts";
import { UNREAD } from "./unread-value.ts";

/**
 * Due time of a delivery that waits for an earlier one of its order key: the end of the year 9999, unix ms. It stands
 * in the lane's index behind everything that time makes due, so that claiming never walks over those that wait for
 * their turn, however many there are.
 */
export const WAITS_FOR_TURN = 253_402_300_799_999;

/**
 * SQL, of `deliveries` under this name: in which part of its lane one is. What was tried before, and what a replay sends
 * again, gives way to what is new. As in the index `deliveries_waiting`.
 */
export function isRetry(table = "deliveries"): string {
  return `(${table}.round_attempts > 0 OR ${table}.trigger IS 'replay')`;
}

/**
 * SQL: when the first waiting delivery of a subscription is due, of those never tried (0) or of the retries (1);
 * `WAITS_FOR_TURN` when none is due by itself.
 */
export function firstDue(subscriptionRowId: string, kind: 0 | 1): string {
  return `ifnull((
    SELECT claimable_at FROM deliveries INDEXED BY deliveries_waiting
    WHERE subscription_id = ${subscriptionRowId} AND ${isRetry()} = ${kind} AND worker_id IS NULL
      AND claimable_at IS NOT NULL
    ORDER BY claimable_at LIMIT 1
  ), ${WAITS_FOR_TURN})`;
}

interface FirstRow {
  rowId: number;
  workerId: number | null;
  roundAttempts: number;
}

/** Whose turn it is. Everything that adds, ends or re-opens deliveries with an order key asks it, in its transaction. */
export class DeliveryOrder {
  readonly #first: Statement<FirstRow>;
  readonly #block: Statement;
  readonly #next: Statement;

  constructor(connection: Connection) {
    // By due time: the one whose turn it is comes first, then the others by row id.
    const ofKey = `
      FROM deliveries INDEXED BY deliveries_in_order
      WHERE subscription_id = ${UNREAD} AND order_key = ${UNREAD} AND claimable_at IS NOT NULL
      ORDER BY claimable_at, delivery_id LIMIT 1
    `;
    this.#first = connection.prepare(
      `SELECT delivery_id AS rowId, worker_id AS workerId, round_attempts AS roundAttempts ${ofKey}`,
    );
    this.#block = connection.prepare(`UPDATE deliveries SET claimable_at = ${WAITS_FOR_TURN} WHERE delivery_id = ?`);
    this.#next = connection.prepare(`
      UPDATE deliveries SET claimable_at = ?
      WHERE delivery_id = (SELECT delivery_id ${ofKey}) AND claimable_at = ${WAITS_FOR_TURN}
    `);
  }

  /** When a new delivery of this key is due: `now`, or in its turn. */
  dueTime(subscriptionRowId: number, orderKey: number, now: number): number {
    return this.#first.get(subscriptionRowId, orderKey) === undefined ? now : WAITS_FOR_TURN;
  }

  /**
   * When an ended delivery that is sent again is due. It goes before later ones of its key, but takes nothing from one
   * that is being sent or whose schedule has begun: that one's next attempt would come earlier than it was promised.
   */
  dueTimeAgain(deliveryRowId: number, subscriptionRowId: number, orderKey: number, now: number): number {
    const first = this.#first.get(subscriptionRowId, orderKey);
    if (first === undefined) return now;
    if (first.rowId < deliveryRowId || first.workerId !== null || 0 < first.roundAttempts) return WAITS_FOR_TURN;
    this.#block.run(first.rowId);
    return now;
  }

  /** One of this key ended: the next is due. True when there was one; nothing happens while another has its turn. */
  next(subscriptionRowId: number, orderKey: number, now: number): boolean {
    return this.#next.run(now, subscriptionRowId, orderKey).changes === 1;
  }

  /** The same for many that ended: their keys, null for those without. */
  nextOfEach(subscriptionRowId: number, orderKeys: readonly (number | null)[], now: number): void {
    for (const orderKey of new Set(orderKeys)) {
      if (orderKey !== null) this.next(subscriptionRowId, orderKey, now);
    }
  }
}
