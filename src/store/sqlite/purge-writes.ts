import type { EraseStep, EventSelection, NewPurge } from "../purge-store.ts";
import type { CleaningOwed } from "./cleaning-owed.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection } from "./connection.ts";
import type { DeliveryChanges } from "./delivery-changes.ts";
import type { Interned } from "./interned.ts";
import { deleteEvents } from "./retention-writes.ts";
import { Statements } from "./statements.ts";
import { wiping } from "./wiping.ts";

/** Writes `purges` and `erased_events`, and erases. */
export class PurgeWrites {
  readonly #connection: Connection;
  readonly #interned: Interned;
  readonly #revision: ConfigRevision;
  readonly #changes: DeliveryChanges;
  readonly #cleaning: CleaningOwed;
  readonly #statements: Statements;

  constructor(
    connection: Connection,
    interned: Interned,
    revision: ConfigRevision,
    changes: DeliveryChanges,
    cleaning: CleaningOwed,
  ) {
    this.#connection = connection;
    this.#interned = interned;
    this.#revision = revision;
    this.#changes = changes;
    this.#cleaning = cleaning;
    this.#statements = new Statements(connection);
  }

  insert({ id, scope, selection, asked, reason, cancelWaiting, createdAt }: NewPurge): boolean {
    this.#connection
      .prepare(`
        INSERT INTO purges (public_id, scope_id, state, selection, asked, reason, cancel_waiting, last_row_id, created_at,
          updated_at)
        SELECT @id, @scopeId, 'running', @selection, @asked, @reason, @cancelWaiting,
          ifnull((SELECT max(event_id) FROM events), 0), @at, @at
      `)
      .run({
        id,
        scopeId: this.#interned.scopeId(scope),
        selection: JSON.stringify(selection),
        asked,
        reason,
        cancelWaiting: cancelWaiting ? 1 : 0,
        at: createdAt,
      });
    // From now on there may be ids that no event may have again.
    this.#revision.add();
    return true;
  }

  erase(step: EraseStep): number[] {
    const { rowId, from, to, now } = step;
    const job = this.#statements
      .rows<{ cancelWaiting: number }>(`
        SELECT cancel_waiting AS cancelWaiting FROM purges
        WHERE purge_id = ? AND state = 'running' AND cursor = ? AND selection IS NOT NULL
      `)
      .get(rowId, from);
    if (job === undefined) return [];
    return wiping(this.#connection, () => {
      const movedOn = job.cancelWaiting === 1 ? this.#cancelWaiting(step.eventRowIds, now) : [];
      const erasable = this.#withoutOpen(step.eventRowIds);
      this.#statements
        .rows(`
          INSERT INTO erased_events (scope_id, public_id, purge_id, created_at, erased_at)
          SELECT scope_id, public_id, @rowId, created_at, @now
          FROM json_each(@ids) AS j CROSS JOIN events AS e ON e.event_id = j.value
          WHERE TRUE
          ON CONFLICT DO UPDATE SET purge_id = excluded.purge_id, erased_at = excluded.erased_at
        `)
        .run({ rowId, now, ids: JSON.stringify(erasable) });
      const { deliveries, attempts } = deleteEvents(this.#statements, erasable);
      this.#statements
        .rows(`
          UPDATE purges SET cursor = @to, events = events + @events, deliveries = deliveries + @deliveries,
            attempts = attempts + @attempts, kept = kept + @kept, undecided = undecided + @undecided, updated_at = @now,
            selection = CASE @isLast WHEN 1 THEN NULL ELSE selection END
          WHERE purge_id = @rowId
        `)
        .run({
          rowId,
          to,
          now,
          events: erasable.length,
          deliveries,
          attempts,
          kept: step.kept + step.eventRowIds.length - erasable.length,
          undecided: step.undecided,
          isLast: step.isLast ? 1 : 0,
        });
      return movedOn;
    });
  }

  eraseRequests(rowId: number, limit: number): number {
    const job = this.#statements
      .rows<{ scopeId: number; selection: string; createdAt: number }>(`
        SELECT scope_id AS scopeId, selection, created_at AS createdAt FROM purges
        WHERE purge_id = ? AND state = 'running' AND selection IS NOT NULL
      `)
      .get(rowId);
    if (job === undefined) return 0;
    const { since = 0, before = Number.MAX_SAFE_INTEGER } = JSON.parse(job.selection) as EventSelection;
    const upTo = Math.min(before, job.createdAt + 1);
    const { changes } = wiping(this.#connection, () =>
      this.#statements
        .rows(`
          DELETE FROM inbound_requests WHERE request_id IN (
            SELECT request_id
            FROM sources AS s INDEXED BY sources_of_scope
              CROSS JOIN inbound_requests AS r INDEXED BY inbound_beside USING (source_id)
            WHERE s.scope_id = ? AND r.outcome <> 'accepted' AND r.received_at >= ? AND r.received_at < ?
            LIMIT ?
          )
        `)
        .run(job.scopeId, since, upTo, limit),
    );
    return changes;
  }

  finish(rowId: number, now: number): boolean {
    const { changes } = this.#statements
      .rows(`
        UPDATE purges SET state = 'completed', updated_at = ?, ended_at = ?
        WHERE purge_id = ? AND state = 'running' AND selection IS NULL
      `)
      .run(now, now, rowId);
    return changes === 1;
  }

  cancel(rowId: number, now: number): boolean {
    const { changes } = wiping(this.#connection, () =>
      this.#statements
        .rows(`
          UPDATE purges SET state = 'cancelled', selection = NULL, updated_at = ?, ended_at = ?
          WHERE purge_id = ? AND state = 'running'
        `)
        .run(now, now, rowId),
    );
    // What it erased before must be gone all the same.
    if (changes === 1) this.#cleaning.add();
    return changes === 1;
  }

  /** Answers the subscriptions of those with an order key. */
  #cancelWaiting(eventRowIds: readonly number[], now: number): number[] {
    const waiting = this.#statements
      .rows<{ rowId: number; subscriptionRowId: number; isInOrder: number }>(`
        SELECT delivery_id AS rowId, subscription_id AS subscriptionRowId, order_key IS NOT NULL AS isInOrder
        FROM json_each(?) AS j CROSS JOIN deliveries AS d ON d.event_id = j.value
        WHERE d.worker_id IS NULL AND d.claimable_at IS NOT NULL
      `)
      .all(JSON.stringify(eventRowIds));
    const movedOn = new Set<number>();
    for (const { rowId, subscriptionRowId, isInOrder } of waiting) {
      this.#changes.cancel(rowId, "cancelled", now);
      if (isInOrder === 1) movedOn.add(subscriptionRowId);
    }
    return [...movedOn];
  }

  /** Those of which nothing waits or is being sent. */
  #withoutOpen(eventRowIds: readonly number[]): number[] {
    return this.#statements
      .values<number>(`
        SELECT e.event_id FROM json_each(?) AS j CROSS JOIN events AS e ON e.event_id = j.value
        WHERE NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.event_id = e.event_id AND d.claimable_at IS NOT NULL)
      `)
      .all(JSON.stringify(eventRowIds));
  }
}
