import type {
  AgeSweep,
  AttemptSweep,
  DeadLetterSweep,
  EventSweep,
  HeaderSetSweep,
  RetentionStore,
  ScopeRow,
  SweepStep,
} from "../retention-store.ts";
import type { Connection } from "./connection.ts";
import { IS_NOT_DELETED } from "./scope-sql.ts";
import type { StoreAccess } from "./sqlite-admin-store.ts";

/** Retention on SQLite. */
export class SqliteRetentionStore implements RetentionStore {
  readonly #connection: Connection;
  readonly #access: StoreAccess;

  constructor(connection: Connection, access: StoreAccess) {
    this.#connection = connection;
    this.#access = access;
  }

  async listScopes(): Promise<ScopeRow[]> {
    return this.#access.read(() =>
      this.#connection
        .prepare<unknown[], { rowId: number; tenant: string; environment: string }>(
          `SELECT scope_id AS rowId, tenant, environment FROM scopes WHERE ${IS_NOT_DELETED} ORDER BY scope_id`,
        )
        .all()
        .map(({ rowId, tenant, environment }) => ({ rowId, scope: { tenant, environment } })),
    );
  }

  sweepEvents(sweep: EventSweep): Promise<SweepStep> {
    return this.#access.write("sweepEvents", sweep);
  }

  sweepAttempts(sweep: AttemptSweep): Promise<SweepStep> {
    return this.#access.write("sweepAttempts", sweep);
  }

  sweepDeadLetters(sweep: DeadLetterSweep): Promise<SweepStep> {
    return this.#access.write("sweepDeadLetters", sweep);
  }

  sweepJobs(sweep: AgeSweep): Promise<number> {
    return this.#access.write("sweepJobs", sweep);
  }

  sweepAlerts(sweep: AgeSweep): Promise<number> {
    return this.#access.write("sweepAlerts", sweep);
  }

  sweepAudit(sweep: AgeSweep): Promise<number> {
    return this.#access.write("sweepAudit", sweep);
  }

  sweepErased(sweep: AgeSweep): Promise<number> {
    return this.#access.write("sweepErased", sweep);
  }

  sweepRequests(sweep: AgeSweep): Promise<number> {
    return this.#access.write("sweepRequests", sweep);
  }

  sweepHeaderSets(from: HeaderSetSweep | undefined, limit: number): Promise<HeaderSetSweep | undefined> {
    return this.#access.write("sweepHeaderSets", { from, limit });
  }

  giveBack(pages: number, keep: "some" | "none"): Promise<boolean> {
    return this.#access.write("giveBack", { pages, keep });
  }
}
