import { HooksError } from "../../core/errors.ts";
import type { MasterKeyChange, MovedRow, Sealed } from "../store.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection } from "./connection.ts";
import { SEALED_COLUMNS, sealedByOthersSql, sealedBySql } from "./sealed-columns.ts";
import { wiping } from "./wiping.ts";

/**
 * Writes which master key seals, and moves what another one sealed. Every write that brings something sealed asks it
 * first: so no process that missed a change of the key leaves something behind that only the old one opens.
 */
export class MasterKeyWrites {
  readonly #connection: Connection;
  readonly #revision: ConfigRevision;

  constructor(connection: Connection, revision: ConfigRevision) {
    this.#connection = connection;
    this.#revision = revision;
  }

  /**
   * The first key that seals something is the store's, as is one that comes when nothing is sealed any more.
   * @throws HooksError `conflict` (field `master_key`) when another key seals by now
   */
  admit(all: readonly (Sealed | undefined)[]): void {
    const keyIds = new Set(
      all.flatMap((sealed) => (sealed === undefined || isElsewhere(sealed) ? [] : [sealed.keyId])),
    );
    for (const keyId of keyIds) {
      const current = this.#sealingKeyId();
      if (current === keyId) continue;
      if (current !== undefined && (this.#isUnderWay() || this.#sealsSomething(current))) {
        throw new HooksError("conflict", "the master key of the store was changed", { field: "master_key" });
      }
      this.#setSealing(keyId);
    }
  }

  begin({ oldKeyId, newKeyId, newSealed, oldSealed, begunAt }: MasterKeyChange): boolean {
    if (this.#isUnderWay() || this.#sealingKeyId() !== oldKeyId) return false;
    this.#connection
      .prepare(`
        INSERT INTO master_key_change (change_id, old_key_id, new_key_id, new_sealed, old_sealed, begun_at)
        VALUES (1, ?, ?, ?, ?, ?)
      `)
      .run(oldKeyId, newKeyId, newSealed, oldSealed, begunAt);
    this.#setSealing(newKeyId);
    // Others hear of it, and learn the new key.
    this.#revision.add();
    return true;
  }

  move(rows: readonly MovedRow[]): number {
    return wiping(this.#connection, () => {
      let moved = 0;
      for (const { kind, rowId, before, sealed } of rows) {
        const { table, id, keyId, bytes } = SEALED_COLUMNS[kind];
        const { changes } = this.#connection
          .prepare(`UPDATE ${table} SET ${keyId} = ?, ${bytes} = ? WHERE ${id} = ? AND ${bytes} = ?`)
          .run(sealed.keyId, sealed.bytes, rowId, before);
        moved += changes;
      }
      return moved;
    });
  }

  end(newKeyId: string): boolean {
    const others = this.#connection.prepare(sealedByOthersSql("1")).get({ keyId: newKeyId, limit: 1 });
    if (others !== undefined) return false;
    const { changes } = wiping(this.#connection, () =>
      this.#connection.prepare("DELETE FROM master_key_change WHERE new_key_id = ?").run(newKeyId),
    );
    if (changes === 0) return false;
    this.#revision.add();
    return true;
  }

  #isUnderWay(): boolean {
    return this.#connection.prepare("SELECT 1 FROM master_key_change").get() !== undefined;
  }

  #sealingKeyId(): string | undefined {
    const id = this.#connection.prepare<unknown[], string | null>("SELECT sealing_key_id FROM store").pluck().get();
    return id ?? undefined;
  }

  #setSealing(keyId: string): void {
    this.#connection.prepare("UPDATE store SET sealing_key_id = ?").run(keyId);
  }

  #sealsSomething(keyId: string): boolean {
    return sealedBySql().some((sql) => this.#connection.prepare(sql).get(keyId) !== undefined);
  }
}

function isElsewhere({ keyId }: Sealed): boolean {
  return keyId.includes(":");
}
