import type { StoredTenant, TenantFields } from "../admin-store.ts";
import type { CleaningOwed } from "./cleaning-owed.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection } from "./connection.ts";
import type { Interned } from "./interned.ts";
import { IS_DELETED, IS_NOT_DELETED } from "./scope-sql.ts";
import { wiping } from "./wiping.ts";

const NAMES = `
  SELECT name FROM tenants
  UNION SELECT tenant FROM scopes WHERE ${IS_NOT_DELETED}
  UNION SELECT tenant FROM keys WHERE tenant <> '*' AND revoked_at IS NULL
`;

interface TenantRow {
  description: string;
  createdAt: number;
  updatedAt: number;
}

/** Reads tenants: those of the table, and those that exist through data or keys. */
export class TenantReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  list(after: string | undefined, limit: number): StoredTenant[] {
    return this.#connection
      .prepare<unknown[], string>(`SELECT name FROM (${NAMES}) WHERE name > ? ORDER BY name LIMIT ?`)
      .pluck()
      .all(after ?? "", limit)
      .map((name) => this.#read(name));
  }

  find(name: string): StoredTenant | undefined {
    const isThere = this.#connection.prepare(`SELECT 1 FROM (${NAMES}) WHERE name = ?`).get(name) !== undefined;
    return isThere ? this.#read(name) : undefined;
  }

  #read(name: string): StoredTenant {
    const row = this.#connection
      .prepare<unknown[], TenantRow>(
        "SELECT description, created_at AS createdAt, updated_at AS updatedAt FROM tenants WHERE name = ?",
      )
      .get(name);
    const values = <Value>(sql: string): Value[] =>
      this.#connection.prepare<unknown[], Value>(sql).pluck().all(name) as Value[];
    const counts = (sql: string): ReadonlyMap<string, number> =>
      new Map(this.#connection.prepare<unknown[], [string, number]>(sql).raw().all(name) as [string, number][]);
    return {
      name,
      description: row?.description ?? "",
      environments: values("SELECT environment FROM scopes WHERE tenant = ? ORDER BY environment"),
      subscriptions: counts(`
        SELECT environment, count(*) FROM subscriptions JOIN scopes USING (scope_id)
        WHERE tenant = ? AND deleted_at IS NULL GROUP BY environment ORDER BY environment
      `),
      sources: values<number>(
        "SELECT count(*) FROM sources JOIN scopes USING (scope_id) WHERE tenant = ? AND deleted_at IS NULL",
      )[0]!,
      eventTypes: values<number>("SELECT count(*) FROM catalogue JOIN scopes USING (scope_id) WHERE tenant = ?")[0]!,
      hasEvents:
        values<number>(`
        SELECT EXISTS (
          SELECT 1 FROM scopes CROSS JOIN events INDEXED BY events_of_scope USING (scope_id) WHERE tenant = ?
        )
      `)[0] === 1,
      keys: counts(`
        SELECT environment, count(*) FROM keys WHERE tenant = ? AND revoked_at IS NULL
        GROUP BY environment ORDER BY environment
      `),
      createdAt: row?.createdAt,
      updatedAt: row?.updatedAt,
    };
  }
}

/** Writes `tenants`, and takes away everything that a deleted one had. */
export class TenantWrites {
  readonly #connection: Connection;
  readonly #interned: Interned;
  readonly #revision: ConfigRevision;
  readonly #cleaning: CleaningOwed;

  constructor(connection: Connection, interned: Interned, revision: ConfigRevision, cleaning: CleaningOwed) {
    this.#connection = connection;
    this.#interned = interned;
    this.#revision = revision;
    this.#cleaning = cleaning;
  }

  insert({ name, description }: TenantFields, now: number): boolean {
    const { changes } = this.#connection
      .prepare(
        "INSERT INTO tenants (name, description, created_at, updated_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
      )
      .run(name, description, now, now);
    return changes === 1;
  }

  update({ name, description }: TenantFields, now: number): boolean {
    this.#connection
      .prepare(`
        INSERT INTO tenants (name, description, created_at, updated_at) VALUES (@name, @description, @now, @now)
        ON CONFLICT (name) DO UPDATE
        SET description = excluded.description, updated_at = max(excluded.updated_at, updated_at + 1)
      `)
      .run({ name, description, now });
    return true;
  }

  delete(name: string, force: boolean, now: number): boolean {
    const { subscriptions, sources, eventTypes, hasEvents, keys } =
      new TenantReader(this.#connection).find(name) ?? NOTHING;
    if (!force && (0 < subscriptions.size || 0 < sources || 0 < eventTypes || hasEvents || 0 < keys.size)) return false;
    wiping(this.#connection, () => this.#takeAway(name, now));
    // Whoever remembers which number the name had must ask again.
    this.#interned.forget();
    this.#revision.add();
    this.#cleaning.add();
    return true;
  }

  #takeAway(name: string, now: number): void {
    const run = (sql: string, ...values: unknown[]) => this.#connection.prepare(sql).run(...values);
    const ofTenant = "scope_id IN (SELECT scope_id FROM scopes WHERE tenant = ?)";
    run(
      `UPDATE subscriptions
       SET deleted_at = coalesce(deleted_at, ?), name = '', url = iif(url IS NULL, NULL, ''), events = '[]',
         headers_key_id = NULL, headers_sealed = NULL, header_names = NULL, url_key_id = NULL, url_sealed = NULL, settings = '{}', session = NULL
       WHERE ${ofTenant}`,
      now,
      name,
    );
    run(
      `UPDATE sources SET name = '~' || source_id, settings = '{}', key_id = NULL, sealed = NULL, deleted_at = ?
       WHERE deleted_at IS NULL AND ${ofTenant}`,
      now,
      name,
    );
    for (const table of ["secrets", "catalogue", "environments", "replays", "setup_members"])
      run(`DELETE FROM ${table} WHERE ${ofTenant}`, name);
    run("DELETE FROM keys WHERE tenant = ?", name);
    run("DELETE FROM tenants WHERE name = ?", name);
    run("UPDATE audit SET is_past = 1 WHERE tenant = ?", name);
    run("UPDATE scopes SET tenant = '~' || scope_id WHERE tenant = ?", name);
  }

  /** At most `limit` rows of what deleted tenants had. */
  eraseDeleted(limit: number): number {
    return wiping(this.#connection, () => this.#erase(limit));
  }

  #erase(limit: number): number {
    const ofDeleted = `scopes CROSS JOIN events INDEXED BY events_of_scope USING (scope_id)`;
    const deliveries = this.#connection
      .prepare<unknown[], number>(`
        SELECT delivery_id FROM ${ofDeleted} CROSS JOIN deliveries USING (event_id) WHERE ${IS_DELETED} LIMIT ?
      `)
      .pluck()
      .all(limit);
    const ids = JSON.stringify(deliveries);
    for (const table of ["attempts", "deliveries"]) {
      this.#connection.prepare(`DELETE FROM ${table} WHERE delivery_id IN (SELECT value FROM json_each(?))`).run(ids);
    }
    // With fewer than the limit, no event has a delivery any more.
    const { changes } = this.#connection
      .prepare(`DELETE FROM events WHERE event_id IN (SELECT event_id FROM ${ofDeleted} WHERE ${IS_DELETED} LIMIT ?)`)
      .run(limit - deliveries.length);
    if (deliveries.length + changes === 0) {
      for (const table of ["event_types", "statistics", "alerts", "erased_events", "purges"]) {
        this.#connection
          .prepare(`DELETE FROM ${table} WHERE scope_id IN (SELECT scope_id FROM scopes WHERE ${IS_DELETED})`)
          .run();
      }
    }
    return deliveries.length + changes;
  }
}

const NOTHING = { subscriptions: new Map(), sources: 0, eventTypes: 0, hasEvents: false, keys: new Map() };
