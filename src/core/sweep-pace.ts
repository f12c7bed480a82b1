/** Longer steps would let others wait for the writer, which publishing would notice, ms. */
const LONG_STEP_MS = 3;
/** Also where a commit alone takes longer than that: on a slow disk a sweep must get on. */
const FEWEST = 20;
const MOST = 250;
/** Between two steps, in lengths of the one before: as long as it can afford … */
const LONGEST_REST = 8;
/** … and if it falls behind what comes. The writer is others' for most of the time even then. */
const SHORTEST_REST = 2;
/** It gets on at least so many times as fast as what it deletes once came. */
const GAIN = 2;
/** What is saved up lasts for so long, ms: a sweep that begins is in no hurry. */
const MOST_SPARE_MS = 60_000;

/**
 * How much a sweep takes at a time and how long it rests in between, so that whoever publishes hardly notices it, and it
 * never falls behind for good: what was deleted took some time to come; half of that time may be spent on deleting it.
 */
export class SweepPace {
  /** Rows of the next step. */
  limit = MOST / 5;
  #spareMs = MOST_SPARE_MS;

  /**
   * @param tookMs of the step that is done
   * @param cameInMs time in which what it went over had come; undefined: nobody knows, there is no hurry
   * @returns ms to rest before the next
   */
  rest(tookMs: number, cameInMs: number | undefined): number {
    const size = tookMs < LONG_STEP_MS / 2 ? this.limit * 1.25 : LONG_STEP_MS < tookMs ? this.limit / 2 : this.limit;
    this.limit = Math.min(MOST, Math.max(FEWEST, Math.ceil(size)));
    const longest = LONGEST_REST * tookMs;
    if (cameInMs === undefined) return longest;
    const spare = Math.min(MOST_SPARE_MS, this.#spareMs + Math.max(0, cameInMs) / GAIN - tookMs);
    const rest = Math.min(longest, Math.max(SHORTEST_REST * tookMs, spare));
    this.#spareMs = Math.max(0, spare - rest);
    return rest;
  }
}
