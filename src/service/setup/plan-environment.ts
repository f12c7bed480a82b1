import { changesBetween } from "../../core/audit.ts";
import { checkEnvironmentAlerts } from "../../core/environment-alerts.ts";
import type { JsonObject } from "../../core/json-value.ts";
import type { Actor } from "../../core/key.ts";
import type { Scope } from "../../core/scope.ts";
import { fieldDiff } from "../../core/setup/field-diff.ts";
import type { FieldChange, SetupAction, SetupDocument } from "../../core/setup/setup.ts";
import type { StoredEnvironment } from "../../store/catalogue-store.ts";
import { auditEntry } from "../audit-trail.ts";
import {
  auditedEnvironment,
  type EnvironmentSettings,
  ownTexts,
  patchedEnvironment,
  readEnvironment,
} from "../environments.ts";
import type { ServiceParts } from "../service-parts.ts";
import { actionOf, emptyPlan, type Membership, type PlannedChange, type SectionPlan } from "./plan.ts";

interface Context {
  parts: ServiceParts;
  scope: Scope;
  actor: Actor;
  membership: Membership;
  prune: boolean;
}

/**
 * Settings are nobody's: what is left out stays as it is, and nothing of them is ever pruned. Alert rules are known by
 * their text.
 * @throws HooksError `invalid_request` naming the field
 */
export function planEnvironment(
  { settings, alerts }: Pick<SetupDocument, "settings" | "alerts">,
  stored: StoredEnvironment | undefined,
  context: Context,
): SectionPlan {
  const plan = emptyPlan();
  const before = readEnvironment(stored);
  let after = before;
  if (settings !== undefined) {
    after = patchedEnvironment(before, settings);
    const differences = fieldDiff(settingsForm(before), settingsForm(after));
    for (const name of Object.keys(settings)) {
      if (!differences.some(({ field }) => field === name || field.startsWith(`${name}.`))) plan.unchanged += 1;
    }
    plan.changes.push(...differences.map((change) => planned("update", "setting", change.field, [change])));
  }
  if (alerts !== undefined) after = { ...after, alerts: planAlerts(alerts, before.alerts, context, plan) };
  const isChanged = JSON.stringify(auditedEnvironment(before)) !== JSON.stringify(auditedEnvironment(after));
  // They are kept in one row: the first writes for all.
  const [first] = plan.changes;
  if (first !== undefined && isChanged) {
    const { write } = first;
    const writeRow = environmentWrite(before, after, stored, context);
    first.write = async (to, put) => {
      await write(to, put);
      await writeRow(to, put);
    };
  }
  return plan;
}

/** Adds to the plan what is done about rules, and answers which there will be. */
function planAlerts(
  texts: readonly string[],
  before: readonly string[],
  { membership, prune }: Context,
  plan: SectionPlan,
): string[] {
  const rules = checkEnvironmentAlerts(texts, "alerts");
  const gone = new Set<string>();
  for (const rule of rules) {
    const ofSet = membership.changes("alert", rule);
    const isThere = before.includes(rule);
    const action = isThere ? actionOf([], ofSet) : "create";
    if (action === undefined) plan.unchanged += 1;
    else {
      const change = planned(action, "alert", rule, isThere ? ofSet : []);
      change.write = async (to) => void to.members.put.push(membership.member("alert", rule));
      plan.changes.push(change);
    }
  }
  for (const { resource: rule } of membership.ofSet("alert")) {
    if (rules.includes(rule) || !before.includes(rule)) continue;
    if (!prune) plan.left.push({ kind: "alert", name: rule });
    else {
      gone.add(rule);
      const change = planned("delete", "alert", rule, []);
      change.write = async (to) => void to.members.removed.push({ kind: "alert", resource: rule });
      plan.changes.push(change);
    }
  }
  const kept = before.filter((rule) => !gone.has(rule));
  return checkEnvironmentAlerts([...kept, ...rules.filter((rule) => !kept.includes(rule))], "alerts");
}

function planned(action: SetupAction, kind: "setting" | "alert", name: string, changes: FieldChange[]): PlannedChange {
  return { change: { action, kind, name, id: null, changes }, write: async () => {} };
}

/** All that is set, as a set-up has it. */
export function settingsForm({ strictTypes, retention }: EnvironmentSettings): JsonObject {
  const spans = Object.entries(ownTexts(retention)).filter(([, span]) => span !== null);
  return {
    ...(strictTypes ? { strict_types: true } : {}),
    ...(spans.length === 0 ? {} : { retention: Object.fromEntries(spans) }),
  };
}

function environmentWrite(
  before: EnvironmentSettings,
  after: EnvironmentSettings,
  stored: StoredEnvironment | undefined,
  { parts, scope, actor }: Context,
): PlannedChange["write"] {
  return async (to) => {
    to.environment = {
      settings: JSON.stringify(after),
      ifUpdatedAt: stored?.updatedAt,
      audit: auditEntry(parts, actor, scope, {
        action: "environment.update",
        id: scope.environment,
        ...changesBetween(auditedEnvironment(before), auditedEnvironment(after)),
      }),
    };
  };
}
