import type { AlertState } from "../../core/alert.ts";
import type { AlertKind } from "../../core/alert-rule.ts";
import type { Scope } from "../../core/scope.ts";
import type { NewAlert, StoredAlert } from "../alert-store.ts";
import { Conditions } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import type { Interned } from "./interned.ts";
import type { OperationalEvents } from "./operational-events.ts";
import { IS_NOT_DELETED, SCOPE_ID } from "./scope-sql.ts";
import { Statements } from "./statements.ts";

interface AlertRow {
  rowId: number;
  id: string;
  tenant: string;
  environment: string;
  subscription: string | null;
  kind: AlertKind;
  rule: string;
  threshold: number;
  windowMs: number;
  value: number;
  beganAt: number;
  endedAt: number | null;
}

interface FiringRow {
  scopeId: number;
  subscriptionRowId: number | null;
}

const SELECT = `
  SELECT alert_id AS rowId, a.public_id AS id, tenant, environment, s.public_id AS subscription, kind, rule, threshold,
    window_ms AS windowMs, value, began_at AS beganAt, ended_at AS endedAt
  FROM alerts AS a CROSS JOIN scopes USING (scope_id) LEFT JOIN subscriptions AS s USING (subscription_id)
`;

/** Writes `alerts`, and tells of each beginning and end. */
export class AlertWrites {
  readonly #connection: Connection;
  readonly #interned: Interned;
  readonly #operational: OperationalEvents;

  constructor(connection: Connection, interned: Interned, operational: OperationalEvents) {
    this.#connection = connection;
    this.#interned = interned;
    this.#operational = operational;
  }

  begin({ id, scope, subscription, rule, value, beganAt }: NewAlert): number[] | undefined {
    const scopeId = this.#interned.scopeId(scope);
    const subscriptionRowId = subscription === undefined ? null : this.#findSubscription(scopeId, subscription);
    if (subscriptionRowId === undefined) return undefined;
    const { changes } = this.#connection
      .prepare(`
        INSERT INTO alerts (public_id, scope_id, subscription_id, kind, rule, threshold, window_ms, value, began_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
      `)
      .run(id, scopeId, subscriptionRowId, rule.kind, rule.text, rule.threshold, rule.windowMs, value, beganAt);
    if (changes === 0) return undefined;
    const happening = { id, state: "firing", rule, value, beganAt, endedAt: undefined } as const;
    return this.#operational.tellAlert(scopeId, subscriptionRowId ?? undefined, happening, beganAt);
  }

  end(id: string, value: number, endedAt: number): number[] | undefined {
    const ended = this.#connection
      .prepare<unknown[], FiringRow & Pick<AlertRow, "kind" | "rule" | "threshold" | "windowMs" | "beganAt">>(`
        UPDATE alerts SET ended_at = max(?, began_at), value = ? WHERE public_id = ? AND ended_at IS NULL
        RETURNING scope_id AS scopeId, subscription_id AS subscriptionRowId, kind, rule, threshold,
          window_ms AS windowMs, began_at AS beganAt
      `)
      .get(endedAt, value, id);
    if (ended === undefined) return undefined;
    const { scopeId, subscriptionRowId, kind, rule: text, threshold, windowMs, beganAt } = ended;
    const rule = { text, kind, threshold, windowMs };
    const at = Math.max(endedAt, beganAt);
    const happening = { id, state: "resolved", rule, value, beganAt, endedAt: at } as const;
    return this.#operational.tellAlert(scopeId, subscriptionRowId ?? undefined, happening, at);
  }

  #findSubscription(scopeId: number, id: string): number | undefined {
    return this.#connection
      .prepare<unknown[], number>(
        "SELECT subscription_id FROM subscriptions WHERE public_id = ? AND scope_id = ? AND deleted_at IS NULL",
      )
      .pluck()
      .get(id, scopeId);
  }
}

/** Reads `alerts`. */
export class AlertReader {
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#statements = new Statements(connection);
  }

  firing(): StoredAlert[] {
    // What deleted tenants had is nobody's.
    return this.#statements
      .rows<AlertRow>(`${SELECT} WHERE ended_at IS NULL AND ${IS_NOT_DELETED} ORDER BY alert_id`)
      .all()
      .map(alertOf);
  }

  list(
    { tenant, environment }: Scope,
    state: AlertState | undefined,
    limit: number,
    beforeRowId: number | undefined,
  ): StoredAlert[] {
    const conditions = new Conditions()
      .add(`a.scope_id = ${SCOPE_ID}`, tenant, environment)
      .addIf("alert_id < ?", beforeRowId);
    if (state !== undefined) conditions.add(state === "firing" ? "ended_at IS NULL" : "ended_at IS NOT NULL");
    return this.#statements
      .rows<AlertRow>(`${SELECT} WHERE ${conditions.sql} ORDER BY alert_id DESC LIMIT ?`)
      .all(...conditions.values, limit)
      .map(alertOf);
  }
}

function alertOf(row: AlertRow): StoredAlert {
  const { tenant, environment, subscription, kind, rule: text, threshold, windowMs, endedAt, ...same } = row;
  return {
    ...same,
    scope: { tenant, environment },
    subscription: subscription ?? undefined,
    rule: { text, kind, threshold, windowMs },
    endedAt: endedAt ?? undefined,
  };
}
