import type { AuditedFields } from "../core/audit.ts";
import { CLOSED } from "../core/breaker.ts";
import { MASKED } from "../core/custom-headers.ts";
import { NEW_HEALTH } from "../core/health.ts";
import type { NewSubscription, StoredSubscription } from "../store/store.ts";
import { openHeaders } from "./subscription-directory.ts";
import { toSubscriptionResource } from "./subscription-resource.ts";
import type { Vault } from "./vault.ts";

export interface AuditedSubscription {
  /** What a person set, secrets masked. */
  shown: AuditedFields;
  /** What stands behind the masks: it may differ where what is shown does not. */
  hidden: AuditedFields;
}

/** What the audit keeps of a subscription. */
export function auditedSubscription(stored: NewSubscription | StoredSubscription, vault: Vault): AuditedSubscription {
  const headers = openHeaders(stored, vault);
  const resource = toSubscriptionResource({ ...UNTRIED, ...stored }, Object.keys(headers), 0);
  const settings = Object.entries(resource).filter(([field]) => !NO_SETTINGS.has(field));
  return {
    shown: { ...Object.fromEntries(settings), url: stored.url === undefined ? null : maskUrl(stored.url) },
    hidden: { headers, url: stored.url },
  };
}

/** What nobody sets; the entry itself says whose it is. */
const NO_SETTINGS: ReadonlySet<string> = new Set(
  "id tenant environment health counts secrets created_at updated_at".split(" "),
);

/** Many receivers take their credential in the query. */
function maskUrl(url: string): string {
  return url.replace(/\?.+$/s, `?${MASKED}`);
}

/** Of one that was never sent to. */
const UNTRIED = {
  rowId: 0,
  disabledAt: undefined,
  health: NEW_HEALTH,
  breaker: CLOSED,
  counts: { succeeded: 0, failed: 0 },
};
