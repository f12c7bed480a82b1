/** How a listener keeps its connection. All in ms. */
export interface RedialTiming {
  /** First wait after a loss; doubles with each further failure … */
  firstDelayMs: number;
  /** … up to this … */
  longestDelayMs: number;
  /** … or up to this, where the server had taken the connection that was lost: it was there a moment ago. */
  longestAfterLossMs: number;
  /** A connection that was up for so long sets the waits back to the first. */
  stableMs: number;
  /** A server that has sent nothing for this long, not even a ping, is gone. */
  silentMs: number;
  /** For TCP, TLS and the upgrade together. */
  handshakeMs: number;
  /**
   * How far the wall clock may run away from the monotonic one, and how late a timer may be: more is a computer that slept,
   * or a process that was stopped.
   */
  clockJumpMs: number;
  /** How often the clocks are compared. */
  clockCheckMs: number;
}

export const DEFAULT_TIMING: RedialTiming = {
  firstDelayMs: 250,
  longestDelayMs: 15_000,
  longestAfterLossMs: 5_000,
  stableMs: 30_000,
  silentMs: 35_000,
  handshakeMs: 10_000,
  clockJumpMs: 20_000,
  clockCheckMs: 1_000,
};

/**
 * The wait before dialling again after `failures` failures in a row (1 for the first). Full jitter: anything from 0 to
 * the doubled delay, so that a restarted server is not stormed by all its listeners at once.
 *
 * @param wasReady what failed last was a connection whose session was open
 * @param random uniform in [0, 1)
 */
export function redialDelayMs(failures: number, wasReady: boolean, random: number, timing: RedialTiming): number {
  const longest = wasReady ? Math.min(timing.longestAfterLossMs, timing.longestDelayMs) : timing.longestDelayMs;
  const ceiling = Math.min(longest, timing.firstDelayMs * 2 ** Math.min(failures - 1, 30));
  return Math.floor(ceiling * random);
}

/**
 * Calls back when the wall clock jumps against the monotonic one, which stands still while a computer sleeps; and when both
 * go on and only this process does not (it was stopped, or the system's monotonic clock counts its sleep). Returns a function that ends the watch.
 */
export function watchClock(timing: RedialTiming, now: () => number, onJump: (byMs: number) => void): () => void {
  const offset = (): number => now() - performance.now();
  let last = offset();
  let lookedAt = performance.now();
  const timer = setInterval(() => {
    const current = offset();
    const jump = current - last;
    const lateMs = performance.now() - lookedAt - timing.clockCheckMs;
    last = current;
    lookedAt = performance.now();
    if (timing.clockJumpMs < Math.abs(jump)) onJump(jump);
    else if (timing.clockJumpMs < lateMs) onJump(lateMs);
  }, timing.clockCheckMs);
  return () => clearInterval(timer);
}
