// The part of the contract in store.ts that is about keys, tenants and the record of who changed what. Other than there,
// rows are not bound to one tenant and environment: whose are shown to whom is the service's to decide.

import type { AuditAction } from "../core/audit.ts";
import type { Reach, Role } from "../core/key.ts";

export interface StoredKey extends Reach {
  rowId: number;
  /** `key_…` */
  id: string;
  name: string;
  role: Role;
  /** SHA-256 of the whole key. */
  hash: Uint8Array;
  hint: string;
  /** As it was given: `600/m`. */
  rateLimit: string | undefined;
  createdAt: number;
  /** Undefined: it does not end. */
  expiresAt: number | undefined;
  revokedAt: number | undefined;
  /** To the minute. */
  lastUsedAt: number | undefined;
}

export type NewKey = Omit<StoredKey, "rowId" | "revokedAt" | "lastUsedAt">;

export interface StoredTenant {
  name: string;
  description: string;
  /** That have, or had, data. */
  environments: string[];
  /** How many, by environment. */
  subscriptions: ReadonlyMap<string, number>;
  sources: number;
  /** In the catalogue, over all environments. */
  eventTypes: number;
  hasEvents: boolean;
  /** How many made for this tenant are not revoked, by the environment that they are for: `*` for any. */
  keys: ReadonlyMap<string, number>;
  /** Undefined: nobody created it by name. */
  createdAt: number | undefined;
  updatedAt: number | undefined;
}

export interface TenantFields {
  name: string;
  description: string;
}

/** A row of the record, whole. */
export interface NewAuditEntry extends Reach {
  /** `aud_…` */
  id: string;
  at: number;
  /** Undefined: whoever owns the store's files. */
  keyId: string | undefined;
  actor: string;
  from: string;
  action: AuditAction;
  resourceKind: string;
  /** Undefined: many. */
  resourceId: string | undefined;
  /** JSON text. */
  before: string | undefined;
  after: string | undefined;
}

export interface StoredAuditEntry extends NewAuditEntry {
  rowId: number;
}

export interface AuditFilter {
  /** What is not in this reach is not there. */
  reach: Reach;
  /** Also what belonged to tenants that were deleted, of which one of today may have the name. */
  withPast: boolean;
  since?: number | undefined;
  until?: number | undefined;
  /** `local`: without a key. */
  key?: string | undefined;
  action?: string | undefined;
  /** Actions that begin with it: `subscription.` */
  actionPrefix?: string | undefined;
  resource?: string | undefined;
}

/** Writes that change something add their entry in the same transaction; those that change nothing add none. */
export interface AdminStore {
  /** False when a key of this hash exists, revoked or not: nothing is stored. */
  insertKey(key: NewKey, audit: NewAuditEntry): Promise<boolean>;
  /** False when it was revoked before. */
  revokeKey(rowId: number, now: number, audit: NewAuditEntry): Promise<boolean>;
  /** When keys were last used, by row id. Other processes are not told. */
  noteKeyUses(uses: readonly (readonly [rowId: number, at: number])[]): Promise<void>;
  /** All of them, those that ended too, in order of row id. */
  loadKeys(): Promise<StoredKey[]>;

  /** False when it was created before. */
  insertTenant(tenant: TenantFields, now: number, audit: NewAuditEntry): Promise<boolean>;
  /** One that exists through its data only is created by it. */
  updateTenant(tenant: TenantFields, now: number, audit: NewAuditEntry): Promise<boolean>;
  /**
   * Its name is free again, and nothing that it had is to be found under it any more; the rows themselves go with
   * `eraseDeleted`. False when it has data or keys, unless `force`.
   */
  deleteTenant(name: string, force: boolean, now: number, audit: NewAuditEntry): Promise<boolean>;
  /** What deleted tenants had: events, deliveries, attempts. Returns how many rows there were. */
  eraseDeleted(): Promise<number>;
  /** In alphabetical order, after this name. */
  listTenants(after: string | undefined, limit: number): Promise<StoredTenant[]>;
  findTenant(name: string): Promise<StoredTenant | undefined>;

  appendAudit(entry: NewAuditEntry): Promise<void>;
  /** Newest first. */
  listAudit(filter: AuditFilter, limit: number, beforeRowId: number | undefined): Promise<StoredAuditEntry[]>;
}
