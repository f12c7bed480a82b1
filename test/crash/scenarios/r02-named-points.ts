import { readFileSync } from "node:fs";
import path from "node:path";
import { filesOf, killedAt, type Point } from "../killed-at-point.ts";
import { judged, type Outcome, type RunOptions, type Scenario } from "../scenario.ts";
import { Seeded } from "../seeded.ts";
import { watch } from "../strace.ts";
import { type PlannedSubscription, World } from "../world.ts";

const DELIVERED_LIMIT_MS = 120_000;
const CLIENTS = 8;
/** Of the eight: they send to a source, whose events are written otherwise than those of the API. */
const SENDERS = 2;
/** One less than makes a delivery wait for minutes: it might be what ends the process each time. */
const CRASHES_IN_A_ROW = 4;
const WRITES = "pwrite64";
const SYNCS = "fsync,fdatasync";
const SUBSCRIPTIONS: readonly PlannedSubscription[] = [
  { name: "quick", concurrency: 32 },
  { name: "slow", concurrency: 2 },
];

const HOOKED: readonly Point[] = [
  { name: "before-event-commit", most: 30 },
  { name: "after-event-commit", most: 30 },
  { name: "after-answer", most: 100 },
  { name: "after-claim", most: 3 },
  { name: "after-first-byte", most: 60 },
  { name: "after-request", most: 60 },
  { name: "after-response", most: 60 },
  { name: "before-result-commit", most: 20 },
  { name: "after-result-commit", most: 20 },
  { name: "before-schema-commit", most: 1, atCreation: true },
];

const TRACED: readonly Point[] = [
  { name: "checkpoint-write", most: 250, padding: 16_000, strace: { calls: WRITES, files: ["hooks.db"] } },
  { name: "checkpoint-sync", most: 2, padding: 16_000, strace: { calls: SYNCS, files: ["hooks.db"] } },
  {
    name: "creation-write",
    most: Number.POSITIVE_INFINITY,
    atCreation: true,
    strace: { calls: WRITES, files: ["hooks.db", "hooks.db-journal"] },
  },
  {
    name: "creation-sync",
    most: Number.POSITIVE_INFINITY,
    atCreation: true,
    strace: { calls: SYNCS, files: ["hooks.db", "hooks.db-journal"] },
  },
];

export const NAMED_POINTS: Scenario = {
  id: "R02",
  title: "kill -9 at each named point",
  run: (options) => killedAtEach(HOOKED, options),
};

export const TRACED_POINTS: Scenario = {
  id: "R02 (strace)",
  title: "kill -9 inside checkpoints and while the store is made",
  needs: ["strace"],
  run: (options) => killedAtEach(TRACED, options),
};

async function killedAtEach(points: readonly Point[], options: RunOptions): Promise<Outcome> {
  const times = options.scale === "long" ? 20 : 1;
  const random = new Seeded(options.seed);
  const outcome = await atWork(
    points.filter((point) => point.atCreation !== true),
    times,
    random,
    { ...options, folder: path.join(options.folder, "at-work") },
  );
  outcome.figures.unshift({ name: "points", value: String(points.length) });
  let crashes = 0;
  for (const point of points.filter(({ atCreation }) => atCreation === true)) {
    let most = point.most;
    for (let time = 1; time <= times; time++) {
      const folder = path.join(options.folder, point.name);
      if (most === Number.POSITIVE_INFINITY) most = await countCalls(folder, point);
      const violations = await atCreation(point, random.whole(1, most), { ...options, folder });
      outcome.violations.push(...violations.map((violation) => `${point.name}, ${time}. time: ${violation}`));
      crashes += 1;
    }
  }
  outcome.figures.push({ name: "crashes while the store is made", value: String(crashes) });
  return outcome;
}

/**
 * While events are published and delivered, each point so many times, all on one store. Now and then a process has time
 * to deliver what is owed. The names of the events say during which crash they were published.
 */
async function atWork(points: readonly Point[], times: number, random: Seeded, options: RunOptions): Promise<Outcome> {
  const { seed, folder } = options;
  const world = await World.open({ folder, subscriptions: SUBSCRIPTIONS });
  const violations: string[] = [];
  try {
    // Slow enough that there is always something in flight, and something that waits to be claimed.
    world.receiver.answers(() => ({ status: 204, afterMs: random.whole(1, 10) }));
    const door = await world.openSource("partner");
    const crashes = points.flatMap((point) => Array.from({ length: times }, (_, time) => ({ point, time: time + 1 })));
    let publishing: Promise<void>[] = [];
    for (const [index, { point, time }] of crashes.entries()) {
      const prefix = `${point.name}-${time}`;
      const padding = point.padding ?? 500;
      const endless = { seed, padding, prefix, events: Number.MAX_SAFE_INTEGER };
      const publishers = [
        world.clients({ ...endless, clients: CLIENTS - SENDERS }),
        world.clients({ ...endless, clients: SENDERS, door }),
      ];
      for (const clients of publishers) {
        const run = clients.run();
        run.catch(() => {}); // awaited below
        publishing.push(run);
      }
      const wrong = await killedAt(world, point, random.whole(1, point.most));
      for (const clients of publishers) clients.stop();
      if ((index + 1) % CRASHES_IN_A_ROW === 0 || index + 1 === crashes.length) {
        const next = await world.start();
        await Promise.all(publishing);
        publishing = [];
        if (!(await world.delivered(DELIVERED_LIMIT_MS))) wrong.push("not everything was delivered after it");
        const { code } = await next.stop();
        if (code !== 0) wrong.push(`the daemon after it ended with ${code}`);
      }
      violations.push(...wrong.map((violation) => `${prefix}: ${violation}`));
    }
    const outcome = judged(await world.history());
    return { ...outcome, violations: [...violations, ...outcome.violations] };
  } finally {
    await world.close();
  }
}

/** While the store is being made, in an empty folder. The next start must come to a store that works. */
async function atCreation(point: Point, n: number, { seed, folder }: RunOptions): Promise<string[]> {
  const world = await World.open({ folder, subscriptions: [] });
  try {
    const violations = await killedAt(world, point, n);
    // By the daemon, not by the command that makes a subscription.
    await (await world.start()).stop();
    for (const planned of SUBSCRIPTIONS) await world.subscribe(planned);
    const next = await world.start();
    await world.clients({ seed, clients: 1, events: 5 }).run();
    if (!(await world.delivered(DELIVERED_LIMIT_MS))) violations.push("not everything was delivered");
    await next.stop();
    return [...violations, ...judged(await world.history()).violations];
  } finally {
    await world.close();
  }
}

/** How often a first start makes these calls until it is ready. strace counts those of each thread apart. */
async function countCalls(folder: string, point: Point): Promise<number> {
  const world = await World.open({ folder, subscriptions: [] });
  try {
    const output = path.join(world.folder, "calls");
    const daemon = await world.start({ strace: watch(point.strace!.calls, filesOf(world, point), output) });
    await daemon.kill();
    const counts = new Map<string, number>();
    for (const [, thread = ""] of readFileSync(output, "utf8").matchAll(/^(\d+) +\w+\(.*\) += /gm)) {
      counts.set(thread, (counts.get(thread) ?? 0) + 1);
    }
    return Math.max(...counts.values());
  } finally {
    await world.close();
  }
}
