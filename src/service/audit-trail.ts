import type { AuditAction, AuditEntry, AuditedFields } from "../core/audit.ts";
import { toIso } from "../core/instant.ts";
import type { Actor, Reach } from "../core/key.ts";
import type { NewAuditEntry, StoredAuditEntry } from "../store/admin-store.ts";
import type { ServiceParts } from "./service-parts.ts";

/** What was done, and to what. */
export interface Deed {
  action: AuditAction;
  /** Undefined: to many. */
  id: string | undefined;
  before?: AuditedFields | undefined;
  after?: AuditedFields | undefined;
}

/** The entry for a deed of `actor`, to be written in the transaction of what it changes. */
export function auditEntry(
  { newId, now }: Pick<ServiceParts, "newId" | "now">,
  actor: Actor,
  reach: Reach,
  { action, id, before, after }: Deed,
): NewAuditEntry {
  return {
    id: newId("aud"),
    at: now(),
    tenant: reach.tenant,
    environment: reach.environment,
    keyId: actor.keyId,
    actor: actor.name,
    from: actor.from,
    action,
    resourceKind: action.slice(0, action.indexOf(".")),
    resourceId: id,
    before: before === undefined ? undefined : JSON.stringify(before),
    after: after === undefined ? undefined : JSON.stringify(after),
  };
}

/** As the API shows it. */
export function toAuditResource(stored: StoredAuditEntry): AuditEntry {
  return {
    id: stored.id,
    at: toIso(stored.at),
    action: stored.action,
    actor: { key: stored.keyId ?? null, name: stored.actor },
    from: stored.from,
    resource: { kind: stored.resourceKind, id: stored.resourceId ?? null },
    tenant: stored.tenant,
    environment: stored.environment,
    before: parse(stored.before),
    after: parse(stored.after),
  };
}

function parse(text: string | undefined): AuditedFields | null {
  return text === undefined ? null : (JSON.parse(text) as AuditedFields);
}
