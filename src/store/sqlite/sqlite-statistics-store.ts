import type { Reach } from "../../core/key.ts";
import type { Scope } from "../../core/scope.ts";
import type {
  ScopesRead,
  StatisticsQuery,
  StatisticsStore,
  StoredStatistics,
  WaitingRead,
} from "../statistics-store.ts";
import type { Connection } from "./connection.ts";
import { untilDone } from "./portions.ts";
import type { StoreAccess } from "./sqlite-admin-store.ts";
import { StatisticsReader } from "./statistics-reader.ts";

/** Statistics on SQLite. */
export class SqliteStatisticsStore implements StatisticsStore {
  readonly #reader: StatisticsReader;
  readonly #access: StoreAccess;

  constructor(connection: Connection, access: StoreAccess) {
    this.#reader = new StatisticsReader(connection);
    this.#access = access;
  }

  async read(scope: Scope, query: StatisticsQuery): Promise<StoredStatistics> {
    return this.#access.read(() => this.#reader.read(scope, query));
  }

  async readScopes(reach: Reach, since: number, limit: number): Promise<ScopesRead> {
    return this.#access.read(() => this.#reader.readScopes(reach, since, limit));
  }

  async readWaiting(scope: Scope, most: number): Promise<WaitingRead> {
    return this.#access.read(() => this.#reader.readWaiting(scope, most));
  }

  age(now: number): Promise<number> {
    return untilDone((limit) => this.#access.write("ageStatistics", { now, limit }));
  }
}
