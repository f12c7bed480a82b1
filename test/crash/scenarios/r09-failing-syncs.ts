import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { clock, within } from "../clock.ts";
import { judged, type Outcome, type RunOptions, type Scenario, timed } from "../scenario.ts";
import { Seeded } from "../seeded.ts";
import { failAt, injectedAt } from "../strace.ts";
import { World } from "../world.ts";

const SYNCS = "fsync,fdatasync";
const FILES = ["", "-wal", "-hwm"];
/** The n-th sync of a thread fails, for each n up to this; and that of the folder, which is 0. */
const SCALES = { short: { most: 60, times: 2 }, long: { most: 60, times: 60 } };
const CLIENTS = 8;
const DELIVERED_LIMIT_MS = 120_000;
const REACHED_LIMIT_MS = 60_000;
const FAILED_EXIT = 5;
/** What is promised; a machine that is busy with other things is given longer, and the table says so. */
const EXIT_MS = 1_000;
const EXIT_LIMIT_MS = { short: 10_000, long: 3_000 };

export const FAILING_SYNCS: Scenario = {
  id: "R09",
  title: "the n-th fsync fails with EIO",
  needs: ["strace"],
  run: failingSyncs,
};

/** All on one store: what one process could not sync, the next must find whole. */
async function failingSyncs({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const { most, times } = SCALES[scale];
  const random = new Seeded(seed);
  const world = await World.open({
    folder,
    subscriptions: [
      { name: "quick", concurrency: 32 },
      { name: "slow", concurrency: 4 },
    ],
  });
  const violations: string[] = [];
  const exits: number[] = [];
  try {
    world.receiver.answers(() => ({ status: 204, afterMs: random.whole(1, 10) }));
    for (let time = 0; time <= times; time++) {
      const n = time === 0 ? 0 : random.whole(1 + ((time - 1) * most) / times, (time * most) / times);
      const clients = world.clients({
        seed,
        clients: CLIENTS,
        prefix: `n${n}`,
        // Large ones, so that checkpoints, whose syncs SQLite keeps for itself, come within the first sixty.
        padding: 60_000,
        events: Number.MAX_SAFE_INTEGER,
      });
      const publishing = clients.run();
      publishing.catch(() => {}); // awaited below
      const wrong = await failedAt(world, n, EXIT_LIMIT_MS[scale], exits);
      const next = await world.start();
      clients.stop();
      await publishing;
      if (!(await world.delivered(DELIVERED_LIMIT_MS))) wrong.push("not everything was delivered after it");
      const { code } = await next.stop();
      if (code !== 0) wrong.push(`the daemon after it ended with ${code}`);
      violations.push(...wrong.map((violation) => `sync ${n}: ${violation}`));
    }
    const slowest = Math.max(...exits);
    const refused = world.ledger.tries.filter((one) => one.status === 503).length;
    if (refused === 0) violations.push("no request was answered 503");
    const outcome = judged(await world.history());
    outcome.figures.push(
      { name: "syncs that failed", value: String(exits.length) },
      { name: "exit 5 after the failure, median", value: `${median(exits)} ms` },
      timed("exit 5 after the failure, slowest", slowest, EXIT_MS),
      { name: "requests answered 503", value: String(refused) },
    );
    return { ...outcome, violations: [...violations, ...outcome.violations] };
  } finally {
    await world.close();
  }
}

/** Starts a daemon of which the n-th sync fails (0: of the folder). What is wrong with its end. */
async function failedAt(world: World, n: number, limitMs: number, exits: number[]): Promise<string[]> {
  const output = path.join(world.folder, "injected");
  const log = path.join(world.folder, "daemon.log");
  const logged = sizeOf(log);
  rmSync(output, { force: true });
  const files = n === 0 ? [path.dirname(world.storePath)] : FILES.map((suffix) => world.storePath + suffix);
  const daemon = await world.spawn({ strace: failAt({ calls: SYNCS, n: n || 1, error: "EIO" }, files, output) });
  if (!(await within(REACHED_LIMIT_MS, daemon.ended))) {
    await daemon.kill();
    return [`did not end within ${REACHED_LIMIT_MS} ms`];
  }
  const { code } = await daemon.ended;
  const failedAtMs = injectedAt(output);
  if (failedAtMs === undefined) return [`ended with ${code}, and no sync had failed`];
  const took = Math.round(daemon.endedAt! - failedAtMs);
  exits.push(took);
  const said = readFileSync(log, "utf8").slice(logged);
  const wrong: string[] = [];
  if (code !== FAILED_EXIT) wrong.push(`ended with ${code}, not ${FAILED_EXIT}`);
  if (limitMs < took) wrong.push(`ended ${took} ms after the failure`);
  if (!/hooks\.db\S* .*disk failed/.test(said)) {
    wrong.push(`named no file: ${said.slice(-500)}`);
  }
  return wrong;
}

function sizeOf(file: string): number {
  try {
    return readFileSync(file, "utf8").length;
  } catch {
    return 0;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? clock();
}
