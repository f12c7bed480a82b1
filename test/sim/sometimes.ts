/** What must have happened in a campaign at least once: one that never sees a lease expire says nothing about leases. */
export const REQUIRED: readonly string[] = [
  "lease taken back after a crash",
  "lease expired",
  "stale result refused",
  "taken back five times: an attempt",
  "breaker opened",
  "breaker half-open",
  "breaker closed",
  "Retry-After honoured",
  "disk full, publisher told so",
  "fsync failed",
  "fsync failed, written all the same",
  "crash before a commit",
  "crash between commit and answer",
  "crash between send and record",
  "duplicate sent",
  "clock moved back",
  "clock moved on",
  "machine slept",
  "process stopped and continued",
  "stopped by SIGTERM",
  "daemon did not start",
  "a command beside the daemon",
  "disabled by 410",
  "disabled by its failures",
  "concurrency used up",
  "rate of a subscription used up",
  "rate of the process used up",
  "rate of the tenant used up",
  "rate of the host's retries used up",
  "several events in one request",
  "a later one waited for its turn",
  "repeated id answered again",
  "other content refused",
  "listener resumed",
  "given back by a listener that was lost",
  "deleted by retention",
  "crash in the middle of a deletion",
];

/** What happened how often, over many runs. */
export class Sometimes {
  readonly counts = new Map<string, number>();

  add(counts: Iterable<readonly [string, number]>): void {
    for (const [what, count] of counts) this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }

  /** What never happened although it must. */
  missing(): string[] {
    return REQUIRED.filter((what) => !this.counts.has(what));
  }
}
