import type { AlertState } from "../../core/alert.ts";
import type { Scope } from "../../core/scope.ts";
import type { AlertStore, NewAlert, StoredAlert } from "../alert-store.ts";
import { AlertReader } from "./alert-rows.ts";
import type { Connection } from "./connection.ts";
import type { StoreAccess } from "./sqlite-admin-store.ts";

/** Alerts on SQLite. */
export class SqliteAlertStore implements AlertStore {
  readonly #access: StoreAccess;
  readonly #reader: AlertReader;

  constructor(connection: Connection, access: StoreAccess) {
    this.#access = access;
    this.#reader = new AlertReader(connection);
  }

  beginAlert(alert: NewAlert): Promise<number[] | undefined> {
    return this.#access.write("beginAlert", { alert });
  }

  endAlert(id: string, value: number, endedAt: number): Promise<number[] | undefined> {
    return this.#access.write("endAlert", { id, value, endedAt });
  }

  async loadFiring(): Promise<StoredAlert[]> {
    return this.#access.read(() => this.#reader.firing());
  }

  async listAlerts(
    scope: Scope,
    state: AlertState | undefined,
    limit: number,
    beforeRowId: number | undefined,
  ): Promise<StoredAlert[]> {
    return this.#access.read(() => this.#reader.list(scope, state, limit, beforeRowId));
  }
}
