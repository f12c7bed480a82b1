import type { Scope } from "../../core/scope.ts";
import type { DeliverySelection, StoredReplay } from "../replay-store.ts";
import type { Connection } from "./connection.ts";
import { selectionSql } from "./delivery-selection.ts";
import { type Nullable, prefixRange } from "./row-values.ts";
import { SCOPE_ID } from "./scope-sql.ts";
import { Statements } from "./statements.ts";

type ReplayRow = Nullable<Omit<StoredReplay, "scope">, "rate" | "endedAt">;

const SELECT = `
  SELECT replay_id AS rowId, public_id AS id, state, asked, rate, found, reopened, created_at AS createdAt,
    updated_at AS updatedAt, ended_at AS endedAt
  FROM replays
  WHERE scope_id = ${SCOPE_ID}
`;

/** Reads `replays`, and counts what one would send again. */
export class ReplayReader {
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#statements = new Statements(connection);
  }

  /** `isSendable`: without those of deleted subscriptions. */
  count(scope: Scope, selection: DeliverySelection, isSendable: boolean): number {
    const scopeId = this.#statements
      .values<number>("SELECT scope_id FROM scopes WHERE tenant = ? AND environment = ?")
      .get(scope.tenant, scope.environment);
    if (scopeId === undefined) return 0;
    const { from, candidates, meant } = selectionSql(scopeId, selection);
    if (isSendable) {
      candidates.add(
        "d.subscription_id NOT IN (SELECT subscription_id FROM subscriptions WHERE deleted_at IS NOT NULL)",
      );
    }
    const joins =
      selection.types === undefined
        ? ""
        : "CROSS JOIN events AS e USING (event_id) CROSS JOIN event_types AS t USING (event_type_id)";
    const where = candidates.sql === "" ? meant.sql : `${candidates.sql} AND ${meant.sql}`;
    return this.#statements
      .values<number>(`SELECT count(*) ${from} ${joins} WHERE ${where}`)
      .get(...candidates.values, ...meant.values)!;
  }

  find(scope: Scope, id: string): StoredReplay | undefined {
    const row = this.#statements
      .rows<ReplayRow>(`${SELECT} AND public_id = ?`)
      .get(scope.tenant, scope.environment, id);
    return row === undefined ? undefined : replayOf(scope, row);
  }

  findIds(scope: Scope, start: string, limit: number): string[] {
    return this.#statements
      .rows<ReplayRow>(`${SELECT} AND public_id >= ? AND public_id < ? ORDER BY replay_id DESC LIMIT ?`)
      .all(scope.tenant, scope.environment, ...prefixRange(start), limit)
      .map(({ id }) => id);
  }

  list(scope: Scope, limit: number, beforeRowId: number | undefined): StoredReplay[] {
    return this.#statements
      .rows<ReplayRow>(`${SELECT} AND replay_id < ? ORDER BY replay_id DESC LIMIT ?`)
      .all(scope.tenant, scope.environment, beforeRowId ?? Number.MAX_SAFE_INTEGER, limit)
      .map((row) => replayOf(scope, row));
  }

  running(): number[] {
    return this.#statements
      .values<number>("SELECT replay_id FROM replays INDEXED BY replays_running WHERE state = 'running'")
      .all();
  }
}

function replayOf(scope: Scope, row: ReplayRow): StoredReplay {
  return { ...row, scope, rate: row.rate ?? undefined, endedAt: row.endedAt ?? undefined };
}
