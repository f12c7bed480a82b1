import { parseId } from "../../core/ids.ts";
import type { NewDelivery } from "../store.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection, Statement } from "./connection.ts";
import type { DeliveryOrder } from "./delivery-order.ts";
import type { Interned } from "./interned.ts";

/** New rows of `deliveries`, for a new event or added to an old one. */
export class DeliveryInserts {
  readonly #interned: Interned;
  readonly #revision: ConfigRevision;
  readonly #order: DeliveryOrder;
  readonly #insert: Statement;

  constructor(connection: Connection, interned: Interned, revision: ConfigRevision, order: DeliveryOrder) {
    this.#interned = interned;
    this.#revision = revision;
    this.#order = order;
    this.#insert = connection.prepare(`
      INSERT INTO deliveries (public_id, scope_id, event_id, subscription_id, order_key, state, reason, trigger,
        claimable_at, worker_id, created_at, completed_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (event_id, subscription_id) DO NOTHING
    `);
  }

  /** Returns the row id; undefined when the event already goes to this subscription. */
  insert(
    scopeId: number,
    eventRowId: number,
    { id, subscriptionRowId, lease, orderKey }: NewDelivery,
    now: number,
    trigger: "replay" | null = null,
  ): number | undefined {
    const publicId = parseId("dlv", id);
    if (publicId === undefined) throw new TypeError(`not the id of a delivery: ${id}`);
    if (orderKey !== undefined && lease !== undefined) throw new TypeError(`${id} has an order key and a lease`);
    const start = [publicId, scopeId, eventRowId, subscriptionRowId, orderKey ?? null];
    let end: unknown[];
    if (this.#revision.isDeleted(subscriptionRowId)) {
      end = ["cancelled", "subscription_deleted", trigger, null, null, now, now];
    } else if (lease === undefined) {
      const dueAt = orderKey === undefined ? now : this.#order.dueTime(subscriptionRowId, orderKey, now);
      end = ["pending", null, trigger, dueAt, null, now, null];
    } else {
      end = ["sending", null, trigger, lease.endsAt, this.#interned.workerId(lease.worker), now, null];
    }
    const { changes, lastInsertRowid } = this.#insert.run(...start, ...end);
    return changes === 0 ? undefined : Number(lastInsertRowid);
  }
}
