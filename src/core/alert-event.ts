import type { AlertState, KeptRule } from "./alert.ts";
import { ALERT_UNITS, type AlertKind } from "./alert-rule.ts";
import { toIso, toIsoOrNull } from "./instant.ts";
import { eventOf, type OperationalEvent, type OperationalSubject } from "./operational-event.ts";

/** An alert begins or ends. Times unix ms. */
export interface AlertHappening {
  id: string;
  state: AlertState;
  rule: KeptRule;
  value: number;
  beganAt: number;
  endedAt: number | undefined;
}

/** Both kinds about what waits are one type of event: `alert.kind` tells them apart. */
const TYPES: Readonly<Record<AlertKind, string>> = {
  failure_rate: "hooks.alert.failure_rate",
  failure_count: "hooks.alert.failure_count",
  backlog: "hooks.alert.backlog",
  backlog_age: "hooks.alert.backlog",
};

/**
 * The event that tells of it: `{"subscription": null or {"id","name","host"}, "alert": {"id","state","kind","rule",
 * "unit","value","threshold","window_ms","began_at","ended_at"}, "at"}`.
 */
export function alertEvent(
  subject: OperationalSubject | undefined,
  { id, state, rule, value, beganAt, endedAt }: AlertHappening,
  at: number,
): OperationalEvent {
  const alert = {
    id,
    state,
    kind: rule.kind,
    rule: rule.text,
    unit: ALERT_UNITS[rule.kind],
    value,
    threshold: rule.threshold,
    window_ms: rule.windowMs === 0 ? null : rule.windowMs,
    began_at: toIso(beganAt),
    ended_at: toIsoOrNull(endedAt),
  };
  return eventOf(TYPES[rule.kind], `${id}/${state}`, subject, { alert }, at);
}
