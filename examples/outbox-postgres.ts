// A transaction outbox on PostgreSQL. An event is written in the transaction of what it tells of, so either both are
// there or neither; relays then publish what stands in the outbox and delete it once the server has it on disk. Any
// number of them may run: each locks the rows that it takes and skips those of others. When one dies in between, its
// rows are published again under the same ids, which the server stores once: nothing is lost, nothing delivered twice.
//
//     HOOKS_API_KEY=hk_… node examples/outbox-postgres.ts postgres://localhost/shop
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createPublisher, type ErrorCode, type Publisher } from "hooks-relay";
import pg from "pg";

export const OUTBOX = `
  CREATE TABLE IF NOT EXISTS outbox (
    position    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          text NOT NULL UNIQUE,
    type        text NOT NULL,
    data        jsonb NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT now(),
    -- Why the server will never take it; such a row holds up no other, and waits for a person.
    refused     text
  )`;

const BATCH = 500;
/** What would be refused again however often it is sent. Everything else passes: the row stays, and its turn comes. */
const FINAL = new Set<ErrorCode>(["invalid_request", "unknown_event_type", "conflict", "gone_version", "too_large"]);

interface Row {
  id: string;
  type: string;
  data: unknown;
  happened_at: Date;
}

/** To be called with the client that is inside the transaction of the change that the event tells of. */
export async function enqueue(client: pg.ClientBase, type: string, data: object): Promise<string> {
  const id = randomUUID();
  await client.query("INSERT INTO outbox (id, type, data) VALUES ($1, $2, $3)", [id, type, JSON.stringify(data)]);
  // Told to relays at the commit, and not at all when there is none.
  await client.query("NOTIFY outbox");
  return id;
}

/** Publishes the oldest rows that nobody else has and deletes those that the server has. Answers how many left. */
export async function relayOnce(pool: pg.Pool, publisher: Pick<Publisher, "publishMany">): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query<Row>(
      `SELECT id, type, data, happened_at FROM outbox WHERE refused IS NULL
       ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [BATCH],
    );
    const events = rows.map(({ id, type, data, happened_at }) => ({
      // The row's id, however often it is sent: that is what makes sending it again harmless.
      id,
      type,
      data,
      timestamp: happened_at,
    }));
    const taken: string[] = [];
    for await (const result of publisher.publishMany(events)) {
      if (result.accepted) taken.push(result.id);
      else if (FINAL.has(result.error.code)) {
        await client.query("UPDATE outbox SET refused = $2 WHERE id = $1", [result.id, result.error.message]);
      }
      // The server is out of reach: what comes after it waits, too, so that the order stays.
      else break;
    }
    await client.query("DELETE FROM outbox WHERE id = ANY($1)", [taken]);
    await client.query("COMMIT");
    client.release();
    return taken.length;
  } catch (error) {
    // Not given back to the pool: the connection, and its transaction, end here.
    client.release(true);
    throw error;
  }
}

/** Until the signal says so. Woken by `NOTIFY`, and every few seconds all the same. */
export async function relay(pool: pg.Pool, publisher: Publisher, signal: AbortSignal): Promise<void> {
  const listener = await pool.connect();
  try {
    await listener.query("LISTEN outbox");
    while (!signal.aborted) {
      const woken = new AbortController();
      const wait = AbortSignal.any([signal, woken.signal, AbortSignal.timeout(5_000)]);
      // Listened for before the outbox is looked into: what comes meanwhile is not missed.
      const notified = once(listener, "notification", { signal: wait }).catch(() => undefined);
      if ((await relayOnce(pool, publisher)) > 0) woken.abort();
      await notified;
    }
  } finally {
    listener.release(true);
  }
}

if (process.argv[1] === import.meta.filename) {
  const pool = new pg.Pool({ connectionString: process.argv[2] ?? "postgres://localhost/shop" });
  await pool.query(`CREATE TABLE IF NOT EXISTS orders (id text PRIMARY KEY, total integer NOT NULL); ${OUTBOX}`);
  const client = await pool.connect();
  await client.query("BEGIN");
  const id = randomUUID();
  await client.query("INSERT INTO orders (id, total) VALUES ($1, $2)", [id, 1999]);
  console.log(`order placed; its event is ${await enqueue(client, "order.placed", { id, total: 1999 })}`);
  await client.query("COMMIT");
  client.release();

  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  // One request at a time: events are stored in the order of the outbox.
  const publisher = createPublisher({ requests: 1 });
  await relay(pool, publisher, stop.signal);
  await publisher.close();
  await pool.end();
}
