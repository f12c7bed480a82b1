import { rmSync } from "node:fs";
import path from "node:path";
import { sleep, within } from "../clock.ts";
import { judged, type Outcome, type RunOptions, type Scenario } from "../scenario.ts";
import { Seeded } from "../seeded.ts";
import { failAt, injectedAt } from "../strace.ts";
import { World } from "../world.ts";

const WRITES = "pwrite64";
const FILES = ["", "-wal", "-hwm"];
/** The n-th write of a thread fails, for each n up to this; with a step, every so many after it as well. */
const SCALES = { short: { most: 200, times: 1, flaky: 1 }, long: { most: 200, times: 200, flaky: 20 } };
const CLIENTS = 8;
const MORE_EVENTS = 30;
const REACHED_LIMIT_MS = 60_000;
const DELIVERED_LIMIT_MS = 120_000;
/** Between two looks at what strace has written. */
const LOOK_MS = 50;

export const FAILING_WRITES: Scenario = {
  id: "R10",
  title: "the n-th write fails with EIO, and a disk of which every n-th write fails",
  needs: ["strace"],
  run: failingWrites,
};

/**
 * All on one store. A write that fails takes its transaction back and nothing else: the daemon goes on, or ends and can
 * be started again.
 */
async function failingWrites({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const { most, times, flaky } = SCALES[scale];
  const random = new Seeded(seed);
  const world = await World.open({
    folder,
    subscriptions: [
      { name: "quick", concurrency: 32 },
      { name: "slow", concurrency: 4 },
    ],
  });
  const violations: string[] = [];
  let wentOn = 0;
  let ended = 0;
  try {
    world.receiver.answers(() => ({ status: 204, afterMs: random.whole(1, 10) }));
    const faults: { name: string; n: number; step?: number }[] = [];
    for (let time = 0; time < times; time++) {
      const n = random.whole(1 + Math.floor((time * most) / times), Math.floor(((time + 1) * most) / times));
      faults.push({ name: `write ${n}`, n });
    }
    for (let time = 0; time < flaky; time++) {
      // More than one small commit makes: else none could ever succeed.
      const [n, step] = [random.whole(20, 100), random.whole(100, 300)];
      faults.push({ name: `write ${n} and every ${step}. after it`, n, step });
    }
    for (const { name, n, step } of faults) {
      const clients = world.clients({
        seed,
        clients: CLIENTS,
        prefix: name.replaceAll(/[^\w]+/g, "_"),
        padding: step === undefined ? 60_000 : 1_000,
        events: Number.MAX_SAFE_INTEGER,
      });
      const publishing = clients.run();
      publishing.catch(() => {}); // awaited below
      const output = path.join(world.folder, "injected");
      rmSync(output, { force: true });
      const files = FILES.map((suffix) => world.storePath + suffix);
      const daemon = await world.spawn({ strace: failAt({ calls: WRITES, n, error: "EIO", step }, files, output) });
      const wrong: string[] = [];
      if (!(await within(REACHED_LIMIT_MS, Promise.race([daemon.ended, injection(output)])))) {
        wrong.push(`no write failed within ${REACHED_LIMIT_MS} ms`);
      }
      const more = world.ledger.reaches(world.ledger.accepted.size + MORE_EVENTS);
      if (!(await within(REACHED_LIMIT_MS, Promise.race([daemon.ended, more]))))
        wrong.push("accepted nothing any more");
      if (daemon.hasEnded) {
        ended += 1;
        const { code, signal } = await daemon.ended;
        // It may end: by itself, with a cause.
        if (code !== 5) wrong.push(`ended with ${code}, ${signal}`);
      } else {
        wentOn += 1;
        await daemon.stop();
      }
      const next = await world.start();
      clients.stop();
      await publishing;
      if (!(await world.delivered(DELIVERED_LIMIT_MS))) wrong.push("not everything was delivered after it");
      const { code } = await next.stop();
      if (code !== 0) wrong.push(`the daemon after it ended with ${code}`);
      violations.push(...wrong.map((violation) => `${name}: ${violation}`));
    }
    const outcome = judged(await world.history());
    outcome.figures.push(
      { name: "disks that failed", value: String(faults.length) },
      { name: "daemons that went on", value: String(wentOn) },
      { name: "daemons that ended, and were started again", value: String(ended) },
      { name: "requests answered 503", value: String(world.ledger.tries.filter((one) => one.status === 503).length) },
    );
    return { ...outcome, violations: [...violations, ...outcome.violations] };
  } finally {
    await world.close();
  }
}

/** Resolves once a write has failed. */
async function injection(output: string): Promise<void> {
  while (injectedAt(output) === undefined) await sleep(LOOK_MS);
}
