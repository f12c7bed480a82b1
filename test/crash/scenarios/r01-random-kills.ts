import { clock, sleep } from "../clock.ts";
import type { DaemonProcess } from "../daemon-process.ts";
import { deletedCount } from "../deletions.ts";
import type { ReceivedRequest } from "../history.ts";
import { judged, type Outcome, type RunOptions, type Scenario, timed } from "../scenario.ts";
import { Seeded } from "../seeded.ts";
import { World } from "../world.ts";

const SCALES = {
  short: { events: 1_500, kills: 5, changeWithinMs: 10_000 },
  long: { events: 20_000, kills: 50, changeWithinMs: 1_000 },
};
const CHANGES = [
  { after: 0.4, kind: "disabled" },
  { after: 0.6, kind: "enabled" },
  { after: 0.8, kind: "deleted" },
] as const;
/** Of the eight: they send to a source. */
const SENDERS = 2;
const CLIENTS = 8;
/** One life in so many keeps what is over for a moment only, and is killed while it deletes. */
const DELETES_EVERY = 5;
const KEEPS_MS = 2_000;
/** A start waits so long before it begins to delete. */
const DELETES_AFTER_MS = 2_000;
/** A process that publishes nothing more is killed after at most this. */
const IDLE_KILL_MS = 1_500;
/** What is promised; a machine that is busy with other things is given longer, and the table says so. */
const DELIVERED_MS = 60_000;
const DELIVERED_LIMIT_MS = 180_000;
const FIRST_DELIVERY_MS = 2_000;
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;
const GROWTH_LIMIT_BYTES = 300 * 1024 * 1024;
const FAILS_EVERY = 40;

export const RANDOM_KILLS: Scenario = {
  id: "R01",
  title: "kill -9 at random moments while eight clients publish",
  run: randomKills,
};

async function randomKills({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const { events, kills, changeWithinMs } = SCALES[scale];
  const random = new Seeded(seed);
  const world = await World.open({
    folder,
    changeWithinMs,
    subscriptions: [
      { name: "quick", concurrency: 32 },
      { name: "slow", concurrency: 8 },
      { name: "sometimes", concurrency: 4, takesAll: false },
      { name: "limited", concurrency: 4, takesAll: false, rate: { flag: "50/s", count: 50, perMs: 1_000 } },
    ],
  });
  try {
    let failed = 0;
    world.receiver.answers(({ subscription, before }) => {
      const fails = subscription === "slow" && before === 0 && failed++ % FAILS_EVERY === 0;
      const afterMs = subscription === "slow" ? random.whole(1, 5) : random.whole(0, 2);
      return { status: fails ? 500 : 204, afterMs };
    });

    const door = await world.openSource("partner");
    const first = await world.start();
    const idleBytes = first.memory();
    const ofSenders = Math.floor((events * SENDERS) / CLIENTS);
    const publishing = Promise.all([
      world.clients({ seed, clients: CLIENTS - SENDERS, events: events - ofSenders }).run(),
      world.clients({ seed, clients: SENDERS, events: ofSenders, door }).run(),
    ]);
    publishing.catch(() => {}); // awaited below
    const perLife = Math.floor((2 * events) / kills);
    for (let kill = 1; kill <= kills; kill++) {
      const deletes = kill % DELETES_EVERY === 0;
      const daemon = kill === 1 ? first : await world.spawn(deletes ? { keepsMs: KEEPS_MS } : {});
      // In the middle of it all, while it works, one subscription is disabled, enabled and deleted.
      const change = CHANGES.find(({ after }) => kill === Math.ceil(kills * after));
      if (change !== undefined) {
        await daemon.ready;
        await world.change("sometimes", change.kind);
      }
      if (deletes) await whileItDeletes(daemon, random);
      else await momentToKill(world, daemon, random, perLife);
      await daemon.kill();
    }

    const last = await world.start();
    await publishing;
    // What the limited one is owed would take minutes, and is not what this is about.
    await world.change("limited", "deleted");
    const isDelivered = await world.delivered(DELIVERED_LIMIT_MS);
    const deliveredAfter = clock() - last.readyAt!;
    const endBytes = last.memory();
    const { code } = await last.stop();

    const rest =
      idleBytes === undefined || endBytes === undefined
        ? undefined
        : { idleBytes, endBytes, growthLimitBytes: GROWTH_LIMIT_BYTES, walBytes: world.walBytes };
    const history = await world.history(rest === undefined ? undefined : { ...rest, walLimitBytes: WAL_LIMIT_BYTES });
    const outcome = judged(history);
    if (code !== 0) outcome.violations.push(`the last daemon ended with ${code}`);
    if (!isDelivered) outcome.violations.push(`not everything was delivered ${DELIVERED_LIMIT_MS} ms after the start`);
    const deleted = deletedCount(history);
    if (deleted === 0) outcome.violations.push("nothing was deleted: nothing was tested of it");
    const received = [...world.ledger.accepted].filter((id) => id.startsWith("partner_")).length;
    const waits = firstDeliveries(world.daemons, history.requests);
    outcome.figures.push(
      { name: "of these accepted from a source's sender", value: String(received) },
      { name: "delivered, and deleted by retention meanwhile", value: String(deleted) },
      timed("all delivered after the last start", deliveredAfter, DELIVERED_MS),
      { name: "start to first delivery, median", value: `${Math.round(waits[Math.floor(waits.length / 2)] ?? 0)} ms` },
      timed("start to first delivery, longest", waits.at(-1) ?? 0, FIRST_DELIVERY_MS),
    );
    return outcome;
  } finally {
    await world.close();
  }
}

/** After so many more events, or after so long since its start: also before it is ready. */
async function momentToKill(world: World, daemon: DaemonProcess, random: Seeded, most: number): Promise<void> {
  if (random.next() < 0.3) {
    await sleep(Math.max(0, daemon.spawnedAt + random.whole(0, 900) - clock()));
    return;
  }
  const more = world.ledger.reaches(world.ledger.accepted.size + random.whole(0, most));
  await Promise.race([more, daemon.ready.then(() => sleep(random.whole(0, IDLE_KILL_MS)))]);
}

/** In the middle of the first sweep, or shortly before it. */
async function whileItDeletes(daemon: DaemonProcess, random: Seeded): Promise<void> {
  await daemon.ready;
  await sleep(DELETES_AFTER_MS + random.whole(0, 1_000));
}

/** From ready to the first request that reached the receiver, of each process that came so far; ascending. */
function firstDeliveries(daemons: readonly DaemonProcess[], requests: readonly ReceivedRequest[]): number[] {
  const waits: number[] = [];
  let next = 0;
  for (const { readyAt, endedAt } of daemons) {
    if (readyAt === undefined) continue;
    while (next < requests.length && requests[next]!.startedAt < readyAt) next += 1;
    const request = requests[next];
    if (request !== undefined && request.startedAt < (endedAt ?? Number.POSITIVE_INFINITY)) {
      waits.push(request.startedAt - readyAt);
    }
  }
  return waits.sort((a, b) => a - b);
}
