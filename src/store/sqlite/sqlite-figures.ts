import { statSync } from "node:fs";
import type { Scope } from "../../core/scope.ts";
import type { FiguresStore, LaneBacklog, StoreFigures } from "../figures-store.ts";
import type { Connection } from "./connection.ts";
import { isRetry } from "./delivery-order.ts";
import { SCOPE_ID } from "./scope-sql.ts";
import { Statements } from "./statements.ts";

/** How the store that this is a part of is read, and what it knows of its writes. */
export interface FiguresAccess {
  path: string;
  read<T>(read: () => T): T;
  commits(): number;
  lagMs(): number;
}

/** What operators watch, on SQLite. Each count reads a range of an index. */
export class SqliteFigures implements FiguresStore {
  readonly #access: FiguresAccess;
  readonly #statements: Statements;

  constructor(connection: Connection, access: FiguresAccess) {
    this.#access = access;
    this.#statements = new Statements(connection);
  }

  async countLane(subscriptionRowId: number, most: number): Promise<LaneBacklog> {
    return this.#access.read(() => ({
      pending: this.#countWaiting(subscriptionRowId, 0, most),
      retrying: this.#countWaiting(subscriptionRowId, 1, most),
    }));
  }

  async countFailed({ tenant, environment }: Scope, most: number): Promise<number> {
    return this.#access.read(
      () =>
        this.#statements
          .values<number>(`
            SELECT count(*) FROM (
              SELECT 1 FROM deliveries INDEXED BY deliveries_failed
              WHERE state = 'failed' AND scope_id = ${SCOPE_ID}
              LIMIT ?
            )
          `)
          .get(tenant, environment, most)!,
    );
  }

  figures(): StoreFigures {
    const { path, commits, lagMs } = this.#access;
    return { lagMs: lagMs(), commits: commits(), bytes: sizeOf(path), walBytes: sizeOf(`${path}-wal`) };
  }

  #countWaiting(subscriptionRowId: number, kind: 0 | 1, most: number): number {
    return this.#statements
      .values<number>(`
        SELECT count(*) FROM (
          SELECT 1 FROM deliveries INDEXED BY deliveries_waiting
          WHERE subscription_id = ? AND ${isRetry()} = ${kind} AND worker_id IS NULL AND claimable_at IS NOT NULL
          LIMIT ?
        )
      `)
      .get(subscriptionRowId, most)!;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
