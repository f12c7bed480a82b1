import { readdirSync } from "node:fs";
import { Histogram } from "../core/histogram.ts";

const EVERY_MS = 100;
const DELAY_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/**
 * How late a timer comes, which is how long everything in this process has to wait for its turn. Counted into buckets,
 * so that it does not matter who asks, and how often; what `monitorEventLoopDelay` of Node has can only be asked for
 * quantiles since a reset.
 */
export class EventLoopDelay {
  readonly histogram = new Histogram(DELAY_BOUNDS);
  readonly #timer: NodeJS.Timeout;
  #dueAt: number;

  constructor() {
    this.#dueAt = performance.now() + EVERY_MS;
    this.#timer = setInterval(() => this.#tick(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.histogram.observe(Math.max(0, now - this.#dueAt) / 1_000);
    this.#dueAt = now + EVERY_MS;
  }
}

export interface ProcessFigures {
  cpuSeconds: number;
  /** Unix seconds. */
  startedAt: number;
  residentBytes: number;
  heapBytes: number;
  /** Undefined where the system does not tell. */
  openFiles: number | undefined;
}

export function processFigures(): ProcessFigures {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    startedAt: performance.timeOrigin / 1_000,
    residentBytes: rss,
    heapBytes: heapUsed,
    openFiles: openFiles(),
  };
}

function openFiles(): number | undefined {
  try {
    // Reading the folder opens one itself.
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}
