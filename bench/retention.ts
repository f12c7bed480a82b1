// What deleting costs whoever publishes (R68): 1,000,000 rows (events, deliveries, attempts) that are older than is kept, and
// publishing at a steady rate while the daemon deletes them; beside it the same on a store in which nothing is old. The
// daemon is the whole of it: its sweep begins by itself. Whether it was still deleting at the end is counted, for else the
// figure would be that of a store that rests.

import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { type Bench, hundredths, judged, type Row, whole } from "./bench.ts";
import { clockMs } from "./load/clock.ts";
import { startDaemon } from "./load/daemon.ts";
import { createSubscriptions, publishMany } from "./load/fill-store.ts";
import { OpenLoop, type Waits, waitsOf } from "./load/open-loop.ts";
import { median, round } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

const PER_SECOND = 500;
/** Of an event with its delivery and its attempt. */
const ROWS = 3;
const OLD_TYPE = "order.old";
const OLD_MS = 40 * 86_400_000;
/** Long enough ago that none of the others is in the future. */
const YOUNG_MS = 3_600_000;
const LOOK_MS = 20;

interface RetentionSize {
  rounds: number;
  events: number;
  seconds: number;
  warmUpSeconds: number;
}

interface UnderLoad {
  accepted: Waits;
  /** Of old events, at the beginning and at the end of what was measured. */
  left: { before: number; after: number };
}

export const retention: Bench = {
  name: "retention",
  run: async (size) => {
    const result = await measure(
      size === "full"
        ? { rounds: 3, events: 340_000, seconds: 10, warmUpSeconds: 4 }
        : { rounds: 1, events: 5_000, seconds: 0.5, warmUpSeconds: 2.5 },
    );
    return { rows: rowsOf(result), details: result };
  },
};

type RetentionResult = Awaited<ReturnType<typeof measure>>;

function measure(size: RetentionSize) {
  return inFolder("retention", async (folder) => {
    const [old, young] = ["old", "young"].map((name) => path.join(folder, name)) as [string, string];
    for (const each of [old, young]) {
      mkdirSync(each);
      await createSubscriptions(each, [{ name: "nobody", url: "http://127.0.0.1:9/", events: ["none.*"] }]);
      await publishMany(each, size.events, OLD_TYPE);
      addDeliveries(path.join(each, "hooks.db"), each === old ? OLD_MS : YOUNG_MS);
    }
    const load = await inTurn(size.rounds, {
      resting: () => underLoad(young, size),
      deleting: () => inFolder("retention-run", (copy) => underLoad(copied(old, copy), size)),
    });
    const perSecond = await inFolder("retention-alone", (copy) => deletedPerSecond(copied(old, copy), size));
    return { ...size, load, perSecond: round(perSecond) };
  });
}

/**
 * A delivery that succeeded and its attempt for each event, so long ago, as if 1,000 a second had come: written as they
 * would stand there. Ids go up as those of deliveries do: by chance they would lie all over their index.
 */
function addDeliveries(storePath: string, ageMs: number): void {
  const db = new Database(storePath);
  try {
    const at = Date.now() - ageMs;
    db.exec("BEGIN");
    db.prepare("UPDATE events SET created_at = ? + event_id, delivery_count = 1").run(at);
    db.prepare(`
      INSERT INTO deliveries (public_id, scope_id, event_id, subscription_id, state, attempt_count, round_attempts,
        created_at, completed_at)
      SELECT unhex(printf('%032x', event_id)), scope_id, event_id, (SELECT min(subscription_id) FROM subscriptions), 'succeeded', 1, 1,
        created_at, created_at
      FROM events
    `).run();
    db.prepare(`
      INSERT INTO attempts (delivery_id, number, scope_id, started_at, duration_ms, outcome, status, phase, bytes_sent,
        request_headers, response_headers, truncated, worker_id)
      SELECT delivery_id, 1, scope_id, created_at, 5, 'success', 200, 'done', 600, @headers, @headers, 0, 0 FROM deliveries
    `).run({
      headers: JSON.stringify([
        ["content-type", "application/json"],
        ["webhook-timestamp", "1700000000"],
      ]),
    });
    db.exec("COMMIT");
    db.pragma("wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}

/** A round deletes what the next needs. */
function copied(from: string, to: string): string {
  for (const name of readdirSync(from)) copyFileSync(path.join(from, name), path.join(to, name));
  return to;
}

async function underLoad(folder: string, { seconds, warmUpSeconds }: RetentionSize): Promise<UnderLoad> {
  const daemon = await startDaemon(folder);
  try {
    const { port, token } = daemon;
    const openLoop = new OpenLoop({ port, token, perSecond: PER_SECOND, seconds, warmUpSeconds, types: ["order.new"] });
    // Nobody subscribes to it.
    const running = openLoop.run(() => false);
    await sleep(warmUpSeconds * 1_000);
    const before = countOld(folder);
    const times = await daemon.during(running);
    return { accepted: waitsOf(times, "answered"), left: { before, after: countOld(folder) } };
  } finally {
    await daemon.stop();
  }
}

/** Old events that the daemon deletes in a second when nobody publishes. */
async function deletedPerSecond(folder: string, { seconds }: RetentionSize): Promise<number> {
  const daemon = await startDaemon(folder);
  try {
    const all = countOld(folder);
    while (countOld(folder) === all) await daemon.during(sleep(LOOK_MS));
    const [from, before] = [clockMs(), countOld(folder)];
    await daemon.during(sleep(seconds * 1_000));
    return ((before - countOld(folder)) * 1_000) / (clockMs() - from);
  } finally {
    await daemon.stop();
  }
}

function countOld(folder: string): number {
  const file = path.join(folder, "hooks.db");
  if (!existsSync(file)) throw new Error(`no store in ${folder}`);
  const db = new Database(file, { readonly: true });
  try {
    const count = db.prepare<unknown[], number>(
      "SELECT count(*) FROM events INDEXED BY events_of_type WHERE event_type_id = (SELECT event_type_id FROM event_types WHERE name = ?)",
    );
    return count.pluck().get(OLD_TYPE)!;
  } finally {
    db.close();
  }
}

function rowsOf({ load, events, perSecond }: RetentionResult): Row[] {
  const ratios = load.deleting.map(({ accepted }, index) => accepted.p99 / load.resting[index]!.accepted.p99);
  const done = median(load.deleting.map(({ left }) => left.before - left.after));
  return [
    judged(
      {
        measure: `publishing (p99 of the 202, ${PER_SECOND} a second) while old rows are deleted ÷ while none are`,
        isHeadline: true,
      },
      median(ratios),
      { most: 1.5 },
      hundredths,
    ),
    {
      measure: "old events deleted meanwhile, of",
      value: `${whole(done)} of ${whole(events)}`,
    },
    {
      measure: "old rows deleted in a second when nobody publishes",
      value: whole(perSecond * ROWS),
    },
  ];
}

if (import.meta.main) console.dir(await retention.run("full"), { depth: 6 });
