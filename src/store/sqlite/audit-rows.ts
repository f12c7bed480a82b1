import { ANY } from "../../core/key.ts";
import type { AuditFilter, NewAuditEntry, StoredAuditEntry } from "../admin-store.ts";
import { Conditions } from "./conditions.ts";
import type { Connection, Statement } from "./connection.ts";
import { type Nullable, prefixRange } from "./row-values.ts";
import { Statements } from "./statements.ts";

type AuditRow = Nullable<StoredAuditEntry, "keyId" | "resourceId" | "before" | "after">;

/** Adds to `audit`. */
export class AuditWrites {
  readonly #insert: Statement;

  constructor(connection: Connection) {
    this.#insert = connection.prepare(`
      INSERT INTO audit (public_id, at, tenant, environment, actor_key, actor_name, came_from, action, resource_kind,
        resource_id, before, after, is_past)
      VALUES (@id, @at, @tenant, @environment, @keyId, @actor, @from, @action, @resourceKind,
        @resourceId, @before, @after, @action = 'tenant.delete')
    `);
  }

  insert(entry: NewAuditEntry): undefined {
    const { keyId, resourceId, before, after } = entry;
    this.#insert.run({
      ...entry,
      keyId: keyId ?? null,
      resourceId: resourceId ?? null,
      before: before ?? null,
      after: after ?? null,
    });
  }
}

/** Reads `audit`. */
export class AuditReader {
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#statements = new Statements(connection);
  }

  list(filter: AuditFilter, limit: number, beforeRowId: number | undefined): StoredAuditEntry[] {
    const { reach, key } = filter;
    const conditions = new Conditions()
      .add("1")
      .addIf("audit_id < ?", beforeRowId)
      .addIf("at >= ?", filter.since)
      .addIf("at < ?", filter.until)
      .addIf("action = ?", filter.action)
      .addIf("resource_id = ?", filter.resource);
    if (reach.tenant !== ANY) conditions.add("tenant = ?", reach.tenant);
    if (!filter.withPast) conditions.add("is_past = 0");
    if (reach.environment !== ANY) conditions.add("environment = ?", reach.environment);
    if (key !== undefined)
      conditions.add(...((key === "local" ? ["actor_key IS NULL"] : ["actor_key = ?", key]) as [string]));
    if (filter.actionPrefix !== undefined)
      conditions.add("action >= ? AND action < ?", ...prefixRange(filter.actionPrefix));
    return this.#statements
      .rows<AuditRow>(`
        SELECT audit_id AS rowId, public_id AS id, at, tenant, environment, actor_key AS keyId, actor_name AS actor,
          came_from AS "from", action, resource_kind AS resourceKind, resource_id AS resourceId, before, after
        FROM audit WHERE ${conditions.sql} ORDER BY audit_id DESC LIMIT ?
      `)
      .all(...conditions.values, limit)
      .map(({ keyId, resourceId, before, after, ...row }) => ({
        ...row,
        keyId: keyId ?? undefined,
        resourceId: resourceId ?? undefined,
        before: before ?? undefined,
        after: after ?? undefined,
      }));
  }
}
