/** Less is what time servers correct by, and no schedule notices it. */
const LEAST_STEP_MS = 2_000;

export interface ClockSources {
  /** Unix ms; may be set forwards and back while the program runs. */
  wall(): number;
  /** Ms since some moment; never set, and stands still while the machine sleeps. */
  running(): number;
  /** Ms since the machine started, its sleep included; never set. May be coarse. */
  sinceBoot(): number;
}

/** What happened since the last look. */
export interface ClockNews {
  /** How far the wall clock was set, ms: negative for back; 0: it was not. */
  stepMs: number;
  /** How long the machine slept, ms. */
  sleptMs: number;
}

/**
 * The clock of the delivering side: unix ms as of the start, and from then on only as time passes. A wall clock that is
 * set does not move it: a wait of five minutes stays five minutes, nothing becomes due at once, and nothing waits for
 * hours. A sleep of the machine does: what became due meanwhile is overdue.
 */
export class SteadyClock {
  readonly #sources: ClockSources;
  readonly #startedAt: number;
  readonly #startedRunning: number;
  #sleptMs = 0;
  #offsetMs = 0;
  #seen: { wall: number; running: number; sinceBoot: number };

  constructor(sources: ClockSources) {
    this.#sources = sources;
    this.#seen = { wall: sources.wall(), running: sources.running(), sinceBoot: sources.sinceBoot() };
    this.#startedAt = this.#seen.wall;
    this.#startedRunning = this.#seen.running;
  }

  /** Unix ms, so far as nobody set the wall clock. */
  now(): number {
    return Math.floor(this.#startedAt + this.#sources.running() - this.#startedRunning) + this.#sleptMs;
  }

  /** What the wall clock shows more than this one, so far as `accept` was told, ms. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** From here on the wall clock is known to be off by so much more. */
  accept(stepMs: number): void {
    this.#offsetMs += stepMs;
  }

  /** To be called about once a second. Each step is told once. */
  look(): ClockNews {
    const seen = { wall: this.#sources.wall(), running: this.#sources.running(), sinceBoot: this.#sources.sinceBoot() };
    const before = this.#seen;
    const passed = seen.sinceBoot - before.sinceBoot;
    const slept = passed - (seen.running - before.running);
    const step = seen.wall - before.wall - passed;
    const sleptMs = LEAST_STEP_MS <= slept ? Math.round(slept) : 0;
    const stepMs = LEAST_STEP_MS <= Math.abs(step) ? Math.round(step) : 0;
    // Small differences are kept in mind until they are large enough to count.
    this.#seen = {
      wall: seen.wall - (stepMs === 0 ? step : 0),
      running: seen.running + (sleptMs === 0 ? slept : 0),
      sinceBoot: seen.sinceBoot,
    };
    this.#sleptMs += sleptMs;
    return { stepMs, sleptMs };
  }
}
