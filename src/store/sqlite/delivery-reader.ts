import type { Attempt, AttemptTrigger } from "../../core/attempt.ts";
import { formatId, idRange, parseId } from "../../core/ids.ts";
import type { Scope } from "../../core/scope.ts";
import type { DeliveryFilter, StoredDelivery } from "../store.ts";
import { Conditions } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import { firstDue, WAITS_FOR_TURN } from "./delivery-order.ts";
import { decodeHeaders } from "./header-sets.ts";
import { type Nullable, prefixRange } from "./row-values.ts";
import { SCOPE_ID } from "./scope-sql.ts";
import { Statements } from "./statements.ts";

type DeliveryRow = Nullable<
  Omit<StoredDelivery, "id" | "scope">,
  "reason" | "claimableAt" | "lastAttemptAt" | "lastStatus" | "lastError" | "lastExcerpt" | "completedAt"
> & { publicId: Uint8Array };

type AttemptRow = Nullable<
  Omit<Attempt, "requestHeaders" | "responseHeaders" | "truncated" | "trigger">,
  "status" | "errorCode" | "errorMessage" | "remoteAddress" | "responseExcerpt"
> & {
  requestHeaders: string;
  responseHeaders: string;
  requestSet: string | null;
  responseSet: string | null;
  truncated: number;
  trigger: AttemptTrigger | null;
};

interface DueRow {
  subscriptionRowId: number;
  /** `WAITS_FOR_TURN` when nothing is due by itself. */
  dueAt: number;
}

const SELECT = `
  SELECT d.delivery_id AS rowId, d.public_id AS publicId, d.event_id AS eventRowId, e.public_id AS eventId,
    t.name AS eventType, d.subscription_id AS subscriptionRowId, s.public_id AS subscriptionId, d.state, d.reason,
    d.attempt_count AS attemptCount, d.claimable_at AS claimableAt, a.started_at AS lastAttemptAt,
    a.status AS lastStatus,
    CASE WHEN a.error_code IS NULL THEN a.error_message ELSE a.error_code || ': ' || a.error_message END AS lastError,
    a.response_excerpt AS lastExcerpt, d.created_at AS createdAt, d.completed_at AS completedAt
`;
const JOINS = `
  CROSS JOIN events AS e USING (event_id)
  CROSS JOIN event_types AS t USING (event_type_id)
`;
const LAST_ATTEMPT = `
  CROSS JOIN subscriptions AS s USING (subscription_id)
  LEFT JOIN attempts AS a ON a.delivery_id = d.delivery_id AND a.number = d.attempt_count
`;
const IN_SCOPE = `d.scope_id = ${SCOPE_ID}`;

/** Reads `deliveries` and `attempts`. Each call is one short statement. */
export class DeliveryReader {
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#statements = new Statements(connection);
  }

  find(scope: Scope, id: string): StoredDelivery | undefined {
    const publicId = parseId("dlv", id);
    if (publicId === undefined) return undefined;
    const row = this.#statements
      .rows<DeliveryRow>(`
        ${SELECT} FROM deliveries AS d ${JOINS} ${LAST_ATTEMPT} WHERE d.public_id = ? AND ${IN_SCOPE}
      `)
      .get(publicId, scope.tenant, scope.environment);
    return row === undefined ? undefined : deliveryOf(scope, row);
  }

  findIds(scope: Scope, start: string, limit: number): string[] {
    const isEveryId = "dlv_".startsWith(start);
    const range = isEveryId ? { first: new Uint8Array(16), last: new Uint8Array(16).fill(255) } : idRange("dlv", start);
    if (range === undefined) return [];
    return this.#statements
      .values<Uint8Array>(`
        SELECT d.public_id FROM deliveries AS d WHERE d.public_id BETWEEN ? AND ? AND ${IN_SCOPE}
        ORDER BY d.public_id DESC LIMIT ?
      `)
      .all(range.first, range.last, scope.tenant, scope.environment, limit)
      .map((publicId) => formatId("dlv", publicId));
  }

  list(scope: Scope, filter: DeliveryFilter, limit: number, beforeRowId: number | undefined): StoredDelivery[] {
    const { sql, values } = conditionsOf(scope, filter).addIf("d.delivery_id < ?", beforeRowId);
    return this.#statements
      .rows<DeliveryRow>(`
        ${SELECT} FROM deliveries AS d ${indexFor(filter)} ${JOINS} ${LAST_ATTEMPT}
        WHERE ${sql} ORDER BY d.delivery_id DESC LIMIT ?
      `)
      .all(...values, limit)
      .map((row) => deliveryOf(scope, row));
  }

  byRowIds(scope: Scope, rowIds: readonly number[]): Map<number, StoredDelivery> {
    const rows = this.#statements
      .rows<DeliveryRow>(`
        ${SELECT} FROM deliveries AS d ${JOINS} ${LAST_ATTEMPT}
        WHERE d.delivery_id IN (SELECT value FROM json_each(?)) AND ${IN_SCOPE}
      `)
      .all(JSON.stringify(rowIds), scope.tenant, scope.environment);
    return new Map(rows.map((row) => [row.rowId, deliveryOf(scope, row)]));
  }

  count(scope: Scope, filter: DeliveryFilter): number {
    const { sql, values } = conditionsOf(scope, filter);
    const joins = filter.type === undefined && filter.typePrefix === undefined ? "" : JOINS;
    return this.#statements
      .values<number>(`SELECT count(*) FROM deliveries AS d ${indexFor(filter)} ${joins} WHERE ${sql}`)
      .get(...values)!;
  }

  countWaiting(most: number): number {
    return this.#statements
      .values<number>(`
        SELECT count(*) FROM (
          SELECT 1 FROM deliveries INDEXED BY deliveries_waiting
          WHERE worker_id IS NULL AND claimable_at IS NOT NULL LIMIT ?
        )
      `)
      .get(most)!;
  }

  listAttempts(deliveryRowId: number): Attempt[] {
    return this.#statements
      .rows<AttemptRow>(`
        SELECT number, started_at AS startedAt, duration_ms AS durationMs, outcome, status, error_code AS errorCode,
          error_message AS errorMessage, phase, remote_address AS remoteAddress, bytes_sent AS bytesSent,
          request_headers AS requestHeaders, response_headers AS responseHeaders,
          requests.content AS requestSet, responses.content AS responseSet,
          response_excerpt AS responseExcerpt, truncated, trigger, workers.name AS worker
        FROM attempts JOIN workers USING (worker_id)
          LEFT JOIN header_sets AS requests ON requests.header_set_id = request_set_id
          LEFT JOIN header_sets AS responses ON responses.header_set_id = response_set_id
        WHERE delivery_id = ?
        ORDER BY number
      `)
      .all(deliveryRowId)
      .map(attemptOf);
  }

  /** Row ids of what `shiftDueTimes` moves. */
  toBeShifted(stepMs: number, now: number): number[] {
    // A step forward leaves alone what was overdue before it.
    const retries = stepMs === 0 ? "0" : stepMs < 0 ? "1" : "? < claimable_at";
    return this.#statements
      .values<number>(`
        SELECT delivery_id FROM deliveries INDEXED BY deliveries_waiting
        WHERE worker_id IS NULL AND claimable_at IS NOT NULL AND claimable_at < ${WAITS_FOR_TURN}
          AND CASE WHEN round_attempts > 0 THEN ${retries} ELSE ? < claimable_at END
      `)
      .all(...(0 < stepMs ? [now - stepMs, now] : [now]));
  }

  nextDueTimes(subscriptionRowIds: readonly number[]): Map<number, number> {
    const rows = this.#statements
      .rows<DueRow>(`
        SELECT value AS subscriptionRowId, min(${firstDue("value", 0)}, ${firstDue("value", 1)}) AS dueAt FROM json_each(?)
      `)
      .all(JSON.stringify(subscriptionRowIds));
    return new Map(
      rows.flatMap(({ subscriptionRowId, dueAt }) =>
        WAITS_FOR_TURN <= dueAt ? [] : [[subscriptionRowId, dueAt] as const],
      ),
    );
  }
}

function conditionsOf(scope: Scope, filter: DeliveryFilter): Conditions {
  const conditions = new Conditions()
    .add(IN_SCOPE, scope.tenant, scope.environment)
    .addIf("d.subscription_id = ?", filter.subscriptionRowId)
    .addIf("d.event_id = ?", filter.eventRowId)
    .addIf("t.name = ?", filter.type)
    .addIf("d.created_at >= ?", filter.since)
    .addIf("d.created_at < ?", filter.until)
    .addIf("d.reason = ?", filter.reason)
    .addIf("d.completed_at >= ?", filter.endedSince)
    .addIf("d.completed_at < ?", filter.endedUntil);
  // Written out, not bound: only then does SQLite see that a partial index holds them all.
  if (filter.state === "failed") conditions.add("d.state = 'failed'");
  else if (filter.state === "sending") conditions.add("d.state = 'sending' AND d.worker_id IS NOT NULL");
  else conditions.addIf("d.state = ?", filter.state);
  if (filter.typePrefix !== undefined) {
    conditions.add("t.name >= ? AND t.name < ?", ...prefixRange(filter.typePrefix));
  }
  return conditions;
}

/** Which index gives the rows newest first; the planner, without statistics, often sorts everything instead. */
function indexFor(filter: DeliveryFilter): string {
  if (filter.eventRowId !== undefined) return "";
  const isOfSubscription = filter.subscriptionRowId !== undefined;
  if (filter.state === "failed") {
    return `INDEXED BY ${isOfSubscription ? "deliveries_failed_of_subscription" : "deliveries_failed"}`;
  }
  if (filter.state === "sending") return "INDEXED BY deliveries_leased";
  return isOfSubscription ? "INDEXED BY deliveries_of_subscription" : "NOT INDEXED";
}

function deliveryOf(scope: Scope, row: DeliveryRow): StoredDelivery {
  const { publicId, ...same } = row;
  return {
    ...same,
    id: formatId("dlv", publicId),
    scope,
    reason: row.reason ?? undefined,
    claimableAt: row.claimableAt === null || row.claimableAt === WAITS_FOR_TURN ? undefined : row.claimableAt,
    lastAttemptAt: row.lastAttemptAt ?? undefined,
    lastStatus: row.lastStatus ?? undefined,
    lastError: row.lastError ?? undefined,
    lastExcerpt: row.lastExcerpt ?? undefined,
    completedAt: row.completedAt ?? undefined,
  };
}

function attemptOf({ requestSet, responseSet, ...row }: AttemptRow): Attempt {
  return {
    ...row,
    status: row.status ?? undefined,
    errorCode: row.errorCode ?? undefined,
    errorMessage: row.errorMessage ?? undefined,
    remoteAddress: row.remoteAddress ?? undefined,
    requestHeaders: decodeHeaders(requestSet, row.requestHeaders),
    responseHeaders: decodeHeaders(responseSet, row.responseHeaders),
    responseExcerpt: row.responseExcerpt ?? undefined,
    truncated: row.truncated === 1,
    trigger: row.trigger ?? "auto",
  };
}
