import type { AlertKind, AlertRule } from "./alert-rule.ts";
import type { PageQuery } from "./hooks-service.ts";

export const ALERT_STATES = ["firing", "resolved"] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** One time that a rule was broken. */
export interface AlertResource {
  /** `alr_…` */
  id: string;
  state: AlertState;
  kind: AlertKind;
  /** As it is written in the settings. */
  rule: string;
  /** What `value` and `threshold` are: `attempts`, `share` (0–1), `deliveries`, `ms`. */
  unit: string;
  /** When it began; of one that is over, when it ended. */
  value: number;
  threshold: number;
  /** Null: all of the environment together. */
  subscription: string | null;
  tenant: string;
  environment: string;
  began_at: string;
  ended_at: string | null;
}

export interface AlertQuery extends PageQuery {
  state?: AlertState | undefined;
}

/** What is kept of a rule with an alert of it, so that it can be shown when the rule is no more. */
export type KeptRule = Pick<AlertRule, "text" | "kind" | "threshold" | "windowMs">;
