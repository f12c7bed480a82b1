import { availableParallelism } from "node:os";
import v8 from "node:v8";

/** Of a daemon; both halves together. */
const MAX_BYTES = 32 * 1024 * 1024;
/**
 * Up to so many cores the helpers that collect in parallel only take time from the threads that work: measured on two,
 * 10 to 20 µs an event that is published and delivered, of 150.
 */
const FEW_CORES = 2;
/**
 * V8 remembers of each place in the program that makes objects whether they live long, and where they did it makes them
 * old from then on. A backlog teaches it that for events, requests and outcomes; once it is gone, each of them, and what
 * they hold, would be garbage that only a collection of the whole heap finds. Measured after 40,000 events in batches, one
 * by one: 3 KB an event instead of 0.1 KB, and a fifth fewer events a second.
 */
const ALL_YOUNG = "--no-allocation-site-pretenuring";
const GROW = "--semi-space-growth-factor=2";
const STAY = "--semi-space-growth-factor=1";

/**
 * Keeps V8's young generation from growing to its 64 MB: under a steady load it always does, whatever lives in it, and
 * a daemon that drains a queue is measured by what it holds. Its size cannot be set once a program runs (Node reads
 * `--max-semi-space-size` at start, and a program that is started by its name gets no flags); its growth can.
 * Measured, draining 100,000 deliveries on a busy machine: 220 to 340 MB resident without, about 200 MB with. Half of it
 * (16 MB) collects twice as often, and what waits to be recorded is copied each time: 8 µs a delivery.
 *
 * From when the first is made, whatever the process makes is young first (ALL_YOUNG).
 */
export class YoungGeneration {
  readonly #maxBytes: number;
  #flag = GROW;

  /** @param maxBytes both halves together */
  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
    v8.setFlagsFromString(ALL_YOUNG);
    if (availableParallelism() <= FEW_CORES) v8.setFlagsFromString("--no-parallel-scavenge");
  }

  /** To be called now and then while there is work; takes 2 µs. */
  hold(): void {
    const space = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    // Undefined on another engine. V8 makes it smaller when it is idle: then it may grow again.
    const flag = space === undefined || space.space_size < this.#maxBytes ? GROW : STAY;
    if (flag === this.#flag) return;
    this.#flag = flag;
    v8.setFlagsFromString(flag);
  }
}
