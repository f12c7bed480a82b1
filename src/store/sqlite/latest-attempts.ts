import type { Scope } from "../../core/scope.ts";
import type { LatestAttempt, LatestAttemptFilter } from "../why-store.ts";
import { Conditions } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import { prefixRange } from "./row-values.ts";
import { SCOPE_ID } from "./scope-sql.ts";
import { Statements } from "./statements.ts";

/** Rows that are looked at for those that are meant: what a page may cost. */
const MOST_LOOKED_AT = 10_000;
/** Subscriptions that are looked at by themselves. */
const MOST_BEHIND = 20;

interface Behind {
  subscriptionRowId: number;
  firstWaiting: number | null;
}

/**
 * The deliveries that were tried last, by the time of their newest attempt. Only second and later attempts are in an
 * index by time: first ones come in the order in which deliveries are made, but for what has waited, which each
 * subscription works off in that order too.
 */
export class LatestAttempts {
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#statements = new Statements(connection);
  }

  list(scope: Scope, filter: LatestAttemptFilter, limit: number, before: LatestAttempt | undefined): LatestAttempt[] {
    const found = [
      ...this.#later(scope, filter, limit, before),
      ...this.#first(scope, filter, limit, before, { rows: MOST_LOOKED_AT }),
      ...this.#behind(scope, filter).flatMap(({ subscriptionRowId, firstWaiting }) =>
        this.#first(scope, { ...filter, subscriptionRowId }, limit, before, {
          rows: MOST_LOOKED_AT / MOST_BEHIND,
          below: firstWaiting ?? undefined,
        }),
      ),
    ];
    const byId = new Map(found.map((one) => [one.deliveryRowId, one]));
    return [...byId.values()]
      .sort((one, other) => other.at - one.at || other.deliveryRowId - one.deliveryRowId)
      .slice(0, limit);
  }

  /** Whose newest one that is meant is a second or later one. */
  #later(scope: Scope, filter: LatestAttemptFilter, limit: number, before: LatestAttempt | undefined): LatestAttempt[] {
    const looked = new Conditions().add(`scope_id = ${SCOPE_ID} AND number > 1`, scope.tenant, scope.environment);
    if (before !== undefined) looked.add("(started_at, delivery_id) < (?, ?)", before.at, before.deliveryRowId);
    const meant = meantOf(filter);
    return this.#statements
      .rows<LatestAttempt>(`
        SELECT a.delivery_id AS deliveryRowId, a.started_at AS at
        FROM (
          SELECT delivery_id, number, started_at, outcome FROM attempts INDEXED BY attempts_again
          WHERE ${looked.sql} ORDER BY started_at DESC, delivery_id DESC LIMIT ${MOST_LOOKED_AT}
        ) AS a
        CROSS JOIN deliveries AS d ON d.delivery_id = a.delivery_id ${typeJoin(filter)}
        WHERE ${meant.sql} ORDER BY a.started_at DESC, a.delivery_id DESC LIMIT ?
      `)
      .all(...looked.values, ...meant.values, limit);
  }

  /** Whose newest one that is meant is the first: of the deliveries that were made last, before `below`. */
  #first(
    scope: Scope,
    filter: LatestAttemptFilter,
    limit: number,
    before: LatestAttempt | undefined,
    { rows, below }: { rows: number; below?: number | undefined },
  ): LatestAttempt[] {
    const looked = new Conditions()
      .add(`scope_id = ${SCOPE_ID}`, scope.tenant, scope.environment)
      .addIf("subscription_id = ?", filter.subscriptionRowId)
      .addIf("delivery_id < ?", below);
    const meant = meantOf(filter);
    if (before !== undefined) meant.add("(a.started_at, a.delivery_id) < (?, ?)", before.at, before.deliveryRowId);
    const index = filter.subscriptionRowId === undefined ? "NOT INDEXED" : "INDEXED BY deliveries_of_subscription";
    return this.#statements
      .rows<LatestAttempt>(`
        SELECT a.delivery_id AS deliveryRowId, a.started_at AS at
        FROM (
          SELECT delivery_id, event_id, subscription_id, attempt_count FROM deliveries ${index}
          WHERE ${looked.sql} ORDER BY delivery_id DESC LIMIT ${rows}
        ) AS d
        CROSS JOIN attempts AS a ON a.delivery_id = d.delivery_id AND a.number = 1 ${typeJoin(filter)}
        WHERE ${meant.sql} ORDER BY d.delivery_id DESC LIMIT ?
      `)
      .all(...looked.values, ...meant.values, limit);
  }

  /**
   * The subscriptions that were tried last, and where what was never tried begins: what waited for long is worked off when
   * others have made many newer deliveries, behind which it would not be seen.
   */
  #behind({ tenant, environment }: Scope, { subscriptionRowId }: LatestAttemptFilter): Behind[] {
    const looked = new Conditions()
      .add(`scope_id = ${SCOPE_ID} AND last_attempt_at IS NOT NULL`, tenant, environment)
      .addIf("subscription_id = ?", subscriptionRowId);
    return this.#statements
      .rows<Behind>(`
        SELECT h.subscription_id AS subscriptionRowId, (
          SELECT w.delivery_id FROM deliveries AS w INDEXED BY deliveries_waiting
          WHERE w.subscription_id = h.subscription_id AND (w.round_attempts > 0 OR w.trigger IS 'replay') = 0
            AND w.worker_id IS NULL AND w.claimable_at IS NOT NULL
          ORDER BY w.claimable_at LIMIT 1
        ) AS firstWaiting
        FROM (
          SELECT subscription_id FROM subscription_health WHERE ${looked.sql}
          ORDER BY last_attempt_at DESC LIMIT ${MOST_BEHIND}
        ) AS h
      `)
      .all(...looked.values);
  }
}

function typeJoin({ type, typePrefix }: LatestAttemptFilter): string {
  return type === undefined && typePrefix === undefined
    ? ""
    : "CROSS JOIN events AS e ON e.event_id = d.event_id CROSS JOIN event_types AS t USING (event_type_id)";
}

/** Of `a`, the attempt, and `d`, its delivery: that no newer one of the delivery is meant, and what it must be. */
function meantOf({ subscriptionRowId, type, typePrefix, outcome }: LatestAttemptFilter): Conditions {
  const meant = new Conditions().addIf("d.subscription_id = ?", subscriptionRowId).addIf("t.name = ?", type);
  if (typePrefix !== undefined) meant.add("t.name >= ? AND t.name < ?", ...prefixRange(typePrefix));
  if (outcome === undefined) return meant.add("a.number = d.attempt_count");
  return meant.add(
    `a.outcome = ? AND NOT EXISTS (
      SELECT 1 FROM attempts AS n WHERE n.delivery_id = a.delivery_id AND n.number > a.number AND n.outcome = a.outcome
    )`,
    outcome,
  );
}
