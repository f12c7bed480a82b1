import type { MasterKeyChange, MasterKeys, SealedKind, SealedRow } from "../store.ts";
import type { Connection } from "./connection.ts";
import { sealedByOthersSql, sealedBySql } from "./sealed-columns.ts";
import { Statements } from "./statements.ts";

interface SealedColumns {
  kind: SealedKind;
  rowId: number;
  id: string;
  keyId: string;
  bytes: Uint8Array;
}

/** Reads which master key seals, and what another one sealed. */
export class MasterKeyReader {
  readonly #connection: Connection;
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#statements = new Statements(connection);
  }

  read(): MasterKeys {
    // Both of one moment: a change begins and ends in one transaction each.
    const read = this.#connection.transaction(() => ({
      sealing: this.#statements.values<string | null>("SELECT sealing_key_id FROM store").get() ?? undefined,
      change: this.#statements
        .rows<MasterKeyChange>(`
          SELECT old_key_id AS oldKeyId, new_key_id AS newKeyId, new_sealed AS newSealed, old_sealed AS oldSealed,
            begun_at AS begunAt
          FROM master_key_change
        `)
        .get(),
    }));
    const { sealing, change } = read.deferred();
    const isInUse = change !== undefined || (sealing !== undefined && this.#sealsSomething(sealing));
    return { sealing: isInUse ? sealing : undefined, change };
  }

  #sealsSomething(keyId: string): boolean {
    return sealedBySql().some((sql) => this.#statements.values(sql).get(keyId) !== undefined);
  }

  sealedByOthers(keyId: string, limit: number): SealedRow[] {
    return this.#statements
      .rows<SealedColumns>(sealedByOthersSql("all"))
      .all({ keyId, limit })
      .map(({ kind, rowId, id, keyId: sealedBy, bytes }) => ({ kind, rowId, id, sealed: { keyId: sealedBy, bytes } }));
  }
}
