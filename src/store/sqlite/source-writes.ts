import { HooksError } from "../../core/errors.ts";
import type { InsertedSource, NewInboundRequest, NewSource } from "../source-store.ts";
import type { ChangeOutcome, NewEvent } from "../store.ts";
import type { CleaningOwed } from "./cleaning-owed.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection } from "./connection.ts";
import type { Interned } from "./interned.ts";
import type { MasterKeyWrites } from "./master-key-writes.ts";
import { Statements } from "./statements.ts";
import { wiping } from "./wiping.ts";
import type { WriteInput } from "./write-operations.ts";

/** Writes `sources` and `inbound_requests`. What changes a source moves the revision, so that every process reads it anew. */
export class SourceWrites {
  readonly #connection: Connection;
  readonly #interned: Interned;
  readonly #revision: ConfigRevision;
  readonly #keys: MasterKeyWrites;
  readonly #cleaning: CleaningOwed;
  readonly #statements: Statements;

  constructor(
    connection: Connection,
    interned: Interned,
    revision: ConfigRevision,
    keys: MasterKeyWrites,
    cleaning: CleaningOwed,
  ) {
    this.#connection = connection;
    this.#cleaning = cleaning;
    this.#interned = interned;
    this.#revision = revision;
    this.#keys = keys;
    this.#statements = new Statements(connection);
  }

  insert({ id, scope, name, settings, sealed, createdAt }: NewSource, most: number): InsertedSource {
    const scopeId = this.#interned.scopeId(scope);
    const isTaken = this.#statements.values("SELECT 1 FROM sources WHERE name = ?").get(name) !== undefined;
    if (isTaken) return "taken";
    const count = this.#statements
      .values<number>("SELECT count(*) FROM sources WHERE scope_id = ? AND deleted_at IS NULL")
      .get(scopeId)!;
    if (most <= count) return "full";
    this.#keys.admit([sealed]);
    this.#statements
      .rows(`
        INSERT INTO sources (public_id, scope_id, name, settings, key_id, sealed, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      `)
      .run(id, scopeId, name, settings, sealed.keyId, sealed.bytes, createdAt, createdAt);
    this.#revision.add();
    return "inserted";
  }

  update({ rowId, settings, sealed, updatedAt, ifUpdatedAt }: WriteInput<"updateSource">): ChangeOutcome {
    const before = this.#statements
      .values<number>("SELECT updated_at FROM sources WHERE source_id = ? AND deleted_at IS NULL")
      .get(rowId);
    if (before === undefined) return "missing";
    if (before !== ifUpdatedAt) return "overtaken";
    this.#keys.admit([sealed]);
    this.#statements
      .rows(`
        UPDATE sources SET settings = ?, key_id = ifnull(?, key_id), sealed = ifnull(?, sealed),
          updated_at = max(?, updated_at + 1)
        WHERE source_id = ?
      `)
      .run(settings, sealed?.keyId ?? null, sealed?.bytes ?? null, updatedAt, rowId);
    this.#revision.add();
    return "changed";
  }

  delete(rowId: number, now: number): boolean {
    const { changes } = this.#statements
      .rows(`
        UPDATE sources SET name = '~' || source_id, settings = '{}', key_id = NULL, sealed = NULL, deleted_at = ?
        WHERE source_id = ? AND deleted_at IS NULL
      `)
      .run(now, rowId);
    if (changes === 0) return false;
    this.#revision.add();
    this.#cleaning.add();
    return true;
  }

  /** At most `limit` rows of what deleted sources have left. */
  erase(limit: number): number {
    const { changes } = wiping(this.#connection, () =>
      this.#statements
        .rows(`
          DELETE FROM inbound_requests WHERE request_id IN (
            SELECT request_id FROM sources CROSS JOIN inbound_requests INDEXED BY inbound_of_source USING (source_id)
            WHERE deleted_at IS NOT NULL LIMIT ?
          )
        `)
        .run(limit),
    );
    if (changes < limit) this.#statements.rows("DELETE FROM sources WHERE deleted_at IS NOT NULL").run();
    return changes;
  }

  /** @throws HooksError `not_found`: it was deleted meanwhile, perhaps by another process. */
  checkIsThere(sourceRowId: number): void {
    const isThere = this.#statements
      .values("SELECT 1 FROM sources WHERE source_id = ? AND deleted_at IS NULL")
      .get(sourceRowId);
    if (isThere === undefined)
      throw new HooksError("not_found", "there is no such source (any more)", { field: "source" });
  }

  /** With its event, which was stored in this transaction. */
  keep(request: NewInboundRequest, { scope, id }: NewEvent): void {
    this.#insert(request, this.#eventRowId(this.#interned.scopeId(scope), id)!);
  }

  record(requests: readonly NewInboundRequest[], most: number): undefined {
    const sources = new Set<number>();
    for (const request of requests) {
      const scopeId = this.#statements
        .values<number>("SELECT scope_id FROM sources WHERE source_id = ? AND deleted_at IS NULL")
        .get(request.sourceRowId);
      if (scopeId === undefined) continue;
      const eventRowId = request.eventId === undefined ? null : this.#eventRowId(scopeId, request.eventId);
      // It is gone, perhaps erased: then nothing is kept of what repeats it.
      if (eventRowId === undefined) continue;
      this.#insert(request, eventRowId);
      sources.add(request.sourceRowId);
    }
    for (const sourceRowId of sources) {
      this.#statements
        .rows(`
          DELETE FROM inbound_requests WHERE request_id IN (
            SELECT request_id FROM inbound_requests INDEXED BY inbound_beside
            WHERE source_id = ? AND outcome <> 'accepted' ORDER BY request_id DESC LIMIT -1 OFFSET ?
          )
        `)
        .run(sourceRowId, most);
    }
    return undefined;
  }

  #eventRowId(scopeId: number, eventId: string): number | undefined {
    return this.#statements
      .values<number>("SELECT event_id FROM events WHERE scope_id = ? AND public_id = ?")
      .get(scopeId, eventId);
  }

  #insert(request: NewInboundRequest, eventRowId: number | null): void {
    const { id, sourceRowId, receivedAt, outcome, status, reason, detail, method, from, bodyBytes, head } = request;
    const { body, isBodySealed } = request;
    this.#statements
      .rows(`
        INSERT INTO inbound_requests (public_id, source_id, event_id, received_at, outcome, status, reason, detail, method,
          from_address, body_bytes, head, body, is_body_sealed)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      `)
      .run(
        id,
        sourceRowId,
        eventRowId,
        receivedAt,
        outcome,
        status,
        reason ?? null,
        detail ?? null,
        method,
        from,
        bodyBytes,
        head,
        body ?? null,
        isBodySealed ? 1 : 0,
      );
  }
}
