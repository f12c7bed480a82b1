import type { SealedKind } from "../store.ts";

/** Where something sealed stands, and under which key. */
export const SEALED_COLUMNS: Readonly<Record<SealedKind, { table: string; id: string; keyId: string; bytes: string }>> =
  {
    secret: { table: "secrets", id: "secret_id", keyId: "key_id", bytes: "sealed" },
    headers: { table: "subscriptions", id: "subscription_id", keyId: "headers_key_id", bytes: "headers_sealed" },
    url: { table: "subscriptions", id: "subscription_id", keyId: "url_key_id", bytes: "url_sealed" },
    source: { table: "sources", id: "source_id", keyId: "key_id", bytes: "sealed" },
  };

/**
 * What another key than @keyId sealed, at most @limit. What is kept elsewhere has a colon in its key's id. The rest of
 * deleted subscriptions is NULL.
 */
export function sealedByOthersSql(columns: "1" | "all"): string {
  const selects = Object.entries(SEALED_COLUMNS).map(([kind, { table, id, keyId, bytes }]) => {
    const what =
      columns === "1"
        ? "1"
        : `'${kind}' AS kind, ${id} AS rowId, public_id AS id, ${keyId} AS keyId, ${bytes} AS bytes`;
    return `SELECT ${what} FROM ${table} WHERE ${keyId} <> @keyId AND instr(${keyId}, ':') = 0`;
  });
  return `${selects.join(" UNION ALL ")} LIMIT @limit`;
}

/** Each finds something that the key of this id sealed, if there is any in its column. */
export function sealedBySql(): string[] {
  return Object.values(SEALED_COLUMNS).map(({ table, keyId }) => `SELECT 1 FROM ${table} WHERE ${keyId} = ? LIMIT 1`);
}

/** Every key that sealed something, or `aws:…` for what is kept elsewhere. Also of a store of an earlier version. */
export function keyIdsSql(hasColumn: (table: string, column: string) => boolean): string {
  return Object.values(SEALED_COLUMNS)
    .filter(({ table, keyId }) => hasColumn(table, keyId))
    .map(({ table, keyId }) => `SELECT ${keyId} FROM ${table} WHERE ${keyId} IS NOT NULL`)
    .join(" UNION ");
}
