import { readFileSync } from "node:fs";
import path from "node:path";
import { DaemonProcess } from "../daemon-process.ts";
import { judged, type Outcome, type RunOptions, type Scenario, timed } from "../scenario.ts";
import { World } from "../world.ts";

const SCALES = { short: 1, long: 10 };
const DELIVERED_LIMIT_MS = 60_000;
const REFUSED_EXIT = 6;
/** What is promised; a start of Node, and a machine that is busy, come on top. */
const REFUSED_MS = 1_000;
const REFUSED_LIMIT_MS = { short: 10_000, long: 3_000 };

export const SECOND_DAEMON: Scenario = {
  id: "R14",
  title: "a second daemon on the same store",
  run: secondDaemon,
};

async function secondDaemon({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const world = await World.open({ folder, subscriptions: [{ name: "only", concurrency: 4 }] });
  const violations: string[] = [];
  const refusals: number[] = [];
  const starts: number[] = [];
  try {
    let first = await world.start();
    for (let time = 1; time <= SCALES[scale]; time++) {
      const { pid } = first;
      const second = new DaemonProcess(folder);
      const { code } = await second.ended;
      refusals.push(second.endedAt! - second.spawnedAt);
      const said = readFileSync(path.join(folder, "daemon.log"), "utf8").trimEnd().split("\n").slice(-2).join("\n");
      if (code !== REFUSED_EXIT) violations.push(`the second ended with ${code}, not ${REFUSED_EXIT}`);
      if (!said.includes(`process ${pid}`)) violations.push(`the second did not name process ${pid}: ${said}`);
      // The first works on as if nothing had been.
      await world.clients({ seed, clients: 2, events: 20, prefix: `e-${time}` }).run();
      if (!(await world.delivered(DELIVERED_LIMIT_MS))) violations.push("not everything was delivered");
      await first.kill();
      first = await world.start();
      starts.push(first.readyAt! - first.spawnedAt);
    }
    if (!(await world.delivered(DELIVERED_LIMIT_MS))) violations.push("not everything was delivered at the end");
    await first.stop();
    const slowest = Math.max(...refusals);
    if (REFUSED_LIMIT_MS[scale] < slowest) violations.push(`the second was refused after ${Math.round(slowest)} ms`);
    const outcome = judged(await world.history());
    return {
      figures: [
        timed("refused with exit 6 after, slowest", slowest, REFUSED_MS),
        { name: "ready again after kill -9 of the first, slowest", value: `${Math.round(Math.max(...starts))} ms` },
      ],
      violations: [...violations, ...outcome.violations],
      seen: outcome.seen,
    };
  } finally {
    await world.close();
  }
}
