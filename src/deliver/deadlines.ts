import { InFlight, type Placed } from "../core/in-flight.ts";

/** Something that must be over at a certain moment. */
export interface Expiring extends Placed {
  /** On the clock of `performance.now()`, ms. */
  readonly deadline: number;
  /** Called once at most, when the deadline has passed. Takes itself out by its own end. */
  expire(): void;
}

const SWEEP_MS = 50;

/**
 * One timer for all deadlines: it looks through what is in flight every 50 ms, which at some hundred requests costs
 * less than arming a timer, or an AbortSignal, for each of thousands a second. Runs only while something is in flight.
 */
export class Deadlines<T extends Expiring> {
  readonly #inFlight = new InFlight<T>();
  #timer: NodeJS.Timeout | undefined;

  add(item: T): void {
    this.#inFlight.add(item);
    // After what is there to be read: a process that stood still (SIGSTOP, a machine that slept) finds answers that came
    // in time behind deadlines that have passed.
    this.#timer ??= setInterval(() => setImmediate(() => this.#sweep()), SWEEP_MS);
  }

  delete(item: T): void {
    this.#inFlight.delete(item);
  }

  /** Those in flight now. */
  all(): T[] {
    return this.#inFlight.all();
  }

  /** Forgets everything, at once. */
  clear(): void {
    this.#inFlight.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    if (this.#inFlight.size === 0) {
      this.clear();
      return;
    }
    const now = performance.now();
    for (const item of this.#inFlight.all()) {
      if (item.deadline <= now) item.expire();
    }
  }
}
