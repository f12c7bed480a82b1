import type { Scope } from "../../core/scope.ts";
import type { NewAuditEntry } from "../admin-store.ts";
import type {
  DeliverySelection,
  EventReplay,
  NewReplay,
  PurgeStep,
  ReplayedEvent,
  ReplayStep,
  ReplayStore,
  StoredReplay,
} from "../replay-store.ts";
import type { Connection } from "./connection.ts";
import { PORTION_ROWS } from "./portions.ts";
import { ReplayReader } from "./replay-reader.ts";
import type { StoreAccess } from "./sqlite-admin-store.ts";

/** Replays and dead letters on SQLite. */
export class SqliteReplayStore implements ReplayStore {
  readonly #reader: ReplayReader;
  readonly #access: StoreAccess;

  constructor(connection: Connection, access: StoreAccess) {
    this.#reader = new ReplayReader(connection);
    this.#access = access;
  }

  async replayEvent(replay: EventReplay, now: number, audit?: NewAuditEntry): Promise<ReplayedEvent> {
    const replayed = await this.#access.write("replayEvent", { ...replay, now, audit });
    return replayed === false ? { reopened: [], added: [] } : replayed;
  }

  async countSelected(scope: Scope, selection: DeliverySelection, of: "all" | "sendable"): Promise<number> {
    return this.#access.read(() => this.#reader.count(scope, selection, of === "sendable"));
  }

  async insert(replay: NewReplay, audit: NewAuditEntry): Promise<void> {
    await this.#access.write("insertReplay", { replay, audit });
  }

  async find(scope: Scope, id: string): Promise<StoredReplay | undefined> {
    return this.#access.read(() => this.#reader.find(scope, id));
  }

  async findIds(scope: Scope, start: string, limit: number): Promise<string[]> {
    return this.#access.read(() => this.#reader.findIds(scope, start, limit));
  }

  async list(scope: Scope, limit: number, beforeRowId: number | undefined): Promise<StoredReplay[]> {
    return this.#access.read(() => this.#reader.list(scope, limit, beforeRowId));
  }

  async listRunning(): Promise<number[]> {
    return this.#access.read(() => this.#reader.running());
  }

  step(rowId: number, limit: number, now: number): Promise<ReplayStep> {
    return this.#access.write("stepReplay", { rowId, limit, now });
  }

  cancel(rowId: number, now: number, audit: NewAuditEntry): Promise<boolean> {
    return this.#access.write("cancelReplay", { rowId, now, audit });
  }

  async purge(scope: Scope, selection: DeliverySelection, audit: NewAuditEntry): Promise<number> {
    let total = 0;
    let cursor: number | undefined = 0;
    for (let unsaid: NewAuditEntry | undefined = audit; cursor !== undefined; unsaid = undefined) {
      const input = { scope, selection, cursor, limit: PORTION_ROWS, audit: unsaid };
      const step: PurgeStep = await this.#access.write("purgeFailed", input);
      total += step.purged;
      cursor = step.cursor;
    }
    return total;
  }
}
