import type { Scope } from "../../core/scope.ts";
import type { RequestOutcome } from "../../core/sources/source.ts";
import type { NewAuditEntry } from "../admin-store.ts";
import type {
  InsertedSource,
  NewInboundRequest,
  NewSource,
  SourceChange,
  SourceStore,
  StoredInboundDetail,
  StoredInboundRequest,
  StoredSource,
} from "../source-store.ts";
import type { AppendedEvent, ChangeOutcome, NewEvent } from "../store.ts";
import type { Connection } from "./connection.ts";
import { packEvents } from "./packed-events.ts";
import { untilDone, WIPED_ROWS } from "./portions.ts";
import { SourceReader } from "./source-reader.ts";
import type { StoreAccess } from "./sqlite-admin-store.ts";

/** Inbound sources and what came to them, on SQLite. */
export class SqliteSourceStore implements SourceStore {
  readonly #reader: SourceReader;
  readonly #access: StoreAccess;

  constructor(connection: Connection, access: StoreAccess) {
    this.#reader = new SourceReader(connection);
    this.#access = access;
  }

  async load(scope?: Scope): Promise<StoredSource[]> {
    return this.#access.read(() => this.#reader.load(scope));
  }

  insert(source: NewSource, most: number, audit: NewAuditEntry): Promise<InsertedSource> {
    return this.#access.write("insertSource", { source, most, audit });
  }

  update(rowId: number, change: SourceChange, ifUpdatedAt: number, audit: NewAuditEntry): Promise<ChangeOutcome> {
    return this.#access.write("updateSource", { rowId, ...change, ifUpdatedAt, audit });
  }

  delete(rowId: number, now: number, audit: NewAuditEntry): Promise<boolean> {
    return this.#access.write("deleteSource", { rowId, now, audit });
  }

  append(event: NewEvent, request: NewInboundRequest): Promise<AppendedEvent> {
    return this.#access.write("appendInbound", { event: packEvents([event]), request });
  }

  async record(requests: readonly NewInboundRequest[], most: number): Promise<void> {
    await this.#access.write("recordInbound", { requests, most });
  }

  async findOfEvent(scope: Scope, eventId: string): Promise<StoredInboundDetail | undefined> {
    return this.#access.read(() => this.#reader.findOfEvent(scope, eventId));
  }

  async list(
    sourceRowId: number,
    outcome: RequestOutcome | undefined,
    limit: number,
    beforeRowId: number | undefined,
  ): Promise<StoredInboundRequest[]> {
    return this.#access.read(() => this.#reader.list(sourceRowId, outcome, limit, beforeRowId));
  }

  async find(sourceRowId: number, start: string): Promise<StoredInboundDetail[]> {
    return this.#access.read(() => this.#reader.find(sourceRowId, start));
  }

  async eraseDeleted(): Promise<void> {
    await untilDone((limit) => this.#access.write("eraseSources", { limit }), WIPED_ROWS);
  }
}
