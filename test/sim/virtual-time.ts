import type { Random } from "./random.ts";

/** Noon of a day without a switch to summer time, unix ms: what the wall clock shows at virtual time 0. */
export const EPOCH = Date.UTC(2026, 0, 15, 12);

/** What setTimeout does not know: a longer wait is over at once. Source: Node's timers documentation. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** So many steps without time going on are no work but a loop. */
const MAX_STEPS_A_MS = 20_000;
/** After so many steps the real event loop gets a turn. */
const STEPS_A_TURN = 1_024;

/** Who a step belongs to: a simulated process, or the world around them. Those of a dead process never run. */
export class Owner {
  readonly name: string;
  isAlive = true;
  /** Stopped by SIGSTOP: its steps wait, everybody else's go on. */
  isPaused = false;
  /** Steps that came due while it was paused. */
  deferred: Step[] = [];

  constructor(name: string) {
    this.name = name;
  }
}

/** Something to be done at a moment; what setTimeout and its like return. */
export class Step {
  readonly owner: Owner;
  at: number;
  order: number;
  /** Undefined: cleared, or done. */
  run: (() => void) | undefined;

  constructor(owner: Owner, at: number, order: number, run: () => void) {
    this.owner = owner;
    this.at = at;
    this.order = order;
    this.run = run;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/**
 * Time that passes only when nothing is left to do at the present moment. Stands in for setTimeout, setInterval,
 * setImmediate, Date.now and performance.now while it runs. One step at a time, all that follows from it by promises
 * included; so a seed decides everything, and a step belongs to whoever's step set it up.
 */
export class VirtualTime {
  readonly world = new Owner("world");
  /** ms since the beginning, as a machine's monotonic clock has it: no step of the wall clock moves it. */
  now = 0;
  /** Whose step runs. */
  current: Owner = this.world;
  readonly #random: Random;
  readonly #onUncaught: (owner: Owner, error: unknown) => void;
  #wallOffset = 0;
  #sleptMs = 0;
  #order = 0;
  /** By (at, order), a binary heap. */
  #heap: Step[] = [];
  #immediates: Step[] = [];
  #nextImmediate = 0;
  steps = 0;

  constructor(random: Random, onUncaught: (owner: Owner, error: unknown) => void) {
    this.#random = random;
    this.#onUncaught = onUncaught;
  }

  /** Unix ms, as everybody on the machine reads it. */
  wall(): number {
    return EPOCH + this.now + this.#wallOffset;
  }

  /** Somebody sets the clock. */
  stepWall(byMs: number): void {
    this.#wallOffset += byMs;
  }

  /** ms since the machine started, its sleep included: what time it took for everybody else. */
  get elapsed(): number {
    return this.now + this.#sleptMs;
  }

  /** The machine sleeps: nothing runs, and its monotonic clock stands still. */
  sleep(ms: number): void {
    this.#sleptMs += ms;
    this.#wallOffset += ms;
  }

  schedule(owner: Owner, delayMs: number, run: () => void): Step {
    const step = new Step(owner, this.now + Math.max(0, Math.ceil(delayMs)), this.#order++, run);
    if (owner.isAlive) this.#push(step);
    return step;
  }

  /** The rest of this step, and all that follows from it, belongs to `owner`. */
  become(owner: Owner): void {
    this.current = owner;
  }

  /** SIGCONT: what came due meanwhile runs now, in its order. */
  resume(owner: Owner): void {
    owner.isPaused = false;
    for (const step of owner.deferred.splice(0)) {
      step.at = this.now;
      step.order = this.#order++;
      this.#push(step);
    }
  }

  /** Goes on until `until` (ms since the beginning), or until `isOver`. */
  async run(until: number, isOver: () => boolean): Promise<void> {
    let stepsNow = 0;
    while (!isOver()) {
      const step = this.#take(until);
      if (step === undefined) break;
      if (this.now < step.at) {
        this.now = step.at;
        stepsNow = 0;
      } else if (MAX_STEPS_A_MS < ++stepsNow) {
        throw new Error(`time stands still: ${MAX_STEPS_A_MS} steps at one moment, the last of ${step.owner.name}`);
      }
      const { run } = step;
      step.run = undefined;
      if (run === undefined || !step.owner.isAlive) continue;
      if (step.owner.isPaused) {
        step.run = run;
        step.owner.deferred.push(step);
        continue;
      }
      this.steps += 1;
      this.current = step.owner;
      try {
        run();
      } catch (error) {
        this.#onUncaught(step.owner, error);
      }
      await everythingThatFollows();
      this.current = this.world;
      if (this.steps % STEPS_A_TURN === 0) await new Promise((resolve) => REAL.setImmediate(resolve));
    }
    if (this.now < until && !isOver()) this.now = until;
    // Node tells of rejections that nobody handled only then.
    await new Promise((resolve) => REAL.setImmediate(resolve));
  }

  /** Puts it in the place of the real clocks and timers until the returned function is called. */
  install(): () => void {
    const timeout = (run: (...args: unknown[]) => void, delayMs?: number, ...args: unknown[]): Step => {
      const ms = Number(delayMs ?? 1);
      // As libuv does, a timer may be a little late, never early.
      const late = this.#random.chance(0.2) ? 1 : 0;
      return this.#byProcess(1 <= ms && ms <= MAX_TIMEOUT_MS ? ms + late : 1, () => run(...args));
    };
    const interval = (run: (...args: unknown[]) => void, delayMs?: number, ...args: unknown[]): Step => {
      const ms = Math.max(1, Number(delayMs ?? 1));
      const step = this.#byProcess(ms, () => again());
      const again = (): void => {
        step.run = again;
        step.at = this.now + ms;
        step.order = this.#order++;
        this.#push(step);
        run(...args);
      };
      return step;
    };
    const immediate = (run: (...args: unknown[]) => void, ...args: unknown[]): Step => {
      const step = new Step(this.#process(), this.now, this.#order++, () => run(...args));
      if (step.owner.isAlive) this.#immediates.push(step);
      return step;
    };
    const clear = (step: unknown): void => {
      if (step instanceof Step) step.run = undefined;
      else if (step !== undefined && step !== null) REAL.clearTimeout(step as NodeJS.Timeout);
    };
    Object.assign(globalThis, {
      setTimeout: timeout,
      clearTimeout: clear,
      setInterval: interval,
      clearInterval: clear,
      setImmediate: immediate,
      clearImmediate: clear,
    });
    Date.now = () => this.wall();
    performance.now = () => this.now;
    Math.random = () => {
      throw new Error("Math.random in a simulation: no seed decides what it draws");
    };
    return () => {
      const { now, random, performanceNow, ...timers } = REAL;
      Object.assign(globalThis, timers);
      Date.now = now;
      Math.random = random;
      performance.now = performanceNow;
    };
  }

  #byProcess(delayMs: number, run: () => void): Step {
    return this.schedule(this.#process(), delayMs, run);
  }

  /** Timers of the sources belong to a process; the simulator itself calls `schedule`. */
  #process(): Owner {
    if (this.current === this.world) throw new Error("a timer that belongs to no simulated process");
    return this.current;
  }

  /** The next step that is due by `until`; among those of this moment timers and immediates take turns by chance. */
  #take(until: number): Step | undefined {
    const timer = this.#heap[0];
    if (this.#nextImmediate < this.#immediates.length) {
      const isTimersTurn = timer !== undefined && timer.at <= this.now && this.#random.chance(0.5);
      if (!isTimersTurn) {
        const step = this.#immediates[this.#nextImmediate++];
        if (this.#nextImmediate === this.#immediates.length) {
          this.#immediates = [];
          this.#nextImmediate = 0;
        }
        return step;
      }
    }
    return timer === undefined || until < timer.at ? undefined : this.#pop();
  }

  #push(step: Step): void {
    const heap = this.#heap;
    let at = heap.push(step) - 1;
    while (0 < at) {
      const parent = (at - 1) >> 1;
      if (!isBefore(step, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = step;
  }

  #pop(): Step {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (heap.length <= child) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const REAL = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  now: Date.now,
  random: Math.random,
  performanceNow: performance.now,
};

function isBefore(one: Step, other: Step): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Node runs a tick that was asked for by a promise's reaction once no reaction is left. */
function everythingThatFollows(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
