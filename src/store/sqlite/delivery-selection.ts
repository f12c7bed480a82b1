import type { DeliverySelection } from "../replay-store.ts";
import { Conditions } from "./conditions.ts";
import { prefixRange } from "./row-values.ts";

/** Deliveries that one step looks at: a few ms, however few of them are meant. */
export const MOST_LOOKED_AT = 5_000;

/** The SQL of a selection: candidates come from an index in the order of their row ids; the rest is asked of each. */
export interface SelectionSql {
  /** `FROM deliveries AS d INDEXED BY …`, and which of them: with `scopeId` or `subscriptionRowId`, or of any. */
  from: string;
  candidates: Conditions;
  /** What is asked of `d` and `t` (its event's type). */
  meant: Conditions;
}

export function selectionSql(scopeId: number, selection: DeliverySelection): SelectionSql {
  const { state, subscriptionRowId, types, reason, since, until } = selection;
  const candidates = new Conditions();
  const meant = new Conditions().add("d.scope_id = ?", scopeId);
  let index = "NOT INDEXED";
  if (subscriptionRowId !== undefined) {
    index = "INDEXED BY deliveries_of_subscription";
    candidates.add("d.subscription_id = ?", subscriptionRowId);
  }
  if (state === "failed") {
    index = `INDEXED BY ${subscriptionRowId === undefined ? "deliveries_failed" : "deliveries_failed_of_subscription"}`;
    // Written out, not bound: only then does SQLite see that the partial index holds them all.
    candidates.add("d.state = 'failed'");
    if (subscriptionRowId === undefined) candidates.add("d.scope_id = ?", scopeId);
  } else meant.add("d.state = ?", state);
  meant.addIf("d.reason = ?", reason).addIf("d.completed_at >= ?", since).addIf("d.completed_at < ?", until);
  if (types !== undefined) {
    const one = types.map(({ type, typePrefix }) =>
      type !== undefined
        ? { sql: "t.name = ?", values: [type] }
        : typePrefix !== undefined
          ? { sql: "(t.name >= ? AND t.name < ?)", values: prefixRange(typePrefix) }
          : { sql: "TRUE", values: [] },
    );
    meant.add(`(${one.map(({ sql }) => sql).join(" OR ")})`, ...one.flatMap(({ values }) => values));
  }
  return { from: `FROM deliveries AS d ${index}`, candidates, meant };
}

/** What `meant` speaks of, for rows that `c` names. */
export const OF_CANDIDATE = `
  CROSS JOIN deliveries AS d ON d.delivery_id = c.delivery_id
  CROSS JOIN events AS e ON e.event_id = d.event_id
  CROSS JOIN event_types AS t ON t.event_type_id = e.event_type_id
`;
