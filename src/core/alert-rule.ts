import { formatDuration, parseDuration } from "./duration.ts";
import { invalid } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { quoted } from "./quoted.ts";
import { checkScopeName, type Scope } from "./scope.ts";

/** `failure_count`, `failure_rate`: of attempts in a window; `backlog`: deliveries that wait; `backlog_age`: the most overdue. */
export const ALERT_KINDS = ["failure_rate", "failure_count", "backlog", "backlog_age"] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** What its values are: attempts, a share from 0 to 1, deliveries, ms. */
export const ALERT_UNITS = {
  failure_rate: "share",
  failure_count: "attempts",
  backlog: "deliveries",
  backlog_age: "ms",
} as const satisfies Record<AlertKind, string>;

export interface AlertRule {
  /** The rule as it is written, in one form: its name wherever it is shown or kept. */
  text: string;
  kind: AlertKind;
  /** It fires above. */
  threshold: number;
  /** Of the two about failures, ms; of the others 0. */
  windowMs: number;
  /** Of `failure_rate`: with fewer attempts in its window it says nothing. */
  minAttempts: number;
  /** Whether each subscription is watched by itself, or all of an environment together. */
  per: "environment" | "subscription";
  /** Undefined: of every one. */
  tenant: string | undefined;
  environment: string | undefined;
}

export const DEFAULT_ALERTS = "failure_count > 10 in 5m";
/** In place of rules: none. */
const NO_ALERTS = "none";
export const MOST_ALERT_RULES = 50;
const DEFAULT_WINDOW_MS = 5 * 60_000;
const DEFAULT_MIN_ATTEMPTS = 20;
const WINDOW_BOUNDS = { min: 10_000, max: 24 * 3_600_000 };
const AGE_BOUNDS = { min: 1_000, max: 30 * 24 * 3_600_000 };
const EXAMPLE = "for example: failure_count > 10 in 5m, or: failure_rate > 50% in 10m min 20 per subscription";

/**
 * Rules separated by commas; `none`: no rule at all.
 * @throws HooksError `invalid_request` naming `name`
 */
export function parseAlertRules(text: string, name: string): AlertRule[] {
  if (text.trim() === NO_ALERTS) return [];
  const rules = text.split(",").map((one) => parseAlertRule(one, name));
  if (MOST_ALERT_RULES < rules.length) throw invalid(name, `${name} must be at most ${MOST_ALERT_RULES} rules`);
  const texts = new Set<string>();
  for (const rule of rules) {
    if (texts.has(rule.text)) throw invalid(name, `${name} has the rule ${quoted(rule.text)} twice`);
    texts.add(rule.text);
  }
  return rules;
}

/**
 * `KIND > THRESHOLD [in WINDOW] [min ATTEMPTS] [per subscription] [tenant NAME] [env NAME]`
 * @throws HooksError `invalid_request` naming `name`
 */
export function parseAlertRule(text: string, name: string): AlertRule {
  const words = text.trim().split(/\s+/);
  const [kindText = "", sign, thresholdText = ""] = words;
  const fault = (why: string, hint = EXAMPLE) => invalid(name, `${name}: ${quoted(text.trim())}: ${why}`, hint);
  const kind = ALERT_KINDS.find((known) => known === kindText);
  if (kind === undefined) {
    const near = nearest(kindText, ALERT_KINDS);
    throw fault(
      `it must begin with one of ${ALERT_KINDS.join(", ")}`,
      near === undefined ? EXAMPLE : `did you mean ${near}?`,
    );
  }
  if (sign !== ">" || thresholdText === "") throw fault(`${kind} must be followed by ">" and a threshold`);
  const isOfFailures = kind === "failure_rate" || kind === "failure_count";
  const rule = {
    kind,
    threshold: thresholdOf(kind, thresholdText, name, fault),
    windowMs: isOfFailures ? DEFAULT_WINDOW_MS : 0,
    minAttempts: kind === "failure_rate" ? DEFAULT_MIN_ATTEMPTS : 0,
    per: "environment" as AlertRule["per"],
    tenant: undefined as string | undefined,
    environment: undefined as string | undefined,
  };
  const seen = new Set<string>();
  for (let at = 3; at < words.length; at += 2) {
    const [word = "", value = ""] = words.slice(at, at + 2);
    if (seen.has(word)) throw fault(`"${word}" stands in it twice`);
    seen.add(word);
    if (value === "" && ["in", "min", "per", "tenant", "env"].includes(word)) throw fault(`"${word}" needs a value`);
    if (word === "in" && isOfFailures) rule.windowMs = parseDuration(value, name, WINDOW_BOUNDS);
    else if (word === "min" && kind === "failure_rate") rule.minAttempts = wholeNumber(value, 1, 1_000_000, fault);
    else if (word === "per" && value === "subscription") rule.per = "subscription";
    else if (word === "per" && value === "environment") rule.per = "environment";
    else if (word === "tenant") rule.tenant = checkScopeName(value, name);
    else if (word === "env") rule.environment = checkScopeName(value, name);
    else throw fault(`${quoted(`${word} ${value}`.trim())} has no place in it`);
  }
  return { ...rule, text: ruleText(rule) };
}

/** Whether the rule is about this tenant and environment. */
export function concerns(rule: Pick<AlertRule, "tenant" | "environment">, scope: Scope): boolean {
  return (
    (rule.tenant === undefined || rule.tenant === scope.tenant) &&
    (rule.environment === undefined || rule.environment === scope.environment)
  );
}

type Fault = (why: string) => Error;

function thresholdOf(kind: AlertKind, text: string, name: string, fault: Fault): number {
  if (kind === "backlog_age") return parseDuration(text, name, AGE_BOUNDS);
  if (kind !== "failure_rate") return wholeNumber(text, 0, 1_000_000_000, fault);
  const percent = /^(\d{1,3}(?:\.\d{1,2})?)%$/.exec(text)?.[1];
  const share = percent === undefined ? (/^0(\.\d{1,4})?$/.test(text) ? Number(text) : 2) : Number(percent) / 100;
  if (share < 1) return share;
  throw fault("a rate must be a share below 1, such as 0.5 or 50%");
}

function wholeNumber(text: string, least: number, most: number, fault: Fault): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (least <= number && number <= most) return number;
  throw fault(`${quoted(text)} must be a whole number from ${least} to ${most}`);
}

function ruleText(rule: Omit<AlertRule, "text">): string {
  const { kind, threshold, windowMs, minAttempts, per, tenant, environment } = rule;
  return [
    `${kind} > ${thresholdText(kind, threshold)}`,
    ...(windowMs === 0 ? [] : [`in ${formatDuration(windowMs)}`]),
    ...(minAttempts === 0 ? [] : [`min ${minAttempts}`]),
    ...(per === "environment" ? [] : ["per subscription"]),
    ...(tenant === undefined ? [] : [`tenant ${tenant}`]),
    ...(environment === undefined ? [] : [`env ${environment}`]),
  ].join(" ");
}

function thresholdText(kind: AlertKind, threshold: number): string {
  if (kind === "backlog_age") return formatDuration(threshold);
  return kind === "failure_rate" ? `${Number((threshold * 100).toFixed(2))}%` : String(threshold);
}
