import { Chaos } from "./chaos.ts";
import { checkEnd } from "./final-checks.ts";
import { TUNNEL } from "./network.ts";
import { Operators } from "./operators.ts";
import {
  CALM_MS,
  drawEpisodes,
  drawModes,
  drawRates,
  drawRetention,
  drawSwarm,
  HOUR,
  type Mode,
  RUN_MS,
  type Swarm,
} from "./plan.ts";
import { Publishers } from "./publishers.ts";
import { Random } from "./random.ts";
import { makeTemplate } from "./store-history.ts";
import { type Mutant, type Violation, World } from "./world.ts";

const HOSTS = 3;
/** Until a daemon runs again and everything is switched on. */
const SETTLE_MS = 30_000;

export interface RunResult {
  seed: number;
  mode: Mode;
  violation: Violation | undefined;
  /** Its end, or the whole of it when it was traced. */
  history: readonly string[];
  /** Of the whole history: two runs that have the same did the same. */
  hash: string;
  /** What happened how often. */
  sometimes: ReadonlyMap<string, number>;
  requests: number;
  events: number;
  steps: number;
}

export interface RunOptions {
  isTraced?: boolean;
  mutant?: Mutant | undefined;
  /** Faults that there are whatever the seed says. */
  swarm?: Partial<Swarm> | undefined;
}

let template: Promise<Buffer> | undefined;

/** One day in the life of a daemon, as the seed has it. Takes over the timers and clocks of this thread meanwhile. */
export async function simulate(seed: number, mode: Mode, options: RunOptions = {}): Promise<RunResult> {
  template ??= makeTemplate();
  const bytes = await template;
  const random = new Random(seed, mode);
  const faultsEnd = mode === "liveness" ? RUN_MS - CALM_MS : RUN_MS;
  const world = new World(seed, bytes, {
    concurrency: random.pick([1, 4, 16, 64]),
    rates: drawRates(random, mode),
    retention: drawRetention(random),
    longestAskMs: mode === "liveness" ? HOUR : 100 * HOUR,
    isTraced: options.isTraced === true,
    mutant: options.mutant,
  });
  const onRejection = (error: unknown): void => {
    world.violate("no internal errors", `unhandled rejection: ${error instanceof Error ? error.stack : String(error)}`);
  };
  const restore = world.time.install();
  process.on("unhandledRejection", onRejection);
  try {
    plan(world, mode, random, faultsEnd, options.swarm ?? {});
    await world.time.run(RUN_MS, () => world.violation !== undefined);
    // A clock that was set back while nobody ran makes every wait so much longer.
    const lateMs = mode === "liveness" ? world.clock.unseen(0) : 0;
    if (0 < lateMs) await world.time.run(RUN_MS + lateMs, () => world.violation !== undefined);
    if (world.violation === undefined) checkEnd(world, mode);
  } catch (error) {
    world.violate("no livelock", error instanceof Error ? error.message : String(error));
  } finally {
    restore();
    process.off("unhandledRejection", onRejection);
    world.database.close();
  }
  return {
    seed,
    mode,
    violation: world.violation,
    history: world.history,
    hash: world.hash,
    sometimes: world.sometimes,
    requests: world.ledger.requests.length,
    events: world.ledger.events.length,
    steps: world.time.steps,
  };
}

function plan(world: World, mode: Mode, random: Random, faultsEnd: number, forced: Partial<Swarm>): void {
  const { time } = world;
  const at = (moment: number, happen: () => void): void => {
    time.schedule(time.world, moment - time.now, happen);
  };
  const swarm = { ...drawSwarm(random), ...forced };
  const episodes = drawEpisodes(random, faultsEnd - HOUR / 2);
  const operators = new Operators(world, mode, HOSTS);
  const publishers = new Publishers(world);
  const chaos = new Chaos(world, episodes, faultsEnd);
  for (let host = 1; host <= HOSTS; host++) world.network.setModes(`h${host}.test`, drawModes(random, RUN_MS, true));
  world.network.setModes(TUNNEL, drawModes(random, RUN_MS, false));
  at(0, () => world.supervise());
  const subscriptions = random.int(1, 5);
  for (let n = 0; n < subscriptions; n++)
    at(n === 0 ? 100 : random.pick([100, random.pick(episodes)]), () => operators.create());
  if (random.chance(0.3) || 0 < (forced.cuts ?? 0))
    at(random.pick([100, random.pick(episodes)]), () => world.listeners.come(mode));
  for (const episode of episodes) at(episode, () => publishers.burst(random.magnitude(1, 12)));
  chaos.plan(swarm);
  for (let n = 0; n < swarm.operations + swarm.outsiders; n++) {
    const near = random.pick(episodes) + random.magnitude(1, HOUR / 2);
    at(Math.min(near, faultsEnd - 1), () => operators.operate(n < swarm.outsiders));
  }
  if (mode === "safety") return;
  at(faultsEnd, () => {
    world.network.isCalm = true;
    publishers.isOver = true;
    chaos.calm();
    operators.calm();
  });
  at(faultsEnd + SETTLE_MS, () => world.noteWaiting());
}
