import type { AuditedFields } from "../core/audit.ts";
import { CLOSED } from "../core/breaker.ts";
import { NEW_HEALTH } from "../core/health.ts";
import type { NewSubscription, StoredSubscription } from "../store/store.ts";
import { toSubscriptionResource } from "./subscription-resource.ts";

/** What the audit keeps of a subscription: what a person set, secrets masked. `headerNames`: of its own headers. */
export function auditedSubscription(
  stored: NewSubscription | StoredSubscription,
  headerNames: readonly string[],
): AuditedFields {
  const resource = toSubscriptionResource({ ...UNTRIED, ...stored }, headerNames, 0);
  return Object.fromEntries(Object.entries(resource).filter(([field]) => !NO_SETTINGS.has(field)));
}

/** What nobody sets; the entry itself says whose it is. */
const NO_SETTINGS: ReadonlySet<string> = new Set(
  "id tenant environment health counts secrets created_at updated_at".split(" "),
);

/** Of one that was never sent to. */
const UNTRIED = {
  rowId: 0,
  disabledAt: undefined,
  health: NEW_HEALTH,
  breaker: CLOSED,
  counts: { succeeded: 0, failed: 0 },
};
