import type { ReplayState } from "./replay.ts";

// Erasing events with all that hangs on them: deliveries, attempts, what receivers answered.

/** Which events. At least one of them; what is given together must all be so. */
export interface PurgeFilter {
  /** Created from then on, and before then: an instant, or a duration that counts back from now. */
  since?: string | undefined;
  before?: string | undefined;
  /** Types or patterns. */
  types?: string[] | undefined;
  /** Whole ids. */
  events?: string[] | undefined;
  /** A condition as filters have it; `=` is taken for `==`. */
  where?: string | undefined;
  /** Every event, where nothing else is given. */
  all?: boolean | undefined;
}

export const MOST_PURGED_IDS = 1_000;
export const PURGE_REASON_MAX_LENGTH = 255;

export interface EventPurge extends PurgeFilter {
  /** For whoever asks for one of them later. */
  reason?: string | undefined;
  /** Cancel what waits of them; else such events are kept. What is being sent is kept in any case. */
  cancel_waiting?: boolean | undefined;
  /** Only count, for a second or so: what is left to be counted is the next page. */
  dry_run?: boolean | undefined;
  /** With `dry_run`: `next_cursor` of the page before, of the same filter. */
  cursor?: string | undefined;
}

export interface PurgeStarted {
  /** Events that are erased by now, or with `dry_run` would be: of this page, as the next two. */
  count: number;
  /** Left, because deliveries of them wait or are being sent. */
  kept: number;
  /** Left, because the condition has no answer for them: a member is missing, a value is of another kind. */
  undecided: number;
  dry_run: boolean;
  /** Of the job (`prg_…`); null with `dry_run`. */
  id: string | null;
  status: ReplayState;
  /** With `dry_run`: there is more to count; null: that was all. */
  next_cursor: string | null;
}

/** A job. It goes on after a crash where it was; completed means that nothing of it is left in the store's files. */
export interface PurgeResource {
  id: string;
  status: ReplayState;
  /** As it was asked for; what a condition compares with is shown as `"***"`: it may be what was to be erased. */
  filter: Omit<PurgeFilter, "where"> & { where?: string };
  reason: string;
  cancel_waiting: boolean;
  /** What is gone by now. */
  erased: { events: number; deliveries: number; attempts: number };
  kept: number;
  undecided: number;
  tenant: string;
  environment: string;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
}
