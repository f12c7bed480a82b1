import { CHANGE_MS } from "./checks.ts";
import type { Swarm } from "./plan.ts";
import type { Random } from "./random.ts";
import type { SimulatedDaemon } from "./simulated-daemon.ts";
import type { World } from "./world.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Where a process may be killed. */
const POINTS = [
  "before append",
  "after append",
  "after append",
  "before claim",
  "after claim",
  "after claim",
  "request sent",
  "request sent",
  "answer known",
  "answer known",
  "before record",
  "after record",
  "after record",
  "before release",
  "after release",
  "after reclaim",
  "after updateSubscription",
  "after deleteSubscription",
  "after cancelOrphans",
  "after failLeftovers",
];

/** Everything that goes wrong, near the moments at which something happens. */
export class Chaos {
  readonly #world: World;
  readonly #random: Random;
  readonly #episodes: readonly number[];
  readonly #until: number;
  #isOver = false;

  constructor(world: World, episodes: readonly number[], until: number) {
    this.#world = world;
    this.#random = world.random.fork("chaos");
    this.#episodes = episodes;
    this.#until = until;
  }

  plan(swarm: Swarm): void {
    const world = this.#world;
    const random = this.#random;
    const { disk, time } = world;
    this.#times(swarm.crashes, () => this.#crash());
    const inTheMiddle = (happen: () => void): void => {
      if (random.chance(0.6)) world.whenSending(happen);
      else happen();
    };
    this.#times(swarm.drains, () => inTheMiddle(() => this.#drain()));
    this.#times(swarm.pauses, () => inTheMiddle(() => this.#pause(random.magnitude(SECOND, 20 * MINUTE))));
    this.#times(swarm.stalls, () => this.#pause(random.magnitude(20, 2 * SECOND)));
    this.#times(swarm.takeovers, () => world.whenSending(() => this.#takeOver()));
    this.#times(swarm.slowDisks, () => disk.slow(time.now + random.magnitude(5 * SECOND, 5 * MINUTE)));
    this.#times(swarm.locks, () => disk.lock(time.now + random.magnitude(100, MINUTE)));
    this.#times(swarm.fullDisks, () => disk.fill(time.now + random.magnitude(SECOND, 30 * MINUTE)));
    this.#times(swarm.deadDisks, () => disk.breakOnce());
    this.#times(swarm.clockSteps, () => this.#step());
    this.#times(swarm.clockShakes, () => this.#shake(random.int(100, 600)));
    this.#times(swarm.sleeps, () => world.clock.sleep(random.pick([8 * HOUR, 20 * MINUTE, HOUR])));
    if (swarm.busyReads) this.#times(1, () => this.#refuseReads());
    this.#times(swarm.sweeps, () => this.#sweep());
    this.#times(swarm.cuts, () => inTheMiddle(() => world.listeners.cutOne()));
  }

  /** Faults stop; what is stopped or half dead is put right. */
  calm(): void {
    const world = this.#world;
    this.#isOver = true;
    world.note("the faults stop");
    world.disk.heal();
    world.disarm();
    for (const process of world.living()) {
      if (process.owner.isPaused) this.#resume(process);
      if (process !== world.daemon && !process.isOutsider) process.kill();
    }
  }

  #times(count: number, happen: () => void): void {
    const { time } = this.#world;
    for (let n = 0; n < count; n++) {
      const near = this.#random.pick(this.#episodes);
      const at = this.#random.chance(0.8) ? near + this.#random.magnitude(1, MINUTE) : this.#random.int(0, this.#until);
      time.schedule(time.world, Math.min(at, this.#until) - time.now, () => {
        if (!this.#isOver) happen();
      });
    }
  }

  /** What is old is deleted; now and then the process dies of it. */
  #sweep(): void {
    const world = this.#world;
    const random = this.#random;
    if (this.#isOver) return;
    if (random.chance(0.3)) world.arm(random.pick(["before sweepEvents", "after sweepEvents"]), random.int(1, 2));
    world.daemon?.sweep();
  }

  #crash(): void {
    const world = this.#world;
    const random = this.#random;
    switch (random.weighted({ now: 3, point: 7, loop: 3 })) {
      case "now":
        if (world.daemon !== undefined) world.crash(world.daemon, "kill -9", random.magnitude(10, 10 * MINUTE));
        break;
      case "point":
        world.arm(random.pick(POINTS), random.magnitude(1, 12));
        break;
      case "loop":
        // Each time that it has begun to send: what it sends ends it, for all that anybody can tell.
        this.#loop(random.int(4, 7));
    }
  }

  #loop(left: number): void {
    const { time } = this.#world;
    if (left === 0 || this.#isOver) return;
    this.#world.arm("request sent", 1);
    time.schedule(time.world, 2 * SECOND, () => this.#loop(left - 1));
  }

  #drain(): void {
    const world = this.#world;
    const { daemon } = world;
    if (this.#isOver) return;
    if (daemon?.isReady !== true || daemon.isDraining) return;
    world.note(`${daemon.name}: SIGTERM`);
    const drainMs = this.#random.pick([0, SECOND, 10 * SECOND]);
    const faults = world.faultsSeen;
    daemon.stop(drainMs, () => {
      const left = [...world.ledger.rows.values()].find((row) => row.worker === daemon.worker);
      if (left !== undefined && world.faultsSeen === faults && !daemon.isDoomed) {
        world.violate("L2", `${daemon.name} stopped and kept the lease of e${left.event.nonce}`);
      }
      world.count("stopped by SIGTERM");
      world.crash(daemon, "stopped", this.#random.magnitude(10, MINUTE));
    });
  }

  /** SIGSTOP, and SIGCONT after a while. */
  #pause(ms: number): void {
    const world = this.#world;
    const { daemon, time } = world;
    if (this.#isOver || daemon === undefined || daemon.owner.isPaused) return;
    world.note(`${daemon.name} stands still for ${ms} ms`);
    world.count("process stopped and continued");
    daemon.owner.isPaused = true;
    daemon.pausedAt = { now: time.now, elapsed: time.elapsed };
    time.schedule(time.world, ms, () => this.#resume(daemon));
  }

  #resume(daemon: SimulatedDaemon): void {
    const world = this.#world;
    if (!daemon.owner.isAlive || !daemon.owner.isPaused) return;
    world.note(`${daemon.name} goes on`);
    // What changed meanwhile it is only told now.
    const { now, elapsed } = world.time;
    for (const one of world.ledger.subscriptions) {
      if (one.settledAt !== undefined) one.settledAt = now;
      if (daemon.pausedAt.now <= one.formerUntil) one.formerUntil = Math.max(one.formerUntil, now + CHANGE_MS);
      if (daemon.pausedAt.elapsed <= one.rateFrom) one.rateFrom = Math.max(one.rateFrom, elapsed + CHANGE_MS);
    }
    world.time.resume(daemon.owner);
  }

  /** A second daemon starts although the first only stands still: as if the lock had been removed. */
  #takeOver(): void {
    const world = this.#world;
    const { daemon, time } = world;
    const random = this.#random;
    if (daemon?.isReady !== true || daemon.owner.isPaused || daemon.isDraining) return;
    // Each of two would put right all that waits, and nobody promises what two of them do.
    if (world.clock.wasSet(world.clock.before(time.elapsed, MINUTE))) return;
    world.note(`${daemon.name} stands still, and another takes over`);
    daemon.owner.isPaused = true;
    daemon.pausedAt = { now: time.now, elapsed: time.elapsed };
    daemon.isDeposed = true;
    world.listeners.cut(daemon);
    world.hasTakenOver = true;
    world.daemon = undefined;
    time.schedule(time.world, random.magnitude(1, 10 * SECOND), () => world.supervise());
    time.schedule(time.world, random.magnitude(SECOND, MINUTE), () => {
      this.#resume(daemon);
      time.schedule(time.world, random.magnitude(100, MINUTE), () => {
        world.note(`${daemon.name} is ended`);
        daemon.kill();
        // What it had leased since then is found by the next start.
        if (world.daemon !== undefined) world.crash(world.daemon, "started anew", SECOND);
      });
    });
  }

  #step(): void {
    const random = this.#random;
    const by = random.pick([
      2 * HOUR,
      -2 * HOUR,
      HOUR,
      random.magnitude(100, 3 * HOUR),
      -random.magnitude(100, 3 * HOUR),
    ]);
    if (!this.#areTwo) this.#world.clock.step(by);
  }

  /** A process was taken over from, and lives. */
  get #areTwo(): boolean {
    return this.#world.living().some(({ isDeposed }) => isDeposed);
  }

  /** One second to and fro, every second. */
  #shake(left: number): void {
    const { time } = this.#world;
    if (left === 0 || this.#isOver || this.#areTwo) return;
    this.#world.clock.step(left % 2 === 0 ? SECOND : -SECOND, true);
    time.schedule(time.world, SECOND, () => this.#shake(left - 1));
  }

  #refuseReads(): void {
    const { disk, time } = this.#world;
    disk.isReadingBusy = true;
    time.schedule(time.world, this.#random.magnitude(MINUTE, HOUR), () => {
      disk.isReadingBusy = false;
    });
  }
}
