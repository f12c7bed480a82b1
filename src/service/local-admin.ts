import type { AdminService } from "../core/admin-service.ts";
import type { AuditEntry, AuditQuery } from "../core/audit.ts";
import type { Page } from "../core/hooks-service.ts";
import type { Caller, KeyInput, KeyQuery, KeyResource, KeyWithSecret, NamedReach } from "../core/key.ts";
import type { TenantStatsQuery, TenantStatsResource } from "../core/statistics/statistics.ts";
import type { TenantDeletion, TenantInput, TenantPatch, TenantQuery, TenantResource } from "../core/tenant.ts";
import type { AuditLog } from "./audit-log.ts";
import type { Keys } from "./keys.ts";
import type { Statistics } from "./statistics.ts";
import type { Tenants } from "./tenants.ts";

interface AdminCases {
  readonly keys: Keys;
  readonly tenants: Tenants;
  readonly auditLog: AuditLog;
  readonly statistics: Statistics;
}

/** AdminService over a store, bound to whoever asks: every call goes to its use-case with the caller put in. */
export class LocalAdmin implements AdminService {
  readonly #cases: AdminCases;
  readonly #caller: Caller;

  constructor(cases: AdminCases, caller: Caller) {
    this.#cases = cases;
    this.#caller = caller;
  }

  createKey(input: KeyInput): Promise<KeyWithSecret> {
    return this.#cases.keys.create(this.#caller, input);
  }

  listKeys(query: KeyQuery = {}): Promise<Page<KeyResource>> {
    return this.#cases.keys.list(this.#caller, query);
  }

  getKey(id: string, named: NamedReach = {}): Promise<KeyResource> {
    return this.#cases.keys.get(this.#caller, id, named);
  }

  revokeKey(id: string, named: NamedReach = {}): Promise<void> {
    return this.#cases.keys.revoke(this.#caller, id, named);
  }

  createTenant(input: TenantInput): Promise<TenantResource> {
    return this.#cases.tenants.create(this.#caller, input);
  }

  listTenants(query: TenantQuery = {}): Promise<Page<TenantResource>> {
    return this.#cases.tenants.list(this.#caller, query);
  }

  getTenant(name: string): Promise<TenantResource> {
    return this.#cases.tenants.get(this.#caller, name);
  }

  updateTenant(name: string, patch: TenantPatch): Promise<TenantResource> {
    return this.#cases.tenants.update(this.#caller, name, patch);
  }

  deleteTenant(name: string, options: TenantDeletion = {}): Promise<void> {
    return this.#cases.tenants.delete(this.#caller, name, options);
  }

  tenantStats(query: TenantStatsQuery = {}): Promise<TenantStatsResource> {
    return this.#cases.statistics.byTenant(this.#caller, query);
  }

  listAudit(query: AuditQuery = {}): Promise<Page<AuditEntry>> {
    return this.#cases.auditLog.list(this.#caller, query);
  }
}
