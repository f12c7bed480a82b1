import type { PageQuery, TimeRange } from "./hooks-service.ts";

/** Everything that is kept of who changed what. */
export const AUDIT_ACTIONS = [
  "subscription.create",
  "subscription.update",
  "subscription.delete",
  "subscription.enable",
  "subscription.disable",
  "subscription.pause",
  "subscription.resume",
  "subscription.rotate_secret",
  "subscription.show_secret",
  "event_type.create",
  "event_type.update",
  "event_type.delete",
  "environment.update",
  "source.create",
  "source.update",
  "source.delete",
  "source.rotate_secret",
  "event.replay",
  "event.purge",
  "delivery.retry",
  "delivery.cancel",
  "delivery.replay",
  "replay.cancel",
  "purge.cancel",
  "dead_letter.purge",
  "key.create",
  "key.update",
  "key.revoke",
  "tenant.create",
  "tenant.update",
  "tenant.delete",
  "master_key.change",
  "store.restore",
  "store.accept_loss",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Fields and their values; secrets, values of headers and credentials in URLs are masked. */
export type AuditedFields = Record<string, unknown>;

/** One change. */
export interface AuditEntry {
  /** `aud_…` */
  id: string;
  at: string;
  action: AuditAction;
  /** `key` is null for whoever works on the store's own files, whose name is `local`. */
  actor: { key: string | null; name: string };
  /** The address that the request came from, or `cli`. */
  from: string;
  /** `id` is null when many were meant: a replay by filter. Of a tenant it is the name, of a master key the fingerprint. */
  resource: { kind: string; id: string | null };
  /** A name or `*`. */
  tenant: string;
  environment: string;
  /** What changed, as it was and as it is; null where there was nothing, or is nothing any more. */
  before: AuditedFields | null;
  after: AuditedFields | null;
}

export interface AuditQuery extends PageQuery, TimeRange {
  /** Id of the key that it was done with, or `local`. */
  key?: string | undefined;
  /** An action, or all of a kind: `subscription.*`. */
  action?: string | undefined;
  /** The id of what was changed, or a tenant's name. */
  resource?: string | undefined;
  tenant?: string | undefined;
  environment?: string | undefined;
}

/** What differs between the two, of each. `hidden`: what stands behind a masked field, which may differ unseen. */
export function changesBetween(
  before: AuditedFields,
  after: AuditedFields,
  hidden: { before: AuditedFields; after: AuditedFields } = { before: {}, after: {} },
): { before: AuditedFields; after: AuditedFields } {
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (field) => !isSame(before[field], after[field]) || !isSame(hidden.before[field], hidden.after[field]),
  );
  const only = (fields: AuditedFields) =>
    Object.fromEntries(changed.filter((field) => field in fields).map((field) => [field, fields[field]]));
  return { before: only(before), after: only(after) };
}

/** By their JSON: all of it comes from JSON and goes back to it. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
