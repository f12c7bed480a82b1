import http from "node:http";
import { ask, makeEvent } from "../clients.ts";
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
const GATE_LIMIT_MS = 30_000;
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
    const refusals = { count: 0, first: Promise.withResolvers<void>() };
    let next = 0;
    const publishing = Promise.all(
      Array.from({ length: publishers }, async () => {
        const agent = new http.Agent({ keepAlive: true });
        // All come together: none sends what it has announced before one of them is refused.
        const gate = Promise.race([refusals.first.promise, sleep(GATE_LIMIT_MS)]);
        await publishBatch(world, makeBatch(world, next++, seed), { agent, refusals, gate });
        while (next < batches) await publishBatch(world, makeBatch(world, next++, seed), { agent, refusals });
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
    if (refusals.count === 0) violations.push("nothing was refused: nothing was tested");
    figures.push({ name: "batches of 9 MB answered 503 and sent again", value: String(refusals.count) });
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

interface Batch {
  ids: readonly string[];
  body: Buffer;
}

function makeBatch({ ledger }: World, n: number, seed: number): Batch {
  const events = Array.from({ length: EVENTS_A_BATCH }, (_, index) => {
    const number = n * EVENTS_A_BATCH + index;
    return makeEvent(`e-${number}`, seed, PADDING, number % TAKEN_EVERY === 0 ? "order.paid" : "bulk.imported");
  });
  for (const { id, dataHash, bodyHash } of events) ledger.sent(id, { dataHash, bodyHash });
  const parts = events.flatMap(({ request }) => [Buffer.from(","), request]).slice(1);
  const body = Buffer.concat([Buffer.from('{"events":['), ...parts, Buffer.from("]}")]);
  return { ids: events.map(({ id }) => id), body };
}

interface Publishing {
  agent: http.Agent;
  refusals: { count: number; first: PromiseWithResolvers<void> };
  /** Of the first try. */
  gate?: Promise<unknown>;
}

/** Publishes a batch until it is accepted. */
async function publishBatch(world: World, { ids, body }: Batch, { agent, refusals, gate }: Publishing): Promise<void> {
  for (let opened = gate; ; opened = undefined) {
    const { url, token, gone } = await world.target();
    const startedAt = clock();
    const answer = await ask(`${url}/v1/events/batch`, token, { body, agent, gate: opened });
    const { status, retryAfter, text } = answer;
    const endedAt = clock();
    const results = status === 202 ? (JSON.parse(text) as { results: { deliveries: number }[] }).results : [];
    for (const [index, id] of ids.entries()) {
      const deliveries = results[index]?.deliveries;
      // An event of the batch that has a result of its own is refused, which none here is.
      world.ledger.answered({ id, startedAt, endedAt, status, deliveries, retryAfter });
    }
    if (status === 202) return;
    if (status === 503 && retryAfter !== undefined) {
      refusals.count += 1;
      refusals.first.resolve();
      await Promise.race([gone, sleep(Number(retryAfter) * 1_000)]);
    } else if (status === undefined) await Promise.race([gone, sleep(AGAIN_MS)]);
    else throw new Error(`a batch was answered ${status}: ${text.slice(0, 500)}`);
  }
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
