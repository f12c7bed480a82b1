import { ask, type Door, makeEvent } from "../clients.ts";
import { clock, sleep } from "../clock.ts";
import type { DaemonProcess } from "../daemon-process.ts";
import { deletedCount } from "../deletions.ts";
import { key } from "../history.ts";
import { killedAt } from "../killed-at-point.ts";
import { judged, type Outcome, type RunOptions, type Scenario } from "../scenario.ts";
import { Seeded } from "../seeded.ts";
import { World } from "../world.ts";

const SCALES = { short: { times: 1, sides: 1, events: 300 }, long: { times: 8, sides: 2, events: 1_200 } };
const CLIENTS = 8;
const KEEPS_MS = 1_000;
const LIMIT_MS = 120_000;
const LOOK_MS = 50;
/** As the program has them: events of one of the first portions of retention, of one step of a purge; deliveries of one
 * step of a replay. */
const LARGEST_PORTION = 130;
const PURGED_A_STEP = 50;
const REPLAYED_A_STEP = 500;
/** The n-th event is the n-th of these, round and round: for whom it is says what becomes of it. */
const KINDS = ["order.waits", "invoice.fails", "order.plain"] as const;
type Kind = (typeof KINDS)[number];

export const INTERRUPTED_DELETIONS: Scenario = {
  id: "R68",
  title: "kill -9 inside retention, purges and replays",
  run: interruptedDeletions,
};

/** All on one store, each time with new events. What is interrupted the next start goes on with, and takes nothing else. */
async function interruptedDeletions({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const { times, sides, events } = SCALES[scale];
  const random = new Seeded(seed);
  const world = await World.open({
    folder,
    subscriptions: [
      { name: "all", concurrency: 32 },
      { name: "paused", concurrency: 4, takes: "order.waits", takesAll: false, isPaused: true },
      {
        name: "failing",
        concurrency: 16,
        takes: "invoice.fails",
        takesAll: false,
        retry: ["100ms"],
        mayFail: true,
        rounds: 2,
      },
    ],
  });
  const violations: string[] = [];
  try {
    const jobs = new Jobs(world, random);
    for (let time = 1; time <= times; time++) {
      for (const what of ["deletion", "purge", "replay"] as const) {
        for (const side of random.some(["before", "after"] as const, sides)) {
          const prefix = `${what}-${side}-${time}`;
          if (what !== "replay") await jobs.publish({ seed, prefix, events });
          const wrong = await jobs[what](`${side}-${what}-commit`);
          violations.push(...[...wrong, ...(await jobs.kept())].map((one) => `${prefix}: ${one}`));
        }
      }
    }
    await jobs.stop();
    const history = await world.history();
    const outcome = judged(history);
    outcome.figures.push(
      { name: "deleted by retention and purges", value: String(deletedCount(history)) },
      { name: "waiting for a paused subscription, and kept", value: String(jobs.of("order.waits").length) },
      { name: "failed, and sent again by a replay", value: String(jobs.replayed) },
    );
    return { ...outcome, violations: [...violations, ...outcome.violations] };
  } finally {
    await world.close();
  }
}

class Jobs {
  replayed = 0;
  readonly #world: World;
  readonly #random: Seeded;
  readonly #ids: Record<Kind, string[]> = { "order.waits": [], "invoice.fails": [], "order.plain": [] };
  /** Failed, and not sent again yet. */
  #failed: string[] = [];
  #areFailing = true;
  #running: DaemonProcess | undefined;
  /** Of the last publishing: events that may be deleted. */
  #fresh = 0;

  constructor(world: World, random: Seeded) {
    this.#world = world;
    this.#random = random;
    world.receiver.answers(({ subscription }) => {
      return { status: subscription === "failing" && this.#areFailing ? 500 : 204, afterMs: 0 };
    });
  }

  of(kind: Kind): readonly string[] {
    return this.#ids[kind];
  }

  /** All of it is delivered, has failed, or waits for the one that is paused. */
  async publish({ seed, prefix, events }: { seed: number; prefix: string; events: number }): Promise<void> {
    const world = this.#world;
    this.#areFailing = true;
    this.#running ??= await world.start();
    await world.clients({ seed, clients: CLIENTS, events, prefix, padding: 200, door: TYPED }).run();
    this.#fresh = Math.floor(events / KINDS.length);
    for (let n = 0; n < events; n++) {
      const kind = KINDS[n % KINDS.length]!;
      this.#ids[kind].push(`${prefix}-${n}`);
      if (kind === "invoice.fails") this.#failed.push(`${prefix}-${n}`);
    }
    if (!(await world.delivered(LIMIT_MS))) throw new Error(`${prefix}: not everything was delivered`);
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  /** Retention, killed in one of its portions. */
  async deletion(point: string): Promise<string[]> {
    const world = this.#world;
    const fresh = this.#fresh;
    await this.stop();
    const most = Math.min(3, Math.max(1, Math.floor(fresh / LARGEST_PORTION)));
    const wrong = await killedAt(world, { name: point, most }, this.#random.whole(1, most), { keepsMs: KEEPS_MS });
    this.#running = await world.start({ keepsMs: KEEPS_MS });
    const last = this.#ids["order.plain"].at(-1)!;
    if (!(await until(async () => !(await this.#isThere(last))))) wrong.push("the next start did not go on with it");
    await this.stop();
    return wrong;
  }

  /** A purge of what nobody waits for, killed in one of its steps. */
  async purge(point: string): Promise<string[]> {
    const world = this.#world;
    const asked = { filter: { types: ["order.plain"] } };
    const most = Math.max(1, Math.floor(this.#ids["order.plain"].length / PURGED_A_STEP) - 1);
    const wrong = await this.#killedIn(point, Math.min(most, 8), "/v1/purges", asked);
    world.erased(this.#ids["order.plain"]);
    return wrong;
  }

  /** A replay of what failed, killed in one of its steps. */
  async replay(point: string): Promise<string[]> {
    const world = this.#world;
    this.#areFailing = false;
    const most = Math.max(1, Math.floor(this.#failed.length / REPLAYED_A_STEP));
    const asked = { filter: { subscription: world.ids.get("failing"), status: "failed" } };
    const wrong = await this.#killedIn(point, most, "/v1/replays", asked);
    const lost = this.#failed.filter((id) => !world.receiver.delivered.has(key("failing", id)));
    if (0 < lost.length) wrong.push(`${lost.length} that had failed were not sent again, the first ${lost[0]}`);
    this.replayed += this.#failed.length - lost.length;
    this.#failed = [];
    return wrong;
  }

  /** Whatever ran: what waits is there, and what failed. */
  async kept(): Promise<string[]> {
    this.#running ??= await this.#world.start();
    const gone: string[] = [];
    for (const id of this.#random.some([...this.#ids["order.waits"], ...this.#failed], 200)) {
      if (!(await this.#isThere(id))) gone.push(`${id} was to be kept, and is gone`);
    }
    return gone;
  }

  /** A job that is asked for, and the life that it was asked of; the next one goes on with it to its end. */
  async #killedIn(point: string, most: number, where: string, asked: object): Promise<string[]> {
    const world = this.#world;
    const jobs = async (): Promise<{ status: string }[]> =>
      ((await world.api(`${where}?limit=200`)) as { data: { status: string }[] }).data;
    let before = 0;
    await this.stop();
    const wrong = await killedAt(world, { name: point, most }, this.#random.whole(1, most), {
      meanwhile: async () => {
        before = (await jobs()).length;
        // Cut off, it may have begun or not.
        await world.api(where, asked).catch(() => {});
      },
    });
    this.#running = await world.start();
    // Whoever got no answer looks first whether it is there.
    if ((await jobs()).length === before) await world.api(where, asked);
    if (!(await until(async () => (await jobs()).every(({ status }) => status === "completed")))) {
      wrong.push("the next start did not go on with it");
    }
    if (!(await world.delivered(LIMIT_MS))) wrong.push("not everything was delivered after it");
    return wrong;
  }

  async #isThere(id: string): Promise<boolean> {
    const { url, token } = await this.#world.target();
    return (await ask(`${url}/v1/events/${id}`, token)).status === 200;
  }
}

const TYPED: Door = {
  path: "/v1/events",
  make: (name, seed, padding) => {
    const n = Number(name.slice(name.lastIndexOf("-") + 1));
    return makeEvent(name, seed, padding, KINDS[n % KINDS.length]);
  },
  headers: (_event, token) => ({ authorization: `Bearer ${token}` }),
};

/** False when it is late. */
async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  const startedAt = clock();
  while (!(await isSo())) {
    if (LIMIT_MS < clock() - startedAt) return false;
    await sleep(LOOK_MS);
  }
  return true;
}
