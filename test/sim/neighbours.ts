import type { SimulatedDaemon } from "./simulated-daemon.ts";
import type { VirtualTime } from "./virtual-time.ts";

type Listener = (change: { configChanged: boolean }) => void;

/** How processes that share the store notice each other's commits. */
export class Neighbours {
  readonly #time: VirtualTime;
  /** Those that send and live. */
  readonly #daemons = new Set<SimulatedDaemon>();
  readonly #listeners = new Map<SimulatedDaemon, Listener>();
  /** What others committed since a process opened the store and before it began to watch. */
  readonly #missed = new Map<SimulatedDaemon, boolean>();
  #living = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** Whether a process runs beside another. */
  get areThere(): boolean {
    return 1 < this.#living;
  }

  joined(process: SimulatedDaemon): void {
    this.#living += 1;
    if (!process.isOutsider) this.#daemons.add(process);
  }

  left(process: SimulatedDaemon): void {
    this.#living -= 1;
    this.#daemons.delete(process);
    this.#listeners.delete(process);
  }

  watch(process: SimulatedDaemon, listener: Listener | undefined): void {
    if (listener === undefined) {
      this.#listeners.delete(process);
      return;
    }
    this.#listeners.set(process, listener);
    const missed = this.#missed.get(process);
    this.#missed.delete(process);
    if (missed !== undefined) this.#tell(process, missed);
  }

  /** A process committed something. */
  committed(by: SimulatedDaemon, configChanged: boolean): void {
    for (const process of this.#daemons) {
      if (process === by) continue;
      if (this.#listeners.has(process)) this.#tell(process, configChanged);
      else this.#missed.set(process, configChanged || this.#missed.get(process) === true);
    }
  }

  /** Within 100 ms. */
  #tell(process: SimulatedDaemon, configChanged: boolean): void {
    this.#time.schedule(process.owner, 5 + (this.#time.steps % 95), () =>
      this.#listeners.get(process)?.({ configChanged }),
    );
  }
}
