import { parseId } from "../../core/ids.ts";
import type { NewDelivery } from "../store.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection, Statement } from "./connection.ts";
import type { DeliveryOrder } from "./delivery-order.ts";
import type { Interned } from "./interned.ts";
import { RowInserts, type RowValue } from "./row-inserts.ts";

const COLUMNS = [
  "public_id",
  "scope_id",
  "event_id",
  "subscription_id",
  "order_key",
  "state",
  "reason",
  "trigger",
  "claimable_at",
  "worker_id",
  "created_at",
  "completed_at",
];
/** What nearly every new one has. */
const NEW = { order_key: null, reason: null, trigger: null, completed_at: null };

/** New rows of `deliveries`, for a new event or added to an old one. */
export class DeliveryInserts {
  readonly #interned: Interned;
  readonly #revision: ConfigRevision;
  readonly #order: DeliveryOrder;
  readonly #one: Statement;
  readonly #many: readonly RowInserts[];
  /** Which of them the last one went to. */
  #gathering: RowInserts | undefined;

  constructor(connection: Connection, interned: Interned, revision: ConfigRevision, order: DeliveryOrder) {
    this.#interned = interned;
    this.#revision = revision;
    this.#order = order;
    this.#one = connection.prepare(`
      INSERT INTO deliveries (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})
      ON CONFLICT (event_id, subscription_id) DO NOTHING
    `);
    this.#many = [
      new RowInserts(connection, "deliveries", COLUMNS, { ...NEW, state: "sending" }),
      new RowInserts(connection, "deliveries", COLUMNS, { ...NEW, state: "pending", worker_id: null }),
    ];
  }

  /** Forgets what an operation that failed has left behind. */
  begin(): void {
    this.#gathering?.begin();
    this.#gathering = undefined;
  }

  /** For a new event, which none of them can be there for; `flush` is to follow, and sets their row ids. */
  add(scopeId: number, eventRowId: number, deliveries: readonly NewDelivery[], now: number, rowIds: number[]): void {
    for (const [index, delivery] of deliveries.entries()) {
      const row = this.#rowOf(scopeId, eventRowId, delivery, now, null);
      const inserts = this.#many.find((one) => one.fits(row));
      // Row ids follow the order of events, which lists show; and the next of an order key looks at what is there.
      if (inserts !== this.#gathering) this.flush();
      this.#gathering = inserts;
      if (inserts === undefined) rowIds[index] = this.#insert(row)!;
      else inserts.add(row, (rowId) => (rowIds[index] = rowId));
    }
  }

  flush(): void {
    this.#gathering?.flush();
  }

  /** Returns the row id; undefined when the event already goes to this subscription. */
  addForReplay(scopeId: number, eventRowId: number, delivery: NewDelivery, now: number): number | undefined {
    return this.#insert(this.#rowOf(scopeId, eventRowId, delivery, now, "replay"));
  }

  #insert(row: readonly RowValue[]): number | undefined {
    const { changes, lastInsertRowid } = this.#one.run(row);
    return changes === 0 ? undefined : Number(lastInsertRowid);
  }

  #rowOf(
    scopeId: number,
    eventRowId: number,
    { id, subscriptionRowId, lease, orderKey }: NewDelivery,
    now: number,
    trigger: "replay" | null,
  ): RowValue[] {
    const publicId = parseId("dlv", id);
    if (publicId === undefined) throw new TypeError(`not the id of a delivery: ${id}`);
    if (orderKey !== undefined && lease !== undefined) throw new TypeError(`${id} has an order key and a lease`);
    const start = [publicId, scopeId, eventRowId, subscriptionRowId, orderKey ?? null];
    if (this.#revision.isDeleted(subscriptionRowId)) {
      return [...start, "cancelled", "subscription_deleted", trigger, null, null, now, now];
    }
    if (lease !== undefined) {
      return [...start, "sending", null, trigger, lease.endsAt, this.#interned.workerId(lease.worker), now, null];
    }
    const dueAt = orderKey === undefined ? now : this.#order.dueTime(subscriptionRowId, orderKey, now);
    return [...start, "pending", null, trigger, dueAt, null, now, null];
  }
}
