import type { Scope } from "../../core/scope.ts";
import type { SetupMember } from "../setup-store.ts";
import type { Connection } from "./connection.ts";
import type { Interned } from "./interned.ts";

// Reads and writes `setup_members`.

export function loadMembers(connection: Connection, { tenant, environment }: Scope): SetupMember[] {
  return connection
    .prepare<unknown[], Omit<SetupMember, "references"> & { reference: string }>(`
      SELECT kind, resource, set_name AS "set", reference
      FROM setup_members JOIN scopes USING (scope_id) WHERE tenant = ? AND environment = ? ORDER BY kind, resource
    `)
    .all(tenant, environment)
    .map(({ reference, ...row }) => ({ ...row, references: JSON.parse(reference) as Record<string, string> }));
}

export class SetupWrites {
  readonly #connection: Connection;
  readonly #interned: Interned;

  constructor(connection: Connection, interned: Interned) {
    this.#connection = connection;
    this.#interned = interned;
  }

  note(
    scope: Scope,
    put: readonly SetupMember[],
    removed: readonly Pick<SetupMember, "kind" | "resource">[],
  ): undefined {
    const scopeId = this.#interned.scopeId(scope);
    const remove = this.#connection.prepare(
      "DELETE FROM setup_members WHERE scope_id = ? AND kind = ? AND resource = ?",
    );
    for (const { kind, resource } of removed) remove.run(scopeId, kind, resource);
    const insert = this.#connection.prepare(`
      INSERT INTO setup_members (scope_id, kind, resource, set_name, reference)
      VALUES (@scopeId, @kind, @resource, @set, @reference)
      ON CONFLICT (scope_id, kind, resource) DO UPDATE
      SET set_name = excluded.set_name, reference = excluded.reference
    `);
    for (const { kind, resource, set, references } of put) {
      insert.run({ scopeId, kind, resource, set, reference: JSON.stringify(references) });
    }
  }
}
