// The part of the contract in store.ts that is about inbound sources and what came to them.

import type { Scope } from "../core/scope.ts";
import type { RequestOutcome } from "../core/sources/source.ts";
import type { NewAuditEntry } from "./admin-store.ts";
import type { AppendedEvent, ChangeOutcome, NewEvent, Sealed } from "./store.ts";

export interface StoredSource {
  rowId: number;
  /** `src_…` */
  id: string;
  scope: Scope;
  name: string;
  /** JSON text (service/stored-source.ts); nothing in it is secret. */
  settings: string;
  /** JSON text: its secrets, and the key that seals the heads of its requests. */
  sealed: Sealed;
  createdAt: number;
  /** Moves on with every change, by 1 ms at least. */
  updatedAt: number;
}

export type NewSource = Omit<StoredSource, "rowId" | "updatedAt">;

/** `sealed` undefined: it stays. */
export interface SourceChange {
  settings: string;
  sealed: Sealed | undefined;
  updatedAt: number;
}

/** A request that came, without what it said. */
export interface InboundFacts {
  /** `req_…` */
  id: string;
  sourceRowId: number;
  receivedAt: number;
  outcome: RequestOutcome;
  status: number;
  reason: string | undefined;
  detail: string | undefined;
  method: string;
  from: string;
  bodyBytes: number;
}

export interface NewInboundRequest extends InboundFacts {
  /** Method, path, query and headers, sealed by the source's key. */
  head: Uint8Array;
  /** Undefined: it is the event's data byte for byte, or was not kept. */
  body: Uint8Array | undefined;
  /** By the source's key, as the head. */
  isBodySealed: boolean;
  /** The event that it repeats, which it goes with; undefined: it repeats none, or it made one. */
  eventId: string | undefined;
}

export interface StoredInboundRequest extends InboundFacts {
  rowId: number;
  eventId: string | undefined;
}

export interface StoredInboundDetail extends StoredInboundRequest {
  head: Uint8Array;
  /** The event's data where that is the body; undefined: it was not kept. */
  body: Uint8Array | undefined;
  isBodySealed: boolean;
}

/** `taken`: some source has the name. `full`: the scope has `most`. */
export type InsertedSource = "inserted" | "taken" | "full";

/** Whatever changes a source is noticed by other processes, as is a change of a subscription. */
export interface SourceStore {
  /** In order of row id; of every scope when `scope` is undefined. */
  load(scope?: Scope): Promise<StoredSource[]>;
  insert(source: NewSource, most: number, audit: NewAuditEntry): Promise<InsertedSource>;
  /** `ifUpdatedAt`: nothing is changed when it has another value by now. */
  update(rowId: number, change: SourceChange, ifUpdatedAt: number, audit: NewAuditEntry): Promise<ChangeOutcome>;
  /** What came to it is erased with it; its events stay. False when it is not there. */
  delete(rowId: number, now: number, audit: NewAuditEntry): Promise<boolean>;
  /** Event, deliveries and the request in one commit. The request is kept only of an event that is stored by this. */
  append(event: NewEvent, request: NewInboundRequest): Promise<AppendedEvent>;
  /**
   * Requests that came to nothing; of each source the last `most` are kept, and none that repeats an event which is gone
   * by now.
   */
  record(requests: readonly NewInboundRequest[], most: number): Promise<void>;
  /** What an event was made of; undefined: nobody sent it to a source, or the source is gone. */
  findOfEvent(scope: Scope, eventId: string): Promise<StoredInboundDetail | undefined>;
  /** Newest first. */
  list(
    sourceRowId: number,
    outcome: RequestOutcome | undefined,
    limit: number,
    beforeRowId: number | undefined,
  ): Promise<StoredInboundRequest[]>;
  /** By id or unique beginning: at most 2. */
  find(sourceRowId: number, start: string): Promise<StoredInboundDetail[]>;
  /** Erases what is left of deleted sources. */
  eraseDeleted(): Promise<void>;
}
