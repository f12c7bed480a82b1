import type { Scope } from "../../core/scope.ts";
import type { NewAuditEntry } from "../admin-store.ts";
import type { CatalogueStore, EventTypeChange, StoredEnvironment, StoredEventType } from "../catalogue-store.ts";
import { loadEnvironments, loadEventTypes } from "./catalogue-rows.ts";
import type { Connection } from "./connection.ts";
import type { StoreAccess } from "./sqlite-admin-store.ts";

/** The catalogue of event types and the settings of environments, on SQLite. */
export class SqliteCatalogueStore implements CatalogueStore {
  readonly #connection: Connection;
  readonly #access: StoreAccess;

  constructor(connection: Connection, access: StoreAccess) {
    this.#connection = connection;
    this.#access = access;
  }

  async loadEventTypes(scope?: Scope, name?: string): Promise<StoredEventType[]> {
    return this.#access.read(() => loadEventTypes(this.#connection, scope, name));
  }

  changeEventTypes(
    scope: Scope,
    changes: readonly EventTypeChange[],
    now: number,
    most: number,
    audit: readonly NewAuditEntry[],
  ): Promise<boolean> {
    return this.#access.write("changeEventTypes", { scope, changes, now, most, audit });
  }

  async loadEnvironments(scope?: Scope): Promise<StoredEnvironment[]> {
    return this.#access.read(() => loadEnvironments(this.#connection, scope));
  }

  changeEnvironment(
    scope: Scope,
    settings: string,
    now: number,
    ifUpdatedAt: number | undefined,
    audit: NewAuditEntry,
  ): Promise<boolean> {
    return this.#access.write("changeEnvironment", { scope, settings, now, ifUpdatedAt, audit });
  }
}
