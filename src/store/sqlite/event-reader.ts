import type { Scope } from "../../core/scope.ts";
import type { EventFilter, StoredEvent } from "../store.ts";
import { Conditions } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import { type Nullable, prefixRange } from "./row-values.ts";
import { SCOPE_ID } from "./scope-sql.ts";
import { Statements } from "./statements.ts";

type EventRow = Nullable<Omit<StoredEvent, "scope">, "metadata" | "version">;

const COLUMNS = `event_id AS rowId, e.public_id AS id, t.name AS type, timestamp, version,
  delivery_count AS deliveryCount, e.created_at AS createdAt`;
const NOTHING = new Uint8Array(0);

/** Reads `events`. Each call is one short statement: no cursor stays open, so that the log can be cut. */
export class EventReader {
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#statements = new Statements(connection);
  }

  find(scope: Scope, id: string): StoredEvent | undefined {
    const row = this.#statements
      .rows<EventRow>(`
        SELECT ${COLUMNS}, metadata, data
        FROM events AS e JOIN scopes AS s USING (scope_id) JOIN event_types AS t USING (event_type_id)
        WHERE s.tenant = ? AND s.environment = ? AND e.public_id = ?
      `)
      .get(scope.tenant, scope.environment, id);
    return row === undefined ? undefined : eventOf(scope, row);
  }

  findIds(scope: Scope, start: string, limit: number): string[] {
    return this.#statements
      .values<string>(`
        SELECT public_id FROM events JOIN scopes USING (scope_id)
        WHERE tenant = ? AND environment = ? AND public_id >= ? AND public_id < ?
        ORDER BY public_id
        LIMIT ?
      `)
      .all(scope.tenant, scope.environment, ...prefixRange(start), limit);
  }

  list(scope: Scope, filter: EventFilter, limit: number, beforeRowId: number | undefined): StoredEvent[] {
    const { tenant, environment } = scope;
    const conditions = new Conditions()
      .add(`e.scope_id = ${SCOPE_ID}`, tenant, environment)
      .addIf("e.event_id < ?", beforeRowId)
      .addIf("e.created_at >= ?", filter.since)
      .addIf("e.created_at < ?", filter.until);
    if (filter.typePrefix !== undefined) {
      conditions.add("t.name >= ? AND t.name < ?", ...prefixRange(filter.typePrefix));
    }
    if (filter.type !== undefined) {
      const ofType = `(SELECT event_type_id FROM event_types WHERE scope_id = ${SCOPE_ID} AND name = ?)`;
      conditions.add(`e.event_type_id = ${ofType}`, tenant, environment, filter.type);
    }
    // Either index is in the order of the list: from the newest on, no further than the page. Nothing is sorted.
    const index = filter.type === undefined ? "events_of_scope" : "events_of_type";
    const from = `events AS e INDEXED BY ${index} CROSS JOIN event_types AS t USING (event_type_id)`;
    return this.#statements
      .rows<EventRow>(`
        SELECT ${COLUMNS} FROM ${from} WHERE ${conditions.sql} ORDER BY e.event_id DESC LIMIT ?
      `)
      .all(...conditions.values, limit)
      .map((row) => eventOf(scope, row));
  }

  listTypes(scope: Scope): string[] {
    return this.#statements
      .values<string>(`
        SELECT name FROM event_types JOIN scopes USING (scope_id)
        WHERE tenant = ? AND environment = ?
        ORDER BY name
      `)
      .all(scope.tenant, scope.environment);
  }
}

function eventOf(scope: Scope, row: EventRow): StoredEvent {
  const { metadata, version, data, ...same } = row;
  return {
    ...same,
    scope,
    data: data ?? NOTHING,
    metadata: metadata ?? undefined,
    version: version ?? undefined,
  };
}
