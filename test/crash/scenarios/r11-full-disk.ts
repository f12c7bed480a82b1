import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { mountSmallDisk } from "../../support/small-disk.ts";
import { duplicates } from "../checker.ts";
import { type Answered, publishUntilRefused, type Target } from "../clients.ts";
import { clock, sleep } from "../clock.ts";
import { judged, type Outcome, type RunOptions, type Scenario, timed } from "../scenario.ts";
import { World } from "../world.ts";

const DISK_MEBIBYTES = 8;
const FILLER_MEBIBYTES = 3;
const SCALES = { short: 1, long: 10 };
/** What is promised; a machine that is busy with other things is given longer, and the table says so. */
const REFUSED_MS = 1_000;
const NORMAL_MS = 5_000;
const REFUSED_LIMIT_MS = { short: 10_000, long: 2_000 };
const NORMAL_LIMIT_MS = { short: 30_000, long: 10_000 };
const DELIVERED_LIMIT_MS = 120_000;
const LOOK_MS = 50;
const PADDING = 40_000;
const FAILS_EVERY = 10;

export const FULL_DISK: Scenario = {
  id: "R11",
  title: "the disk is full, and has space again",
  needs: ["tmpfs"],
  run: fullDisk,
};

async function fullDisk(options: RunOptions): Promise<Outcome> {
  const outcomes: FullDisk[] = [];
  for (let time = 1; time <= SCALES[options.scale]; time++) {
    const folder = path.join(options.folder, String(time));
    outcomes.push(await filledOnce({ ...options, seed: options.seed + time, folder }));
  }
  const slowest = Math.round(Math.max(...outcomes.map((one) => one.refusedAfterMs)));
  const longest = Math.round(Math.max(...outcomes.map((one) => one.normalAfterMs)));
  const violations = outcomes.flatMap((one) => one.violations);
  if (REFUSED_LIMIT_MS[options.scale] < slowest) violations.push(`a request was refused after ${slowest} ms`);
  if (NORMAL_LIMIT_MS[options.scale] < longest) violations.push(`normal again after ${longest} ms`);
  const accepted = outcomes.reduce((sum, one) => sum + one.accepted, 0);
  return {
    figures: [
      { name: "disks that were full", value: String(outcomes.length) },
      { name: "events accepted", value: String(accepted) },
      timed("refused with 503 after, slowest", slowest, REFUSED_MS),
      timed("normal after space came back, slowest", longest, NORMAL_MS),
    ],
    violations,
    seen: new Set(outcomes.flatMap((one) => [...one.seen])),
  };
}

interface FullDisk extends Outcome {
  accepted: number;
  refusedAfterMs: number;
  normalAfterMs: number;
}

/** One daemon through it all: it is never started anew. */
async function filledOnce({ seed, folder }: RunOptions): Promise<FullDisk> {
  const storeFolder = `${folder}-disk`;
  const disk = mountSmallDisk(storeFolder, DISK_MEBIBYTES);
  try {
    const world = await World.open({ folder, storeFolder, subscriptions: [{ name: "only", concurrency: 8 }] });
    try {
      // Some fail at first, not so many that the breaker opens: results to be written while nothing can be.
      let requests = 0;
      world.receiver.answers(({ before }) => {
        requests += 1;
        return { status: before === 0 && requests % FAILS_EVERY === 0 ? 500 : 204, afterMs: 1 };
      });
      const filler = path.join(storeFolder, "filler");
      writeFileSync(filler, Buffer.alloc(FILLER_MEBIBYTES * 1024 * 1024));
      const daemon = await world.start();
      const target = await world.target();
      const refused = await publishUntilRefused(target, world.ledger, { seed, prefix: "e", padding: PADDING });
      const last = world.ledger.tries.at(-1)!;
      const violations = [...faultsOf(refused, last.retryAfter), ...(await faultsOfHealth(target))];

      rmSync(filler);
      const freedAt = clock();
      while ((await ask(target, "/readyz")).status !== 200) await sleep(LOOK_MS);
      await world.clients({ seed, clients: 1, events: 1, prefix: "after", padding: 0 }).run();
      const normalAfterMs = clock() - freedAt;
      if (!(await world.delivered(DELIVERED_LIMIT_MS))) violations.push("not everything was delivered");
      const { code } = await daemon.stop();
      if (code !== 0) violations.push(`the daemon ended with ${code}`);
      const history = await world.history();
      const outcome = judged(history);
      if (0 < duplicates(history).length) violations.push(`${duplicates(history).length} duplicates without a crash`);
      return {
        ...outcome,
        violations: [...violations, ...outcome.violations],
        accepted: world.ledger.accepted.size,
        refusedAfterMs: last.endedAt - last.startedAt,
        normalAfterMs,
      };
    } finally {
      await world.close();
    }
  } finally {
    disk.unmount();
    rmSync(storeFolder, { recursive: true, force: true });
  }
}

function faultsOf({ status, text }: Answered, retryAfter: string | undefined): string[] {
  const faults: string[] = [];
  if (status !== 503 || !text.includes("the store is full; nothing was stored")) {
    faults.push(`an event on a full disk was answered ${status}: ${text}`);
  }
  if (!(0 < Number(retryAfter))) faults.push(`it came with Retry-After ${retryAfter}`);
  return faults;
}

/** Alive, and not ready, and it says why. */
async function faultsOfHealth(target: Target): Promise<string[]> {
  const faults: string[] = [];
  const alive = await ask(target, "/healthz");
  if (alive.status !== 200) faults.push(`/healthz said ${alive.status} on a full disk`);
  const ready = await ask(target, "/readyz");
  if (ready.status !== 503 || !ready.text.includes("store full")) {
    faults.push(`/readyz said ${ready.status} on a full disk: ${ready.text}`);
  }
  return faults;
}

async function ask({ url }: Target, where: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(url + where);
  return { status: answer.status, text: await answer.text() };
}
