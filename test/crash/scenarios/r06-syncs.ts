import { readFileSync } from "node:fs";
import path from "node:path";
import type { StartOptions } from "../daemon-process.ts";
import { type SyncReport, syncsBeforeAnswers } from "../durability-trace.ts";
import { counted, judged, type Outcome, type RunOptions, type Scenario } from "../scenario.ts";
import { parseTrace } from "../system-calls.ts";
import { World } from "../world.ts";

const WEAK_SYNC = path.join(import.meta.dirname, "../weak-sync.ts");
const SCALES = { short: { sequential: 150, parallel: 1_500 }, long: { sequential: 1_000, parallel: 10_000 } };
const PUBLISHERS = 64;
const MOST_SYNCS_AN_EVENT = 0.2;

export const SYNCS_COUNTED: Scenario = {
  id: "R06",
  title: "every 202 comes after a sync of what it promises (strace)",
  needs: ["strace"],
  run: syncsCounted,
};

async function syncsCounted({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const { sequential, parallel } = SCALES[scale];
  // Nobody is subscribed: nothing but the publishes is written.
  const world = await World.open({ folder, subscriptions: [] });
  const violations: string[] = [];
  const figures: Outcome["figures"] = [];
  try {
    // The driver opens a log that is there with less than it opens a new one.
    for (const [run, name] of ["new store", "reopened store"].entries()) {
      const one = await traced(world, `one-${run}`, { seed, clients: 1, events: sequential });
      if (one.answers !== sequential) violations.push(`${name}: ${one.answers} answers traced of ${sequential}`);
      if (one.unsynced !== 0) violations.push(`${name}: ${one.unsynced} answers 202 before their sync`);
      const many = await traced(world, `many-${run}`, { seed, clients: PUBLISHERS, events: parallel });
      const share = many.syncs / many.answers;
      if (many.answers !== parallel) violations.push(`${name}: ${many.answers} answers traced of ${parallel}`);
      if (MOST_SYNCS_AN_EVENT < share) violations.push(`${name}: ${share.toFixed(2)} syncs an event`);
      figures.push(
        { name: `${name}: answers 202 checked`, value: String(one.answers) },
        counted(`${name}: before their sync`, one.unsynced, 0),
        {
          name: `${name}: syncs an event, ${PUBLISHERS} publishers`,
          value: share.toFixed(3),
          promised: {
            what: `${name}: at most ${MOST_SYNCS_AN_EVENT} syncs an event`,
            isKept: share <= MOST_SYNCS_AN_EVENT,
          },
        },
      );
    }
    const weak = await traced(world, "weak", { seed, clients: 1, events: sequential }, { preload: WEAK_SYNC });
    if (weak.unsynced === 0) violations.push("the same program with synchronous=NORMAL passes: nothing was tested");
    figures.push({ name: "before their sync with synchronous=NORMAL (control)", value: String(weak.unsynced) });
    violations.push(...judged(await world.history()).violations);
    return { figures, violations, seen: new Set() };
  } finally {
    await world.close();
  }
}

/** One life of the daemon under strace, with these publishes. */
async function traced(
  world: World,
  prefix: string,
  publishes: { seed: number; clients: number; events: number },
  options: StartOptions = {},
): Promise<SyncReport> {
  const file = path.join(world.folder, `trace-${prefix}`);
  const calls = "trace=pwrite64,fsync,fdatasync,write,writev";
  const daemon = await world.start({
    ...options,
    strace: ["-f", "-qq", "-y", "-s", "16", "--seccomp-bpf", "-e", calls, "-o", file],
  });
  await world.clients({ ...publishes, prefix, padding: 200 }).run();
  await daemon.stop();
  return syncsBeforeAnswers(parseTrace(readFileSync(file, "utf8")));
}
