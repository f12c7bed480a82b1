// The part of the contract in store.ts that is about erasing events. What was erased is overwritten in the database, and
// gone from its log once `cutLog` says so.

import type { ReplayState } from "../core/replay.ts";
import type { Scope } from "../core/scope.ts";
import type { NewAuditEntry } from "./admin-store.ts";

/** Which events; what is left out is any. */
export interface EventSelection {
  /** Of the event's creation, unix ms; `before` exclusive. */
  since?: number | undefined;
  before?: number | undefined;
  /** Types or patterns. */
  types?: readonly string[] | undefined;
  ids?: readonly string[] | undefined;
  /** A filter's text. */
  where?: string | undefined;
}

export interface NewPurge {
  /** `prg_…` */
  id: string;
  scope: Scope;
  selection: EventSelection;
  /** JSON of what was asked for, as it may be shown. */
  asked: string;
  reason: string;
  cancelWaiting: boolean;
  createdAt: number;
}

export interface StoredPurge extends Omit<NewPurge, "selection"> {
  rowId: number;
  state: ReplayState;
  events: number;
  deliveries: number;
  attempts: number;
  kept: number;
  undecided: number;
  updatedAt: number;
  endedAt: number | undefined;
}

/** One that is not at its end. */
export interface PurgeWork {
  scope: Scope;
  /** Undefined: all were looked at. */
  selection: EventSelection | undefined;
  cancelWaiting: boolean;
  /** The event that was looked at last, and the last to be looked at. */
  cursor: number;
  lastRowId: number;
}

export interface EventBrief {
  rowId: number;
  id: string;
  type: string;
  timestamp: number;
  version: string | undefined;
  createdAt: number;
  /** Deliveries of it wait; or are being sent. */
  isWaiting: boolean;
  isBeingSent: boolean;
}

export interface EventContent {
  data: Uint8Array;
  metadata: Uint8Array | undefined;
}

export interface EraseStep {
  rowId: number;
  /** Where the job stood when these were chosen: nothing is done when it stands elsewhere by now. */
  from: number;
  /** Where it stands then. */
  to: number;
  eventRowIds: readonly number[];
  /** Looked at and left, because their deliveries go on, or because the condition has no answer. */
  kept: number;
  undecided: number;
  /** None is behind `to`. */
  isLast: boolean;
  now: number;
}

export interface ErasedEvent {
  at: number;
  /** `prg_…` */
  purge: string;
  reason: string;
}

export interface PurgeStore {
  insert(purge: NewPurge, audit: NewAuditEntry): Promise<void>;
  find(scope: Scope, id: string): Promise<StoredPurge | undefined>;
  findIds(scope: Scope, start: string, limit: number): Promise<string[]>;
  /** Newest first. */
  list(scope: Scope, limit: number, beforeRowId: number | undefined): Promise<StoredPurge[]>;
  /** Row ids of those that are not at their end, of every scope. */
  listRunning(): Promise<number[]>;
  /** Undefined: it is at its end. */
  readWork(rowId: number): Promise<PurgeWork | undefined>;
  lastEventRowId(): Promise<number>;
  /** Of the scope, behind `after` up to `upTo`, oldest first; with `ids` only those. */
  listBriefs(
    scope: Scope,
    ids: readonly string[] | undefined,
    span: { after: number; upTo: number },
    limit: number,
  ): Promise<EventBrief[]>;
  /** Undefined: it is gone. */
  readContent(eventRowId: number): Promise<EventContent | undefined>;
  /**
   * Erases those of these events of which nothing waits or is being sent (any more: with `cancelWaiting` what waits is
   * cancelled), leaves a mark of each, and moves the job on, in one commit. Answers the subscriptions of which deliveries
   * with an order key were cancelled: the next of the key is due.
   */
  erase(step: EraseStep): Promise<number[]>;
  /**
   * Erases what sources of the scope got in the time that a running purge is about, before it began, and made no event of:
   * nobody can ask a condition of that. Answers how many; `limit` when there may be more.
   */
  eraseRequests(rowId: number, limit: number): Promise<number>;
  /** Completed. False when it was at its end, or events are still to be looked at. */
  finish(rowId: number, now: number): Promise<boolean>;
  /** What was erased is gone. False when it was at its end. */
  cancel(rowId: number, now: number, audit: NewAuditEntry): Promise<boolean>;
  /** Undefined: it was never there, or it is forgotten that it was. */
  findErased(scope: Scope, eventId: string): Promise<ErasedEvent | undefined>;
  /** Moves all of the log into the database and empties it. False when somebody reads what is older: try again. */
  cutLog(): Promise<boolean>;
  /** How often something was erased since the files were clean, purges not counted; 0: nothing is left in them. */
  cleaningOwed(): Promise<number>;
  /** They are clean. False when something was erased since so much was owed. */
  settleCleaning(owed: number): Promise<boolean>;
}
