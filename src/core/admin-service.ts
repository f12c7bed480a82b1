import type { AuditEntry, AuditQuery } from "./audit.ts";
import type { Page } from "./hooks-service.ts";
import type { KeyInput, KeyQuery, KeyResource, KeyWithSecret, NamedReach } from "./key.ts";
import type { TenantStatsQuery, TenantStatsResource } from "./statistics/statistics.ts";
import type { TenantDeletion, TenantInput, TenantPatch, TenantQuery, TenantResource } from "./tenant.ts";

/**
 * Keys, tenants, statistics of many tenants and the record of who changed what. Beside HooksService, which is bound to one tenant and environment:
 * this one is bound to whoever asks, and works on all that is in his reach. Two implementations: service/ over a store,
 * client/remote-admin.ts over HTTP.
 *
 * What is not in reach is `not_found`; naming a tenant or an environment that is not one's own is `forbidden`, as is
 * making a key that reaches further or lasts longer than one's own, and changing tenants without being an admin of all.
 */
export interface AdminService {
  createKey(input: KeyInput): Promise<KeyWithSecret>;
  /** Newest first; those that ended too. */
  listKeys(query?: KeyQuery): Promise<Page<KeyResource>>;
  /**
   * By id, unique beginning of one, or name (of a key that is not revoked, if there is one); only of those made for what
   * is `named`.
   */
  getKey(id: string, named?: NamedReach): Promise<KeyResource>;
  /** It stays in the list. A second time does nothing. */
  revokeKey(id: string, named?: NamedReach): Promise<void>;

  /** `conflict` when it was created before. One that exists through its data only gets its description. */
  createTenant(input: TenantInput): Promise<TenantResource>;
  /** In alphabetical order. */
  listTenants(query?: TenantQuery): Promise<Page<TenantResource>>;
  getTenant(name: string): Promise<TenantResource>;
  updateTenant(name: string, patch: TenantPatch): Promise<TenantResource>;
  /**
   * `conflict` when it has data or keys, unless `force`: then its keys end, and all that it has is erased. With `dry_run`
   * it stays: it resolves where the deletion would.
   */
  deleteTenant(name: string, options?: TenantDeletion): Promise<void>;

  /** What attempts came to in a period, by tenant and environment, the busiest first. */
  tenantStats(query?: TenantStatsQuery): Promise<TenantStatsResource>;

  /** Newest first. */
  listAudit(query?: AuditQuery): Promise<Page<AuditEntry>>;
}
