import type { Scope } from "../../core/scope.ts";
import type { ErasedEvent, EventBrief, EventContent, EventSelection, PurgeWork, StoredPurge } from "../purge-store.ts";
import type { Connection } from "./connection.ts";
import { type Nullable, prefixRange } from "./row-values.ts";
import { Statements } from "./statements.ts";

type PurgeRow = Nullable<Omit<StoredPurge, "scope" | "cancelWaiting">, "endedAt"> & { cancelWaiting: number };
type BriefRow = Nullable<Omit<EventBrief, "isWaiting" | "isBeingSent">, "version"> & {
  isWaiting: number;
  isBeingSent: number;
};

interface WorkRow extends Scope {
  selection: string | null;
  cancelWaiting: number;
  cursor: number;
  lastRowId: number;
}

const OF_SCOPE = "scope_id = (SELECT scope_id FROM scopes WHERE tenant = ? AND environment = ?)";
const SELECT = `
  SELECT purge_id AS rowId, public_id AS id, state, asked, reason, cancel_waiting AS cancelWaiting, events, deliveries,
    attempts, kept, undecided, created_at AS createdAt, updated_at AS updatedAt, ended_at AS endedAt
  FROM purges WHERE ${OF_SCOPE}
`;
const HAS = "EXISTS (SELECT 1 FROM deliveries AS d WHERE d.event_id = e.event_id AND d.claimable_at IS NOT NULL AND";

/** Reads `purges`, the events that one is about, and what is left of those that were erased. */
export class PurgeReader {
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#statements = new Statements(connection);
  }

  find(scope: Scope, id: string): StoredPurge | undefined {
    const row = this.#statements.rows<PurgeRow>(`${SELECT} AND public_id = ?`).get(scope.tenant, scope.environment, id);
    return row === undefined ? undefined : purgeOf(scope, row);
  }

  findIds(scope: Scope, start: string, limit: number): string[] {
    return this.#statements
      .rows<PurgeRow>(`${SELECT} AND public_id >= ? AND public_id < ? ORDER BY purge_id DESC LIMIT ?`)
      .all(scope.tenant, scope.environment, ...prefixRange(start), limit)
      .map(({ id }) => id);
  }

  list(scope: Scope, limit: number, beforeRowId: number | undefined): StoredPurge[] {
    return this.#statements
      .rows<PurgeRow>(`${SELECT} AND purge_id < ? ORDER BY purge_id DESC LIMIT ?`)
      .all(scope.tenant, scope.environment, beforeRowId ?? Number.MAX_SAFE_INTEGER, limit)
      .map((row) => purgeOf(scope, row));
  }

  running(): number[] {
    return this.#statements
      .values<number>("SELECT purge_id FROM purges INDEXED BY purges_running WHERE state = 'running'")
      .all();
  }

  work(rowId: number): PurgeWork | undefined {
    const row = this.#statements
      .rows<WorkRow>(`
        SELECT tenant, environment, selection, cancel_waiting AS cancelWaiting, cursor, last_row_id AS lastRowId
        FROM purges JOIN scopes USING (scope_id) WHERE purge_id = ? AND state = 'running'
      `)
      .get(rowId);
    if (row === undefined) return undefined;
    const { tenant, environment, selection, cancelWaiting, cursor, lastRowId } = row;
    return {
      scope: { tenant, environment },
      selection: selection === null ? undefined : (JSON.parse(selection) as EventSelection),
      cancelWaiting: cancelWaiting === 1,
      cursor,
      lastRowId,
    };
  }

  cleaningOwed(): number {
    return this.#statements.values<number>("SELECT cleaning_owed FROM store").get()!;
  }

  lastEventRowId(): number {
    return this.#statements.values<number>("SELECT ifnull(max(event_id), 0) FROM events").get()!;
  }

  briefs(
    { tenant, environment }: Scope,
    ids: readonly string[] | undefined,
    { after, upTo }: { after: number; upTo: number },
    limit: number,
  ): EventBrief[] {
    const index = ids === undefined ? "INDEXED BY events_of_scope" : "";
    const named = ids === undefined ? "" : "AND e.public_id IN (SELECT value FROM json_each(?))";
    return this.#statements
      .rows<BriefRow>(`
        SELECT e.event_id AS rowId, e.public_id AS id, t.name AS type, e.timestamp, e.version,
          e.created_at AS createdAt, ${HAS} d.worker_id IS NULL) AS isWaiting,
          ${HAS} d.worker_id IS NOT NULL) AS isBeingSent
        FROM events AS e ${index} CROSS JOIN event_types AS t USING (event_type_id)
        WHERE e.${OF_SCOPE} AND e.event_id > ? AND e.event_id <= ? ${named}
        ORDER BY e.event_id
        LIMIT ?
      `)
      .all(tenant, environment, after, upTo, ...(ids === undefined ? [] : [JSON.stringify(ids)]), limit)
      .map(({ version, isWaiting, isBeingSent, ...row }) => ({
        ...row,
        version: version ?? undefined,
        isWaiting: isWaiting === 1,
        isBeingSent: isBeingSent === 1,
      }));
  }

  content(eventRowId: number): EventContent | undefined {
    const row = this.#statements
      .rows<Nullable<EventContent, "metadata">>("SELECT metadata, data FROM events WHERE event_id = ?")
      .get(eventRowId);
    return row === undefined ? undefined : { data: row.data, metadata: row.metadata ?? undefined };
  }

  erased({ tenant, environment }: Scope, eventId: string): ErasedEvent | undefined {
    return this.#statements
      .rows<ErasedEvent>(`
        SELECT e.erased_at AS at, p.public_id AS purge, p.reason
        FROM erased_events AS e JOIN purges AS p USING (purge_id)
        WHERE e.${OF_SCOPE} AND e.public_id = ?
      `)
      .get(tenant, environment, eventId);
  }
}

function purgeOf(scope: Scope, { cancelWaiting, endedAt, ...row }: PurgeRow): StoredPurge {
  return { ...row, scope, cancelWaiting: cancelWaiting === 1, endedAt: endedAt ?? undefined };
}
