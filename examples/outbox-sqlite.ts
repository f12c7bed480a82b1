// A transaction outbox on SQLite. An event is written in the transaction of what it tells of, so either both are there
// or neither; a relay then publishes what stands in the outbox and deletes it once the server has it on disk. When the
// relay dies in between, the row is published again under the same id, which the server stores once: nothing is lost,
// and nothing is delivered twice.
//
//     HOOKS_API_KEY=hk_… node examples/outbox-sqlite.ts shop.db
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { createPublisher, type ErrorCode, type Publisher } from "hooks-relay";

export const OUTBOX = `
  CREATE TABLE IF NOT EXISTS outbox (
    position    INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    type        TEXT NOT NULL,
    data        TEXT NOT NULL,
    happened_at TEXT NOT NULL,
    -- Why the server will never take it; such a row holds up no other, and waits for a person.
    refused     TEXT
  ) STRICT`;

const BATCH = 500;
/** What would be refused again however often it is sent. Everything else passes: the row stays, and its turn comes. */
const FINAL = new Set<ErrorCode>(["invalid_request", "unknown_event_type", "conflict", "gone_version", "too_large"]);

interface Row {
  id: string;
  type: string;
  data: string;
  happened_at: string;
}

/** To be called inside the transaction of the change that the event tells of. */
export function enqueue(db: Database.Database, type: string, data: object): string {
  const id = randomUUID();
  db.prepare("INSERT INTO outbox (id, type, data, happened_at) VALUES (?, ?, ?, ?)").run(
    id,
    type,
    JSON.stringify(data),
    new Date().toISOString(),
  );
  return id;
}

/** Publishes the oldest rows and deletes those that the server has. Answers how many left the outbox. */
export async function relayOnce(db: Database.Database, publisher: Pick<Publisher, "publishMany">): Promise<number> {
  const rows = db
    .prepare<[number], Row>(
      "SELECT id, type, data, happened_at FROM outbox WHERE refused IS NULL ORDER BY position LIMIT ?",
    )
    .all(BATCH);
  const events = rows.map(({ id, type, data, happened_at }) => ({
    // The row's id, however often it is sent: that is what makes sending it again harmless.
    id,
    type,
    data: JSON.parse(data) as unknown,
    timestamp: happened_at,
  }));
  const remove = db.prepare("DELETE FROM outbox WHERE id = ?");
  const refuse = db.prepare("UPDATE outbox SET refused = ? WHERE id = ?");
  let left = 0;
  for await (const result of publisher.publishMany(events)) {
    if (result.accepted) left += remove.run(result.id).changes;
    else if (FINAL.has(result.error.code)) refuse.run(result.error.message, result.id);
    // The server is out of reach: what comes after it waits, too, so that the order stays.
    else break;
  }
  return left;
}

/** Until the signal says so. */
export async function relay(db: Database.Database, publisher: Publisher, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const left = await relayOnce(db, publisher);
    if (left === 0) await sleep(200, undefined, { signal }).catch(() => undefined);
  }
}

if (process.argv[1] === import.meta.filename) {
  const db = new Database(process.argv[2] ?? "shop.db");
  db.pragma("journal_mode = WAL");
  db.exec(`CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, total INTEGER NOT NULL) STRICT; ${OUTBOX}`);
  const placeOrder = db.transaction((total: number) => {
    const id = randomUUID();
    db.prepare("INSERT INTO orders (id, total) VALUES (?, ?)").run(id, total);
    return enqueue(db, "order.placed", { id, total });
  });
  console.log(`order placed; its event is ${placeOrder(1999)}`);

  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  // One request at a time: events are stored in the order of the outbox.
  const publisher = createPublisher({ requests: 1 });
  await relay(db, publisher, stop.signal);
  await publisher.close();
}
