import type { NewKey, StoredKey } from "../admin-store.ts";
import type { KeyChange } from "../setup-store.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection } from "./connection.ts";
import type { Nullable } from "./row-values.ts";
import { sqliteCode } from "./sqlite-error.ts";

type KeyRow = Nullable<StoredKey, "rateLimit" | "expiresAt" | "revokedAt" | "lastUsedAt">;

export function loadKeys(connection: Connection): StoredKey[] {
  return connection
    .prepare<unknown[], KeyRow>(`
      SELECT key_id AS rowId, public_id AS id, tenant, environment, name, role, hash, hint, rate_limit AS rateLimit,
        created_at AS createdAt, expires_at AS expiresAt, revoked_at AS revokedAt, last_used_at AS lastUsedAt
      FROM keys ORDER BY key_id
    `)
    .all()
    .map((row) => ({
      ...row,
      rateLimit: row.rateLimit ?? undefined,
      expiresAt: row.expiresAt ?? undefined,
      revokedAt: row.revokedAt ?? undefined,
      lastUsedAt: row.lastUsedAt ?? undefined,
    }));
}

/** Writes `keys`. What decides who may come in moves the revision, so that every process reads it anew. */
export class KeyWrites {
  readonly #connection: Connection;
  readonly #revision: ConfigRevision;

  constructor(connection: Connection, revision: ConfigRevision) {
    this.#connection = connection;
    this.#revision = revision;
  }

  insert(key: NewKey): boolean {
    try {
      this.#connection
        .prepare(`
          INSERT INTO keys (public_id, tenant, environment, name, role, hash, hint, rate_limit, created_at, expires_at)
          VALUES (@id, @tenant, @environment, @name, @role, @hash, @hint, @rateLimit, @createdAt, @expiresAt)
        `)
        .run({ ...key, rateLimit: key.rateLimit ?? null, expiresAt: key.expiresAt ?? null });
    } catch (error) {
      if (sqliteCode(error) === "SQLITE_CONSTRAINT_UNIQUE") return false;
      throw error;
    }
    this.#revision.add();
    return true;
  }

  revoke(rowId: number, now: number): boolean {
    const { changes } = this.#connection
      .prepare("UPDATE keys SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL")
      .run(now, rowId);
    if (changes === 0) return false;
    this.#revision.add();
    return true;
  }

  change(rowId: number, { role, rateLimit, expiresAt }: KeyChange): boolean {
    const { changes } = this.#connection
      .prepare("UPDATE keys SET role = ?, rate_limit = ?, expires_at = ? WHERE key_id = ? AND revoked_at IS NULL")
      .run(role, rateLimit ?? null, expiresAt ?? null, rowId);
    if (changes === 0) return false;
    this.#revision.add();
    return true;
  }

  noteUses(uses: readonly (readonly [rowId: number, at: number])[]): undefined {
    const note = this.#connection.prepare(
      "UPDATE keys SET last_used_at = @at WHERE key_id = @rowId AND coalesce(last_used_at, 0) < @at",
    );
    for (const [rowId, at] of uses) note.run({ rowId, at });
  }
}
