import http from "node:http";
import { ask, type MadeEvent, makeEvent } from "../clients.ts";
import { clock, sleep } from "../clock.ts";
import { judged, type Outcome, type RunOptions, type Scenario } from "../scenario.ts";
import { World } from "../world.ts";

const SCALES = { short: { batches: 12, publishers: 12 }, long: { batches: 100, publishers: 60 } };
const EVENTS_A_BATCH = 1_000;
/** Of an event at most, bytes: a batch comes near to the 10 MiB that it may have. */
const PADDING = 18_000;
/** One event of so many is of a type that somebody takes. */
const TAKEN_EVERY = 50;
const DELIVERED_LIMIT_MS = 180_000;
const AGAIN_MS = 50;
/** Without a bound, sixty such batches took 1,400 MB. */
const PEAK_GROWTH_LIMIT_MIB = 600;

export const BURST: Scenario = {
  id: "R04",
  title: "a burst of the largest batches, and kill -9 in the middle of it",
  run: burst,
};

/**
 * More is sent at once than the daemon takes: it must refuse in time (503 and when to come again) instead of growing
 * until the system kills it. And as if the system had, it is killed once.
 */
async function burst({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const { batches, publishers } = SCALES[scale];
  const world = await World.open({
    folder,
    subscriptions: [{ name: "orders", concurrency: 16, takes: "order.*", takesAll: false }],
  });
  try {
    const first = await world.start();
    const idle = first.memory();
    const state = { next: 0, refused: 0 };
    const publishing = Promise.all(
      Array.from({ length: publishers }, async () => {
        const agent = new http.Agent({ keepAlive: true });
        while (state.next < batches) state.refused += await publishBatch(world, state.next++, seed, agent);
        agent.destroy();
      }),
    );
    publishing.catch(() => {}); // awaited below
    await world.ledger.reaches((batches * EVENTS_A_BATCH) / 3);
    const firstPeak = first.memory("peak");
    await first.kill();
    const second = await world.start();
    await publishing;
    const isDelivered = await world.delivered(DELIVERED_LIMIT_MS);
    const secondPeak = second.memory("peak");
    const { code } = await second.stop();

    const outcome = judged(await world.history());
    const { violations, figures } = outcome;
    if (code !== 0) violations.push(`the last daemon ended with ${code}`);
    if (!isDelivered) violations.push("not everything was delivered");
    if (state.refused === 0) violations.push("nothing was refused: nothing was tested");
    figures.push({ name: "batches of 9 MB answered 503 and sent again", value: String(state.refused) });
    if (idle !== undefined) {
      const peak = Math.max(firstPeak!, secondPeak!) - idle;
      figures.push({ name: "memory above idle, most", value: `${mib(peak)} MiB` });
      if (PEAK_GROWTH_LIMIT_MIB < mib(peak)) violations.push(`memory grew by ${mib(peak)} MiB`);
    }
    return outcome;
  } finally {
    await world.close();
  }
}

/** Publishes a batch until it is accepted; answers how often it was refused for want of room. */
async function publishBatch(world: World, n: number, seed: number, agent: http.Agent): Promise<number> {
  const { ledger } = world;
  const events = Array.from({ length: EVENTS_A_BATCH }, (_, index) => {
    const number = n * EVENTS_A_BATCH + index;
    return makeEvent(`e-${number}`, seed, PADDING, number % TAKEN_EVERY === 0 ? "order.paid" : "bulk.imported");
  });
  for (const { id, dataHash, bodyHash } of events) ledger.sent(id, { dataHash, bodyHash });
  const body = bodyOf(events);
  const ids = events.map(({ id }) => id);
  for (let refused = 0; ; refused++) {
    const { url, token, gone } = await world.target();
    const startedAt = clock();
    const { status, retryAfter, text } = await ask(`${url}/v1/events/batch`, token, { body, agent });
    const endedAt = clock();
    const results = status === 202 ? (JSON.parse(text) as { results: { deliveries: number }[] }).results : [];
    for (const [index, id] of ids.entries()) {
      const deliveries = results[index]?.deliveries;
      // An event of the batch that has a result of its own is refused, which none here is.
      ledger.answered({ id, startedAt, endedAt, status, deliveries, retryAfter });
    }
    if (status === 202) return refused;
    if (status !== undefined && (status !== 503 || retryAfter === undefined)) {
      throw new Error(`a batch was answered ${status}: ${text.slice(0, 500)}`);
    }
    if (status === undefined) refused -= 1; // killed, not refused
    await Promise.race([gone, sleep(status === undefined ? AGAIN_MS : Number(retryAfter) * 1_000)]);
  }
}

function bodyOf(events: readonly MadeEvent[]): Buffer {
  const parts = events.flatMap(({ request }) => [Buffer.from(","), request]).slice(1);
  return Buffer.concat([Buffer.from('{"events":['), ...parts, Buffer.from("]}")]);
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
