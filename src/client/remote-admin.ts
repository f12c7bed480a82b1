import type { AdminService } from "../core/admin-service.ts";
import type { AuditEntry, AuditQuery } from "../core/audit.ts";
import type { Page } from "../core/hooks-service.ts";
import type { KeyInput, KeyQuery, KeyResource, KeyWithSecret, NamedReach } from "../core/key.ts";
import type { TenantStatsQuery, TenantStatsResource } from "../core/statistics/statistics.ts";
import type { TenantDeletion, TenantInput, TenantPatch, TenantQuery, TenantResource } from "../core/tenant.ts";
import { AUDIT_ENTRY, KEY, KEY_WITH_SECRET, pageOf, TENANT } from "./answers.ts";
import { JsonRequests } from "./json-requests.ts";
import { segment } from "./path-segment.ts";
import type { ConnectionOptions } from "./server-connection.ts";
import { TENANT_STATS } from "./statistics-answers.ts";

/**
 * AdminService over the HTTP API of a server. Tenants and environments are named in each call, where `*` may stand for
 * any; the connection names none.
 */
export class RemoteAdmin implements AdminService {
  readonly #requests: JsonRequests;

  /** Nothing is sent yet. @throws HooksError `usage` for a server that a key must not be sent to. */
  constructor(options: Omit<ConnectionOptions, "tenant" | "environment">) {
    this.#requests = new JsonRequests(options);
  }

  /** Lets the kept-alive connections go. */
  close(): void {
    this.#requests.close();
  }

  createKey(input: KeyInput): Promise<KeyWithSecret> {
    return this.#requests.post(KEY_WITH_SECRET, "/v1/keys", input);
  }

  listKeys(query: KeyQuery = {}): Promise<Page<KeyResource>> {
    return this.#requests.get(pageOf(KEY), "/v1/keys", { ...query });
  }

  async getKey(id: string, named: NamedReach = {}): Promise<KeyResource> {
    return this.#requests.send(KEY, { method: "GET", path: `/v1/keys/${segment(id)}`, named });
  }

  async revokeKey(id: string, named: NamedReach = {}): Promise<void> {
    return this.#requests.delete(`/v1/keys/${segment(id)}`, { named });
  }

  createTenant(input: TenantInput): Promise<TenantResource> {
    return this.#requests.post(TENANT, "/v1/tenants", input);
  }

  listTenants(query: TenantQuery = {}): Promise<Page<TenantResource>> {
    return this.#requests.get(pageOf(TENANT), "/v1/tenants", { ...query });
  }

  async getTenant(name: string): Promise<TenantResource> {
    return this.#requests.get(TENANT, tenantPath(name));
  }

  async updateTenant(name: string, patch: TenantPatch): Promise<TenantResource> {
    return this.#requests.patch(TENANT, tenantPath(name), patch);
  }

  async deleteTenant(name: string, { force, dry_run }: TenantDeletion = {}): Promise<void> {
    const query = {
      force: force === undefined ? undefined : String(force),
      dry_run: dry_run === undefined ? undefined : String(dry_run),
    };
    // Asked twice, the second time would find nothing.
    return this.#requests.delete(tenantPath(name), { query, repeatable: false });
  }

  tenantStats(query: TenantStatsQuery = {}): Promise<TenantStatsResource> {
    return this.#requests.get(TENANT_STATS, "/v1/stats/tenants", { ...query });
  }

  listAudit(query: AuditQuery = {}): Promise<Page<AuditEntry>> {
    return this.#requests.get(pageOf(AUDIT_ENTRY), "/v1/audit", { ...query });
  }
}

function tenantPath(name: string): string {
  return `/v1/tenants/${segment(name, "name")}`;
}
