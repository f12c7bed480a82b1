// The part of the contract in store.ts that is about ended deliveries as a whole: sending many again, and deleting those
// that failed.

import type { DeliveryReason } from "../core/delivery.ts";
import type { ReplayedState, ReplayState } from "../core/replay.ts";
import type { Scope } from "../core/scope.ts";
import type { NewAuditEntry } from "./admin-store.ts";
import type { NewDelivery } from "./store.ts";

/** Which ended deliveries. */
export interface DeliverySelection {
  state: ReplayedState;
  subscriptionRowId?: number | undefined;
  /** One of them; left out: any. */
  types?: readonly { type: string | undefined; typePrefix: string | undefined }[] | undefined;
  reason?: DeliveryReason | undefined;
  /** Of the end of the delivery, unix ms; `until` exclusive. */
  since?: number | undefined;
  until?: number | undefined;
}

export interface NewReplay {
  /** `rpl_…` */
  id: string;
  scope: Scope;
  selection: DeliverySelection;
  /** JSON of what was asked for. */
  asked: string;
  /** As it is shown; undefined: no limit. */
  rate: string | undefined;
  found: number;
  createdAt: number;
}

export interface StoredReplay extends Omit<NewReplay, "selection"> {
  rowId: number;
  state: ReplayState;
  reopened: number;
  updatedAt: number;
  endedAt: number | undefined;
}

export interface ReplayStep {
  /** It is still `running`. */
  goesOn: boolean;
  reopened: number;
  /** Whose deliveries are due now. */
  subscriptionRowIds: number[];
  /** When its rate allows the next, unix ms; undefined: now. */
  nextAt: number | undefined;
}

/** One event, sent again. */
export interface EventReplay {
  eventRowId: number;
  /** Deliveries of it that are sent again; one that is being sent right now is left alone. */
  deliveryRowIds: readonly number[];
  /** To subscriptions that have not got it; existing pairs are skipped. */
  deliveries: readonly NewDelivery[];
}

/** Row ids. */
export interface ReplayedEvent {
  reopened: number[];
  added: number[];
}

export interface PurgeStep {
  purged: number;
  /** To be given to the next step; undefined: that was all. */
  cursor: number | undefined;
}

export interface ReplayStore {
  /** All of it in one commit. */
  replayEvent(replay: EventReplay, now: number, audit?: NewAuditEntry): Promise<ReplayedEvent>;
  /** `sendable`: without those of deleted subscriptions. */
  countSelected(scope: Scope, selection: DeliverySelection, of: "all" | "sendable"): Promise<number>;
  insert(replay: NewReplay, audit: NewAuditEntry): Promise<void>;
  find(scope: Scope, id: string): Promise<StoredReplay | undefined>;
  findIds(scope: Scope, start: string, limit: number): Promise<string[]>;
  /** Newest first. */
  list(scope: Scope, limit: number, beforeRowId: number | undefined): Promise<StoredReplay[]>;
  /** Row ids of those that are not at their end, of every scope. */
  listRunning(): Promise<number[]>;
  /**
   * Re-opens at most `limit` of the next deliveries of a job that are still as it wants them, as its rate allows, and
   * moves its cursor, in one commit.
   */
  step(rowId: number, limit: number, now: number): Promise<ReplayStep>;
  /** What was re-opened goes out. False when it was at its end. */
  cancel(rowId: number, now: number, audit: NewAuditEntry): Promise<boolean>;
  /**
   * Erases deliveries that failed, with their attempts; counts and statistics stay. Returns how many. The files are to be
   * cleaned then (`PurgeStore.cleaningOwed`).
   */
  purge(scope: Scope, selection: DeliverySelection, audit: NewAuditEntry): Promise<number>;
}
