import type { Scope } from "../../core/scope.ts";
import type { EventTypeChange, StoredEnvironment, StoredEventType } from "../catalogue-store.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection } from "./connection.ts";
import type { Interned } from "./interned.ts";
import { IS_NOT_DELETED } from "./scope-sql.ts";

// Reads and writes `catalogue` and `environments`.

interface InScope extends Scope {
  updatedAt: number;
}

/** Of one scope, or of all but those of deleted tenants. */
function ofScope(scope: Scope | undefined): { where: string; values: string[] } {
  if (scope === undefined) return { where: IS_NOT_DELETED, values: [] };
  return { where: "tenant = ? AND environment = ?", values: [scope.tenant, scope.environment] };
}

export function loadEventTypes(
  connection: Connection,
  scope: Scope | undefined,
  name: string | undefined,
): StoredEventType[] {
  const { where, values } = ofScope(scope);
  const named = name === undefined ? { where: "", values: [] } : { where: "AND name = ?", values: [name] };
  return connection
    .prepare<unknown[], Omit<StoredEventType, "scope"> & InScope>(`
      SELECT tenant, environment, name, content, created_at AS createdAt, updated_at AS updatedAt
      FROM catalogue JOIN scopes USING (scope_id) WHERE ${where} ${named.where} ORDER BY name, scope_id
    `)
    .all(...values, ...named.values)
    .map(({ tenant, environment, ...row }) => ({ scope: { tenant, environment }, ...row }));
}

export function loadEnvironments(connection: Connection, scope: Scope | undefined): StoredEnvironment[] {
  const { where, values } = ofScope(scope);
  return connection
    .prepare<unknown[], Omit<StoredEnvironment, "scope"> & InScope>(`
      SELECT tenant, environment, settings, updated_at AS updatedAt
      FROM environments JOIN scopes USING (scope_id) WHERE ${where} ORDER BY scope_id
    `)
    .all(...values)
    .map(({ tenant, environment, ...row }) => ({ scope: { tenant, environment }, ...row }));
}

/** What changes moves the revision, so that every process reads it anew. */
export class CatalogueWrites {
  readonly #connection: Connection;
  readonly #interned: Interned;
  readonly #revision: ConfigRevision;

  constructor(connection: Connection, interned: Interned, revision: ConfigRevision) {
    this.#connection = connection;
    this.#interned = interned;
    this.#revision = revision;
  }

  change(scope: Scope, changes: readonly EventTypeChange[], now: number, most: number): boolean {
    const scopeId = this.#interned.scopeId(scope);
    const value = (sql: string, ...values: unknown[]) =>
      this.#connection
        .prepare<unknown[], number>(sql)
        .pluck()
        .get(...values);
    const updatedAt = (name: string) =>
      value("SELECT updated_at FROM catalogue WHERE scope_id = ? AND name = ?", scopeId, name);
    // Looked at before anything is written: what is false must have changed nothing.
    if (changes.some(({ name, ifUpdatedAt }) => updatedAt(name) !== ifUpdatedAt)) return false;
    const added = changes.filter(({ content, ifUpdatedAt }) => content !== undefined && ifUpdatedAt === undefined);
    const count = value("SELECT count(*) FROM catalogue WHERE scope_id = ?", scopeId)!;
    if (0 < added.length && most < count + added.length) return false;
    const put = this.#connection.prepare(`
      INSERT INTO catalogue (scope_id, name, content, created_at, updated_at)
      VALUES (@scopeId, @name, @content, @now, @now)
      ON CONFLICT (scope_id, name) DO UPDATE
      SET content = excluded.content, updated_at = max(excluded.updated_at, updated_at + 1)
    `);
    const remove = this.#connection.prepare("DELETE FROM catalogue WHERE scope_id = ? AND name = ?");
    // One that is made anew by hand under its name belongs to no set.
    const forget = this.#connection.prepare(
      "DELETE FROM setup_members WHERE scope_id = ? AND kind = 'event_type' AND resource = ?",
    );
    for (const { name, content } of changes) {
      if (content === undefined) {
        remove.run(scopeId, name);
        forget.run(scopeId, name);
      } else put.run({ scopeId, name, content, now });
    }
    this.#revision.add();
    return true;
  }

  changeEnvironment(scope: Scope, settings: string, now: number, ifUpdatedAt: number | undefined): boolean {
    const scopeId = this.#interned.scopeId(scope);
    const updatedAt = this.#connection
      .prepare<unknown[], number>("SELECT updated_at FROM environments WHERE scope_id = ?")
      .pluck()
      .get(scopeId);
    if (updatedAt !== ifUpdatedAt) return false;
    this.#connection
      .prepare(`
        INSERT INTO environments (scope_id, settings, updated_at) VALUES (@scopeId, @settings, @now)
        ON CONFLICT (scope_id) DO UPDATE
        SET settings = excluded.settings, updated_at = max(excluded.updated_at, updated_at + 1)
      `)
      .run({ scopeId, settings, now });
    this.#revision.add();
    return true;
  }
}
