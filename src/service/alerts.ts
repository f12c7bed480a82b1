import { ALERT_STATES, type AlertQuery, type AlertResource } from "../core/alert.ts";
import { ALERT_UNITS } from "../core/alert-rule.ts";
import { checkLimit, parseCursor, toPage } from "../core/cursor.ts";
import { invalid } from "../core/errors.ts";
import type { Page } from "../core/hooks-service.ts";
import { toIso, toIsoOrNull } from "../core/instant.ts";
import type { Scope } from "../core/scope.ts";
import type { AlertStore, StoredAlert } from "../store/alert-store.ts";

/** A page of alerts, newest first. @throws HooksError `invalid_request` */
export async function listAlerts(
  store: Pick<AlertStore, "listAlerts">,
  scope: Scope,
  query: AlertQuery,
): Promise<Page<AlertResource>> {
  const limit = checkLimit(query.limit);
  const before = parseCursor(query.cursor);
  if (query.state !== undefined && !ALERT_STATES.includes(query.state)) {
    throw invalid("state", `state must be one of ${ALERT_STATES.join(", ")}`);
  }
  const rows = await store.listAlerts(scope, query.state, limit + 1, before);
  return toPage(rows, limit, toAlertResource);
}

function toAlertResource({ id, scope, subscription, rule, value, beganAt, endedAt }: StoredAlert): AlertResource {
  return {
    id,
    state: endedAt === undefined ? "firing" : "resolved",
    kind: rule.kind,
    rule: rule.text,
    unit: ALERT_UNITS[rule.kind],
    value,
    threshold: rule.threshold,
    subscription: subscription ?? null,
    tenant: scope.tenant,
    environment: scope.environment,
    began_at: toIso(beganAt),
    ended_at: toIsoOrNull(endedAt),
  };
}
