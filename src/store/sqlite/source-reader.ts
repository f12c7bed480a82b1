import type { Scope } from "../../core/scope.ts";
import type { RequestOutcome } from "../../core/sources/source.ts";
import type { StoredInboundDetail, StoredInboundRequest, StoredSource } from "../source-store.ts";
import { Conditions } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import { type Nullable, prefixRange } from "./row-values.ts";
import { Statements } from "./statements.ts";

interface SourceRow extends Omit<StoredSource, "scope" | "sealed">, Scope {
  keyId: string;
  bytes: Uint8Array;
}

type RequestRow = Nullable<StoredInboundRequest, "reason" | "detail" | "eventId">;
type DetailRow = RequestRow & { head: Uint8Array; body: Uint8Array | null; isBodySealed: number };

const FACTS = `request_id AS rowId, r.public_id AS id, source_id AS sourceRowId, received_at AS receivedAt, outcome, status,
  reason, detail, method, from_address AS "from", body_bytes AS bodyBytes, e.public_id AS eventId`;
/** An event's data stands for a body that is the same. */
const DETAIL = `${FACTS}, head, coalesce(r.body, CASE outcome WHEN 'accepted' THEN e.data END) AS body,
  is_body_sealed AS isBodySealed`;

/** Reads `sources` and `inbound_requests`. */
export class SourceReader {
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#statements = new Statements(connection);
  }

  load(scope: Scope | undefined): StoredSource[] {
    const where = scope === undefined ? "" : "AND tenant = ? AND environment = ?";
    return this.#statements
      .rows<SourceRow>(`
        SELECT source_id AS rowId, public_id AS id, tenant, environment, name, settings, key_id AS keyId, sealed AS bytes,
          created_at AS createdAt, updated_at AS updatedAt
        FROM sources JOIN scopes USING (scope_id) WHERE deleted_at IS NULL ${where} ORDER BY source_id
      `)
      .all(...(scope === undefined ? [] : [scope.tenant, scope.environment]))
      .map(({ tenant, environment, keyId, bytes, ...row }) => ({
        ...row,
        scope: { tenant, environment },
        sealed: { keyId, bytes },
      }));
  }

  findOfEvent({ tenant, environment }: Scope, eventId: string): StoredInboundDetail | undefined {
    const row = this.#statements
      .rows<DetailRow>(`
        SELECT ${DETAIL}
        FROM scopes CROSS JOIN events AS e USING (scope_id) CROSS JOIN inbound_requests AS r USING (event_id)
        WHERE tenant = ? AND environment = ? AND e.public_id = ? AND outcome = 'accepted'
      `)
      .get(tenant, environment, eventId);
    return row === undefined ? undefined : detailOf(row);
  }

  list(
    sourceRowId: number,
    outcome: RequestOutcome | undefined,
    limit: number,
    beforeRowId: number | undefined,
  ): StoredInboundRequest[] {
    const conditions = new Conditions()
      .add("source_id = ?", sourceRowId)
      .addIf("request_id < ?", beforeRowId)
      .addIf("outcome = ?", outcome);
    return this.#statements
      .rows<RequestRow>(`
        SELECT ${FACTS} FROM inbound_requests AS r INDEXED BY inbound_of_source LEFT JOIN events AS e USING (event_id)
        WHERE ${conditions.sql} ORDER BY request_id DESC LIMIT ?
      `)
      .all(...conditions.values, limit)
      .map(requestOf);
  }

  find(sourceRowId: number, start: string): StoredInboundDetail[] {
    return this.#statements
      .rows<DetailRow>(`
        SELECT ${DETAIL} FROM inbound_requests AS r LEFT JOIN events AS e USING (event_id)
        WHERE source_id = ? AND r.public_id >= ? AND r.public_id < ? LIMIT 2
      `)
      .all(sourceRowId, ...prefixRange(start))
      .map(detailOf);
  }
}

function requestOf({ reason, detail, eventId, ...row }: RequestRow): StoredInboundRequest {
  return { ...row, reason: reason ?? undefined, detail: detail ?? undefined, eventId: eventId ?? undefined };
}

function detailOf({ head, body, isBodySealed, ...row }: DetailRow): StoredInboundDetail {
  return { ...requestOf(row), head, body: body ?? undefined, isBodySealed: isBodySealed === 1 };
}
