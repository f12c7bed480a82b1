import { toIso } from "../../core/instant.ts";
import type { Actor } from "../../core/key.ts";
import type { NewAuditEntry } from "../../store/admin-store.ts";
import type { SecretRotation, StoredSubscription } from "../../store/store.ts";
import { auditEntry } from "../audit-trail.ts";
import { putSecret } from "../secrets.ts";
import type { ServiceParts } from "../service-parts.ts";
import type { Put } from "../subscription-redraft.ts";

/** Another secret for a subscription that is there; the old ones sign beside it for `graceMs`. */
export async function plannedRotation(
  stored: StoredSubscription,
  text: string,
  graceMs: number,
  { parts, actor }: { parts: ServiceParts; actor: Actor },
  put: Put,
): Promise<{ rotation: SecretRotation; audit: NewAuditEntry }> {
  const at = parts.now();
  const secret = await putSecret(text, parts.newId("sec"), at, put);
  const oldEndsAt = at + graceMs;
  return {
    rotation: {
      subscriptionRowId: stored.rowId,
      secret,
      oldEndsAt,
      reason: "by_hand",
      // Somebody else who rotated it meanwhile is not overruled unseen.
      onlyIfNewest: stored.secrets[0]?.id,
    },
    audit: auditEntry(parts, actor, stored.scope, {
      action: "subscription.rotate_secret",
      id: stored.id,
      before: { secrets: stored.secrets.map(({ id, hint }) => ({ id, hint })) },
      after: { secret: { id: secret.id, hint: secret.hint }, old_end_at: toIso(oldEndsAt) },
    }),
  };
}
