import type {
  AdminStore,
  AuditFilter,
  NewAuditEntry,
  NewKey,
  StoredAuditEntry,
  StoredKey,
  StoredTenant,
  TenantFields,
} from "../admin-store.ts";
import { AuditReader } from "./audit-rows.ts";
import type { Connection } from "./connection.ts";
import { loadKeys } from "./key-rows.ts";
import { untilDone, WIPED_ROWS } from "./portions.ts";
import { TenantReader } from "./tenant-rows.ts";
import type { WriteInput, WriteKind, WriteResult } from "./write-operations.ts";

/** How the store that this is a part of writes and reads. */
export interface StoreAccess {
  write<K extends WriteKind>(kind: K, input: WriteInput<K>): Promise<WriteResult<K>>;
  read<T>(read: () => T): T;
}

/** Keys, tenants and audit on SQLite. */
export class SqliteAdminStore implements AdminStore {
  readonly #connection: Connection;
  readonly #access: StoreAccess;
  readonly #tenants: TenantReader;
  readonly #audit: AuditReader;

  constructor(connection: Connection, access: StoreAccess) {
    this.#connection = connection;
    this.#access = access;
    this.#tenants = new TenantReader(connection);
    this.#audit = new AuditReader(connection);
  }

  insertKey(key: NewKey, audit: NewAuditEntry): Promise<boolean> {
    return this.#access.write("insertKey", { key, audit });
  }

  revokeKey(rowId: number, now: number, audit: NewAuditEntry): Promise<boolean> {
    return this.#access.write("revokeKey", { rowId, now, audit });
  }

  noteKeyUses(uses: readonly (readonly [rowId: number, at: number])[]): Promise<void> {
    return this.#access.write("noteKeyUses", { uses });
  }

  async loadKeys(): Promise<StoredKey[]> {
    return this.#access.read(() => loadKeys(this.#connection));
  }

  insertTenant(tenant: TenantFields, now: number, audit: NewAuditEntry): Promise<boolean> {
    return this.#access.write("insertTenant", { tenant, now, audit });
  }

  updateTenant(tenant: TenantFields, now: number, audit: NewAuditEntry): Promise<boolean> {
    return this.#access.write("updateTenant", { tenant, now, audit });
  }

  deleteTenant(name: string, force: boolean, now: number, audit: NewAuditEntry): Promise<boolean> {
    return this.#access.write("deleteTenant", { name, force, now, audit });
  }

  eraseDeleted(): Promise<number> {
    return untilDone((limit) => this.#access.write("eraseDeleted", { limit }), WIPED_ROWS);
  }

  async listTenants(after: string | undefined, limit: number): Promise<StoredTenant[]> {
    return this.#access.read(() => this.#tenants.list(after, limit));
  }

  async findTenant(name: string): Promise<StoredTenant | undefined> {
    return this.#access.read(() => this.#tenants.find(name));
  }

  appendAudit(entry: NewAuditEntry): Promise<void> {
    return this.#access.write("appendAudit", { audit: entry });
  }

  async listAudit(filter: AuditFilter, limit: number, beforeRowId: number | undefined): Promise<StoredAuditEntry[]> {
    return this.#access.read(() => this.#audit.list(filter, limit, beforeRowId));
  }
}
