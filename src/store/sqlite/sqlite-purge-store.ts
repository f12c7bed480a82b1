import type { Scope } from "../../core/scope.ts";
import type { NewAuditEntry } from "../admin-store.ts";
import type {
  ErasedEvent,
  EraseStep,
  EventBrief,
  EventContent,
  NewPurge,
  PurgeStore,
  PurgeWork,
  StoredPurge,
} from "../purge-store.ts";
import type { Connection } from "./connection.ts";
import { PurgeReader } from "./purge-reader.ts";
import type { StoreAccess } from "./sqlite-admin-store.ts";

/** Purges on SQLite. */
export class SqlitePurgeStore implements PurgeStore {
  readonly #reader: PurgeReader;
  readonly #access: StoreAccess;

  constructor(connection: Connection, access: StoreAccess) {
    this.#reader = new PurgeReader(connection);
    this.#access = access;
  }

  async insert(purge: NewPurge, audit: NewAuditEntry): Promise<void> {
    await this.#access.write("insertPurge", { purge, audit });
  }

  async find(scope: Scope, id: string): Promise<StoredPurge | undefined> {
    return this.#access.read(() => this.#reader.find(scope, id));
  }

  async findIds(scope: Scope, start: string, limit: number): Promise<string[]> {
    return this.#access.read(() => this.#reader.findIds(scope, start, limit));
  }

  async list(scope: Scope, limit: number, beforeRowId: number | undefined): Promise<StoredPurge[]> {
    return this.#access.read(() => this.#reader.list(scope, limit, beforeRowId));
  }

  async listRunning(): Promise<number[]> {
    return this.#access.read(() => this.#reader.running());
  }

  async readWork(rowId: number): Promise<PurgeWork | undefined> {
    return this.#access.read(() => this.#reader.work(rowId));
  }

  async lastEventRowId(): Promise<number> {
    return this.#access.read(() => this.#reader.lastEventRowId());
  }

  async listBriefs(
    scope: Scope,
    ids: readonly string[] | undefined,
    span: { after: number; upTo: number },
    limit: number,
  ): Promise<EventBrief[]> {
    return this.#access.read(() => this.#reader.briefs(scope, ids, span, limit));
  }

  async readContent(eventRowId: number): Promise<EventContent | undefined> {
    return this.#access.read(() => this.#reader.content(eventRowId));
  }

  erase(step: EraseStep): Promise<number[]> {
    return this.#access.write("erase", step);
  }

  finish(rowId: number, now: number): Promise<boolean> {
    return this.#access.write("finishPurge", { rowId, now });
  }

  cancel(rowId: number, now: number, audit: NewAuditEntry): Promise<boolean> {
    return this.#access.write("cancelPurge", { rowId, now, audit });
  }

  eraseRequests(rowId: number, limit: number): Promise<number> {
    return this.#access.write("eraseRequests", { rowId, limit });
  }

  async cleaningOwed(): Promise<number> {
    return this.#access.read(() => this.#reader.cleaningOwed());
  }

  settleCleaning(owed: number): Promise<boolean> {
    return this.#access.write("settleCleaning", { owed });
  }

  async findErased(scope: Scope, eventId: string): Promise<ErasedEvent | undefined> {
    return this.#access.read(() => this.#reader.erased(scope, eventId));
  }

  async cutLog(): Promise<boolean> {
    const before = await this.#access.write("cutLog", {});
    // Done after the commit; the next one knows whether it was.
    return before < (await this.#access.write("cutLog", {}));
  }
}
