import { changesBetween } from "../../core/audit.ts";
import type { JsonObject } from "../../core/json-value.ts";
import type { Actor } from "../../core/key.ts";
import type { Scope } from "../../core/scope.ts";
import { fieldDiff } from "../../core/setup/field-diff.ts";
import type { SetupSettings } from "../../core/setup/setup.ts";
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
import { emptyPlan, type Membership, type PlannedChange, type SectionPlan } from "./plan.ts";

interface Context {
  parts: ServiceParts;
  scope: Scope;
  actor: Actor;
  membership: Membership;
  prune: boolean;
}

/** Settings are nobody's: what is left out stays as it is, and nothing of them is ever pruned. */
export function planSettings(
  settings: SetupSettings | undefined,
  stored: StoredEnvironment | undefined,
  context: Context,
): SectionPlan {
  const plan = emptyPlan();
  if (settings === undefined) return plan;
  const before = readEnvironment(stored);
  const after = patchedEnvironment(before, settings);
  const differences = fieldDiff(settingsForm(before), settingsForm(after));
  for (const name of Object.keys(settings)) {
    if (!differences.some(({ field }) => field === name || field.startsWith(`${name}.`))) plan.unchanged += 1;
  }
  const changes = differences.map(
    (change): PlannedChange => ({
      change: { action: "update", kind: "setting", name: change.field, id: null, changes: [change] },
      write: async () => {},
    }),
  );
  // They are kept in one row.
  if (changes[0] !== undefined) changes[0].write = environmentWrite(before, after, stored, context);
  plan.changes.push(...changes);
  return plan;
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
