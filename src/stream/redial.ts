/** How a listener keeps its connection. All in ms. */
export interface RedialTiming {
  /** First wait after a loss; doubles with each further failure … */
  firstDelayMs: number;
  /** … up to this. */
  longestDelayMs: number;
  /** A connection that was up for so long sets the waits back to the first. */
  stableMs: number;
  /** A server that has sent nothing for this long, not even a ping, is gone. */
  silentMs: number;
  /** For TCP, TLS and the upgrade together. */
  handshakeMs: number;
  /** How far the wall clock may run away from the monotonic one: more is a computer that slept. */
  clockJumpMs: number;
  /** How often the clocks are compared. */
  clockCheckMs: number;
}

export const DEFAULT_TIMING: RedialTiming = {
  firstDelayMs: 250,
  longestDelayMs: 15_000,
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
 * @param random uniform in [0, 1)
 */
export function redialDelayMs(failures: number, random: number, timing: RedialTiming): number {
  const ceiling = Math.min(timing.longestDelayMs, timing.firstDelayMs * 2 ** Math.min(failures - 1, 30));
  return Math.floor(ceiling * random);
}

/**
 * Calls back when the wall clock jumps against the monotonic one, which stands still while a computer sleeps.
 * Returns a function that ends the watch.
 */
export function watchClock(timing: RedialTiming, now: () => number, onJump: (byMs: number) => void): () => void {
  const offset = (): number => now() - performance.now();
  let last = offset();
  const timer = setInterval(() => {
    const current = offset();
    const jump = current - last;
    last = current;
    if (timing.clockJumpMs < Math.abs(jump)) onJump(jump);
  }, timing.clockCheckMs);
  return () => clearInterval(timer);
}
