// The part of the contract in store.ts that is about what is over and has become old. What still waits, or is being
// sent, is never part of it.

import type { Scope } from "../core/scope.ts";

export interface ScopeRow {
  rowId: number;
  scope: Scope;
}

/** Times are unix ms; undefined: nothing is old enough. */
export interface EventSweep {
  scopeRowId: number;
  /** Events that were created before then, if all of their deliveries ended before then … */
  before: number;
  /** … and before this one those that failed; undefined: one that failed keeps its event for ever. */
  failedBefore: number | undefined;
  /** Of the event that was looked at last. */
  after: number;
  /** Events that are deleted at most. */
  limit: number;
}

/** Attempts of deliveries that ended before then without having failed. `limit`: of their events. */
export type AttemptSweep = Omit<EventSweep, "failedBefore">;

/** Deliveries that failed before then; `after`: of the delivery that was looked at last. */
export interface DeadLetterSweep extends Omit<EventSweep, "failedBefore"> {
  /** Also behind many that failed later: a replay that failed again leaves an old row with a young end. */
  passesYoung: boolean;
}

export interface SweepStep {
  deleted: number;
  /** What is before this row need not be looked at again soon. */
  after: number;
  /** When the first and the last that are old were created (a dead letter: ended), unix ms; undefined: none is. */
  span: { from: number; to: number } | undefined;
  /** All that is old was looked at. */
  isDone: boolean;
}

/** Rows of which a step deletes so many at most: `limit` when there may be more. */
export interface AgeSweep {
  scopeRowId: number;
  before: number;
  limit: number;
}

/** Where a sweep of header sets stands. */
export interface HeaderSetSweep {
  cycle: number;
  /** The attempts of deliveries from this row on were looked at. */
  below: number;
}

export interface RetentionStore {
  /** Of every tenant that there is. */
  listScopes(): Promise<ScopeRow[]>;
  /** Deletes events with deliveries and attempts; what was counted of them stays. */
  sweepEvents(sweep: EventSweep): Promise<SweepStep>;
  /** Deletes attempts; their deliveries stay. `deleted`: attempts. */
  sweepAttempts(sweep: AttemptSweep): Promise<SweepStep>;
  /** Deletes deliveries that failed and their attempts; their events stay. Returns how many. */
  sweepDeadLetters(sweep: DeadLetterSweep): Promise<SweepStep>;
  /** Deletes replays and purges that ended; a purge that erased events stays as long as it is known of which. */
  sweepJobs(sweep: AgeSweep): Promise<number>;
  sweepAlerts(sweep: AgeSweep): Promise<number>;
  sweepAudit(sweep: AgeSweep): Promise<number>;
  /** Forgets the ids of erased events that were created before then. */
  sweepErased(sweep: AgeSweep): Promise<number>;
  /** Deletes what sources got before then and made no event of. */
  sweepRequests(sweep: AgeSweep): Promise<number>;
  /**
   * Wipes headers that attempts shared and that none has any more, step by step; looks at `limit` attempts, and wipes so
   * many sets at most. `from`: what the step before answered; undefined: begin. Answers undefined when it is done.
   */
  sweepHeaderSets(from: HeaderSetSweep | undefined, limit: number): Promise<HeaderSetSweep | undefined>;
  /**
   * Gives at most `pages` of the file's free pages back to the system, and leaves `keep` for what comes.
   * Returns whether there are more.
   */
  giveBack(pages: number, keep: "some" | "none"): Promise<boolean>;
}
