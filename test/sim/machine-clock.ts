import type { World } from "./world.ts";

interface ClockStep {
  /** Virtual ms, sleep included. */
  at: number;
  by: number;
  /** A process that goes by the clock has put it right. */
  isSeen: boolean;
}

/** What people, time servers and lids do to the machine's clock, and how much of it anybody could notice. */
export class MachineClock {
  readonly #world: World;
  readonly #steps: ClockStep[] = [];
  /** Virtual ms with sleep, in their order. */
  readonly #sleeps: { from: number; to: number }[] = [];
  /** When the machine last woke up, virtual ms with sleep. */
  wokenAt = Number.NEGATIVE_INFINITY;

  constructor(world: World) {
    this.#world = world;
  }

  /** Somebody sets the wall clock. */
  step(byMs: number, isQuiet = false): void {
    const world = this.#world;
    if (!isQuiet) world.note(`the clock is set by ${byMs} ms`);
    world.count(byMs < 0 ? "clock moved back" : "clock moved on");
    world.time.stepWall(byMs);
    this.#steps.push({ at: world.time.elapsed, by: byMs, isSeen: false });
    this.#look();
  }

  /** The lid is closed: the monotonic clock stands still, the wall clock does not, and connections break. */
  sleep(ms: number): void {
    const world = this.#world;
    world.note(`the machine sleeps for ${ms} ms`);
    world.count("machine slept");
    const from = world.time.elapsed;
    world.time.sleep(ms);
    this.wokenAt = world.time.elapsed;
    this.#sleeps.push({ from, to: this.wokenAt });
    for (const process of world.living()) {
      world.network.cut(process);
      world.listeners.cut(process);
    }
    this.#look();
  }

  /** A process has put right what was set between these moments. */
  seen(from: number, to: number): void {
    for (const step of this.#steps) if (from <= step.at && step.at <= to) step.isSeen = true;
  }

  /** The moment when the machine had yet to run for so long until `at`: asleep, nobody commits or notices anything. */
  before(at: number, runningMs: number): number {
    let moment = at;
    let left = runningMs;
    for (const { from, to } of this.#sleeps.toReversed()) {
      if (moment <= from) continue;
      if (left <= moment - to) break;
      left -= moment - to;
      moment = from;
    }
    return moment - left;
  }

  /** Whether the clock was set since then. */
  wasSet(since: number): boolean {
    return this.#steps.some((step) => since <= step.at);
  }

  /**
   * By how much a wait that began then may be too short: nothing while nobody ever set the clock, else `leastMs` and
   * what no process was there to notice.
   */
  allowedShortfall(since: number, leastMs: number): number {
    return this.wasSet(0) ? leastMs + this.unseen(since) : 0;
  }

  /** By how much the clock was set since then while no process noticed, ms. */
  unseen(since: number): number {
    return this.#steps.reduce((sum, { at, by, isSeen }) => (since <= at && !isSeen ? sum + Math.abs(by) : sum), 0);
  }

  /** Each process looks once a second; it is enough to do so when there is something to see. */
  #look(): void {
    const { time } = this.#world;
    for (const process of this.#world.living()) {
      time.schedule(process.owner, 1 + (time.steps % 999), () => process.lookAtClock());
    }
  }
}
