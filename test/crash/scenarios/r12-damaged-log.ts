import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { DaemonProcess } from "../daemon-process.ts";
import { LOG_DAMAGES } from "../damages.ts";
import type { Outcome, RunOptions, Scenario } from "../scenario.ts";
import { Seeded } from "../seeded.ts";
import { readStoredContent, storePathIn } from "../stored-content.ts";
import { World } from "../world.ts";

/** Four kills, and each log damaged in each of five ways, are twenty damaged logs. */
const SCALES = { short: { kills: 1, ways: 2 }, long: { kills: 4, ways: 5 } };
/** Few enough that the log is not copied into the database before. */
const EVENTS = { least: 20, most: 60 };
const FAILED_EXIT = 5;

export const DAMAGED_LOG: Scenario = {
  id: "R12",
  title: "the log is damaged after kill -9",
  run: damagedLog,
};

async function damagedLog({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const random = new Seeded(seed);
  const violations: string[] = [];
  let damaged = 0;
  let noticed = 0;
  let unmarked = 0;
  let lost = 0;
  const { kills, ways } = SCALES[scale];
  for (let kill = 1; kill <= kills; kill++) {
    const killed = path.join(folder, `killed-${kill}`);
    const accepted = await publishAndKill(killed, seed + kill, random.whole(EVENTS.least, EVENTS.most));
    const all = Object.entries(LOG_DAMAGES);
    const first = random.whole(0, all.length - 1);
    for (const [name, damage] of [...all, ...all].slice(first, first + ways)) {
      damaged += 1;
      const copyOf = (what: string): string => {
        const copy = path.join(folder, `${kill} ${name}, ${what}`);
        cpSync(killed, copy, { recursive: true });
        damage(`${storePathIn(copy)}-wal`);
        return copy;
      };
      const copy = copyOf("with its mark");
      const wrong = await refused(copy);
      if (wrong.length === 0) noticed += 1;
      const { faults, missing } = await goneOnWith(copy, accepted);
      lost += missing;
      // The same without the mark: it starts as if nothing had been.
      const control = copyOf("without its mark");
      rmSync(`${storePathIn(control)}-hwm`);
      if (await starts(control)) unmarked += 1;
      else wrong.push("without the mark it was refused as well: the mark is not what noticed it");
      violations.push(...[...wrong, ...faults].map((violation) => `${name}, kill ${kill}: ${violation}`));
    }
  }
  return {
    figures: [
      { name: "logs damaged", value: String(damaged) },
      {
        name: "noticed, refused with exit 5 and left as they were",
        value: String(noticed),
        promised: { what: "every one noticed", isKept: noticed === damaged },
      },
      { name: "noticed without the high-water mark", value: String(damaged - unmarked) },
      { name: "accepted events that the damage had taken", value: String(lost) },
    ],
    violations,
    seen: new Set(),
  };
}

/** Answers what was accepted. */
async function publishAndKill(folder: string, seed: number, events: number): Promise<ReadonlySet<string>> {
  const world = await World.open({ folder, subscriptions: [] });
  try {
    const daemon = await world.start();
    await world.clients({ seed, clients: 1, events, padding: 500 }).run();
    await daemon.kill();
    return world.ledger.accepted;
  } finally {
    await world.close();
  }
}

/** What is wrong with how a daemon and a command refuse it. */
async function refused(folder: string): Promise<string[]> {
  const files = ["", "-wal", "-hwm"].map((suffix) => storePathIn(folder) + suffix);
  const before = files.map(contentOf);
  const daemon = new DaemonProcess(folder);
  const { code } = await daemon.ended;
  const log = readFileSync(path.join(folder, "daemon.log"), "utf8");
  const said = log.slice(log.lastIndexOf("error:"));
  const wrong: string[] = [];
  if (code !== FAILED_EXIT) wrong.push(`serve ended with ${code}`);
  if (!/lacks its newest .* of about 20\d\d-.*--accept-loss/s.test(said)) wrong.push(`serve said: ${said}`);
  if (files.map(contentOf).join() !== before.join()) wrong.push("the refused files are not as they were");
  return wrong;
}

/** With --accept-loss: what is there is whole, and a beginning of what was accepted. */
async function goneOnWith(
  folder: string,
  accepted: ReadonlySet<string>,
): Promise<{ faults: string[]; missing: number }> {
  const daemon = new DaemonProcess(folder, { args: ["--accept-loss"] });
  if ((await daemon.ready) === undefined) return { faults: ["--accept-loss did not start"], missing: 0 };
  await daemon.stop();
  const { events, integrity } = await readStoredContent(storePathIn(folder));
  const faults: string[] = [];
  if (integrity !== "ok") faults.push(`afterwards the database is damaged: ${integrity}`);
  // One client: accepted in the order of the commits.
  const order = [...accepted].map((id) => events.has(id));
  if (order.lastIndexOf(true) >= order.filter(Boolean).length) faults.push("what is left is no beginning");
  if (order.every(Boolean)) faults.push("nothing was lost: nothing was tested");
  if (!(await starts(folder))) faults.push("the next start was refused again");
  return { faults, missing: order.filter((isThere) => !isThere).length };
}

async function starts(folder: string): Promise<boolean> {
  const daemon = new DaemonProcess(folder);
  const isReady = (await daemon.ready) !== undefined;
  await daemon.stop();
  return isReady;
}

function contentOf(file: string): string {
  return existsSync(file) ? readFileSync(file).toString("base64") : "none";
}
