import type { AgeSweep, AttemptSweep, DeadLetterSweep, EventSweep, SweepStep } from "../retention-store.ts";
import { type Connection, pragmaNumber } from "./connection.ts";
import { Statements } from "./statements.ts";

/** Events that one step looks at: a few ms, however few of them may go. */
const MOST_LOOKED_AT = 1_000;
/** So many in a row that are not old say that none behind them is: a clock that was wrong for a while may have left a few
 * between others. */
const YOUNG_IN_A_ROW = 100;
/** Of the file, what stays free for what comes: in a store that is always busy, pages that are given back now would be
 * asked for again in a moment. */
const KEPT_SHARE = 0.1;

interface CandidateRow {
  rowId: number;
  at: number;
  isOld: number;
  mayGo: number;
}

interface Chosen {
  chosen: number[];
  /** `deleted` of the step is not yet known. */
  step: Omit<SweepStep, "deleted">;
}

export interface Deleted {
  deliveries: number;
  attempts: number;
}

/** Deletes what is over and old, in small portions. */
export class RetentionWrites {
  readonly #connection: Connection;
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#statements = new Statements(connection);
  }

  sweepEvents({ scopeRowId, before, failedBefore, after, limit }: EventSweep): SweepStep {
    const mayGo = `
      NOT EXISTS (
        SELECT 1 FROM deliveries AS d
        WHERE d.event_id = e.event_id
          AND (d.completed_at IS NULL OR d.completed_at >= CASE d.state WHEN 'failed' THEN @failedBefore ELSE @before END)
      )`;
    const { chosen, step } = this.#walk(mayGo, { scopeRowId, before, failedBefore: failedBefore ?? 0, after }, limit);
    deleteEvents(this.#statements, chosen);
    return { ...step, deleted: chosen.length };
  }

  sweepAttempts({ scopeRowId, before, after, limit }: AttemptSweep): SweepStep {
    const ofEvent = "d.completed_at < @before AND d.state <> 'failed'";
    const mayGo = `
      EXISTS (
        SELECT 1 FROM deliveries AS d CROSS JOIN attempts AS a USING (delivery_id)
        WHERE d.event_id = e.event_id AND ${ofEvent}
      )`;
    const { chosen, step } = this.#walk(mayGo, { scopeRowId, before, after }, limit);
    const { changes } = this.#statements
      .rows(`
        DELETE FROM attempts WHERE delivery_id IN (
          SELECT delivery_id FROM json_each(@ids) AS j CROSS JOIN deliveries AS d ON d.event_id = j.value WHERE ${ofEvent}
        )
      `)
      .run({ ids: JSON.stringify(chosen), before });
    return { ...step, deleted: changes };
  }

  sweepDeadLetters({ limit, passesYoung, ...values }: DeadLetterSweep): SweepStep {
    const rows = this.#statements
      .rows<CandidateRow>(`
        SELECT delivery_id AS rowId, completed_at AS at, completed_at < @before AS isOld, completed_at < @before AS mayGo
        FROM deliveries INDEXED BY deliveries_failed
        WHERE scope_id = @scopeRowId AND state = 'failed' AND delivery_id > @after
        ORDER BY delivery_id
        LIMIT ${MOST_LOOKED_AT}
      `)
      .iterate(values);
    const { chosen, step } = choose(rows, values.after, limit, passesYoung);
    deleteDeliveries(this.#statements, chosen);
    return { ...step, deleted: chosen.length };
  }

  sweepJobs({ scopeRowId, before, limit }: AgeSweep): number {
    const replays = this.#delete("replays", "replay_id", "scope_id = ? AND ended_at < ?", [scopeRowId, before], limit);
    const unused = "NOT EXISTS (SELECT 1 FROM erased_events AS e WHERE e.purge_id = purges.purge_id)";
    const where = `scope_id = ? AND ended_at < ? AND ${unused}`;
    return replays + this.#delete("purges", "purge_id", where, [scopeRowId, before], limit - replays);
  }

  sweepAlerts({ scopeRowId, before, limit }: AgeSweep): number {
    return this.#delete("alerts", "alert_id", "scope_id = ? AND ended_at < ?", [scopeRowId, before], limit);
  }

  sweepAudit({ scopeRowId, before, limit }: AgeSweep): number {
    const where = "(tenant, environment) = (SELECT tenant, environment FROM scopes WHERE scope_id = ?) AND at < ?";
    return this.#delete("audit", "audit_id", where, [scopeRowId, before], limit);
  }

  sweepRequests({ scopeRowId, before, limit }: AgeSweep): number {
    return this.#statements
      .rows(`
        DELETE FROM inbound_requests WHERE request_id IN (
          SELECT request_id
          FROM sources AS s INDEXED BY sources_of_scope
            CROSS JOIN inbound_requests AS r INDEXED BY inbound_beside USING (source_id)
          WHERE s.scope_id = ? AND r.outcome <> 'accepted' AND r.received_at < ?
          LIMIT ?
        )
      `)
      .run(scopeRowId, before, limit).changes;
  }

  sweepErased({ scopeRowId, before, limit }: AgeSweep): number {
    return this.#statements
      .rows(`
        DELETE FROM erased_events WHERE (scope_id, public_id) IN (
          SELECT scope_id, public_id FROM erased_events INDEXED BY erased_by_age
          WHERE scope_id = ? AND created_at < ? LIMIT ?
        )
      `)
      .run(scopeRowId, before, limit).changes;
  }

  giveBack(pages: number, keep: "some" | "none"): boolean {
    const kept = keep === "none" ? 0 : Math.ceil(pragmaNumber(this.#connection, "page_count") * KEPT_SHARE);
    const spare = pragmaNumber(this.#connection, "freelist_count") - kept;
    if (spare <= 0) return false;
    this.#connection.pragma(`incremental_vacuum(${Math.min(pages, spare)})`);
    return pages < spare;
  }

  /** Events of the scope behind `after`. */
  #walk(mayGo: string, values: Omit<AttemptSweep, "limit"> & { failedBefore?: number }, limit: number): Chosen {
    const rows = this.#statements
      .rows<CandidateRow>(`
        SELECT e.event_id AS rowId, e.created_at AS at, e.created_at < @before AS isOld,
          e.created_at < @before AND ${mayGo} AS mayGo
        FROM events AS e INDEXED BY events_of_scope
        WHERE e.scope_id = @scopeRowId AND e.event_id > @after
        ORDER BY e.event_id
        LIMIT ${MOST_LOOKED_AT}
      `)
      .iterate(values);
    return choose(rows, values.after, limit);
  }

  #delete(table: string, id: string, where: string, values: unknown[], limit: number): number {
    return this.#statements
      .rows(`DELETE FROM ${table} WHERE ${id} IN (SELECT ${id} FROM ${table} WHERE ${where} ORDER BY ${id} LIMIT ?)`)
      .run(...values, limit).changes;
  }
}

/** From the oldest on, to the first that are young, or past them. */
function choose(rows: Iterable<CandidateRow>, from: number, limit: number, passesYoung = false): Chosen {
  const chosen: number[] = [];
  let after = from;
  let span: SweepStep["span"];
  let looked = 0;
  let young = 0;
  for (const { rowId, at, isOld, mayGo } of rows) {
    looked += 1;
    young = isOld === 1 || passesYoung ? 0 : young + 1;
    if (young === 0) after = rowId;
    if (isOld === 1) span = { from: span?.from ?? at, to: at };
    if (mayGo === 1) chosen.push(rowId);
    if (chosen.length === limit || young === YOUNG_IN_A_ROW) break;
  }
  const isDone = young === YOUNG_IN_A_ROW || (looked < MOST_LOOKED_AT && chosen.length < limit);
  return { chosen, step: { after, span, isDone } };
}

/** With deliveries and attempts. Counts and statistics stay. */
export function deleteEvents(statements: Statements, eventRowIds: readonly number[]): Deleted {
  if (eventRowIds.length === 0) return { deliveries: 0, attempts: 0 };
  const ids = JSON.stringify(eventRowIds);
  const deliveries = statements
    .values<number>("SELECT delivery_id FROM json_each(?) AS j CROSS JOIN deliveries AS d ON d.event_id = j.value")
    .all(ids);
  const attempts = deleteDeliveries(statements, deliveries);
  statements.rows("DELETE FROM events WHERE event_id IN (SELECT value FROM json_each(?))").run(ids);
  return { deliveries: deliveries.length, attempts };
}

/** With their attempts, of which it answers how many there were. */
export function deleteDeliveries(statements: Statements, deliveryRowIds: readonly number[]): number {
  if (deliveryRowIds.length === 0) return 0;
  const ids = JSON.stringify(deliveryRowIds);
  const remove = (table: string): number =>
    statements.rows(`DELETE FROM ${table} WHERE delivery_id IN (SELECT value FROM json_each(?))`).run(ids).changes;
  const attempts = remove("attempts");
  remove("deliveries");
  return attempts;
}
