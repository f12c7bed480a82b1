import { type AlertRule, concerns, MOST_ALERT_RULES, parseAlertRule } from "./alert-rule.ts";
import { invalid } from "./errors.ts";
import { quoted } from "./quoted.ts";
import type { Scope } from "./scope.ts";

/**
 * Rules that an environment has for itself, each in its one form.
 * @throws HooksError `invalid_request` naming the rule: `alerts[2]`
 */
export function checkEnvironmentAlerts(texts: unknown, field: string): string[] {
  if (!Array.isArray(texts)) throw invalid(field, `${field} must be a list of rules`, "failure_count > 10 in 5m");
  if (MOST_ALERT_RULES < texts.length) throw invalid(field, `${field} must be at most ${MOST_ALERT_RULES} rules`);
  const checked: string[] = [];
  for (const [at, text] of texts.entries()) {
    const place = `${field}[${at}]`;
    if (typeof text !== "string") throw invalid(place, `${place} must be a text`);
    const rule = parseAlertRule(text, place);
    if (rule.tenant !== undefined || rule.environment !== undefined) {
      throw invalid(place, `${place}: a rule of an environment is about that one: take "tenant" and "env" out of it`);
    }
    if (checked.includes(rule.text)) throw invalid(place, `${place} is there already: ${quoted(rule.text)}`);
    checked.push(rule.text);
  }
  return checked;
}

/** All that are watched: the server's, and those of environments that the server does not have already. */
export function rulesInForce(
  ofServer: readonly AlertRule[],
  ofEnvironments: readonly { scope: Scope; alerts: readonly string[] }[],
): AlertRule[] {
  const own = ofEnvironments.flatMap(({ scope, alerts }) => {
    const general = ofServer.filter((rule) => concerns(rule, scope));
    return alerts
      .map((text) => ({ ...parseAlertRule(text, "alerts"), ...scope }))
      .filter((rule) => !general.some((one) => isSame(one, rule)));
  });
  return [...ofServer, ...own];
}

function isSame(one: AlertRule, other: AlertRule): boolean {
  const { kind, threshold, windowMs, minAttempts, per } = one;
  return (
    kind === other.kind &&
    threshold === other.threshold &&
    windowMs === other.windowMs &&
    minAttempts === other.minAttempts &&
    per === other.per
  );
}
