import { copyFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

const EVENTS_BEFORE = 600;
const EVENTS_AFTER = 300;
const EVERY_MS = 2;
/** Fill so many MiB, so that the backup is many steps long. */
const LARGE_EVENTS = 20;

/** Publishes with ids of its own, one every 2 ms, and keeps outside the daemon what was acknowledged. */
class Publisher {
  readonly acknowledged = new Set<string>();
  readonly begun = new Set<string>();
  readonly #daemon: RunningDaemon;
  readonly #token: string;
  #open: Promise<void>[] = [];
  readonly #failed = Promise.withResolvers<never>();
  #onAcknowledged = (): void => {};
  #timer: NodeJS.Timeout | undefined;

  constructor(daemon: RunningDaemon, token: string) {
    this.#daemon = daemon;
    this.#token = token;
  }

  start(): void {
    const publish = (): void => {
      const published = this.publish({});
      published.catch(this.#failed.reject);
      this.#open.push(published);
    };
    this.#timer = setInterval(publish, EVERY_MS);
    onTestFinished(() => clearInterval(this.#timer));
  }

  async publish(data: object): Promise<void> {
    const id = `event-${this.begun.size}`;
    this.begun.add(id);
    const response = await fetch(`${this.#daemon.url}/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${this.#token}` },
      body: JSON.stringify({ type: "order.created", id, data }),
    });
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
    this.acknowledged.add(id);
    this.#onAcknowledged();
  }

  /** Goes on until so many more are acknowledged. */
  async until(more: number): Promise<void> {
    const wanted = this.acknowledged.size + more;
    const reached = new Promise<void>((resolve) => {
      this.#onAcknowledged = () => {
        if (wanted <= this.acknowledged.size) resolve();
      };
    });
    // One that fails ends the wait.
    await Promise.race([reached, this.#failed.promise]);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }
}

/** R16 of the reliability page. */
it("a backup under load is a consistent prefix, and a store restored from it delivers what waited", async () => {
  const home = new HooksHome();
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  // One answers at once, the other not before the backup is made: much of its work is in flight or waits then.
  const receiver = await openReceiver({
    reply: async (request) => {
      if (request.path === "/late") await released;
      return 204;
    },
  });
  onTestFinished(release);
  for (const name of ["quick", "late"]) {
    const about = ["--url", `${receiver.url}/${name}`, "--event", "order.*", "--name", name, "--timeout", "30s"];
    await home.ok("sub", "create", ...about);
  }
  const daemon = await home.serve("--log-level", "error");
  const publisher = new Publisher(daemon, await home.token());
  for (let n = 0; n < LARGE_EVENTS; n++) await publisher.publish({ filler: "x".repeat(1_000_000) });
  publisher.start();
  await publisher.until(EVENTS_BEFORE);

  const before = new Set(publisher.acknowledged);
  const file = path.join(home.folder, "backup.db");
  const facts = JSON.parse(await home.ok("backup", file, "--json")) as { events: number; waiting: number };
  const begunBefore = new Set(publisher.begun);
  await publisher.until(EVENTS_AFTER);
  await publisher.stop();
  release();
  expect((await daemon.program.kill("SIGTERM")).code).toBe(0);

  const backup = open(file);
  const original = open(home.storePath);
  expect(backup.pragma("integrity_check", { simple: true })).toBe("ok");
  expect(backup.pragma("foreign_key_check")).toEqual([]);
  const kept = ids(backup);
  // Everything acknowledged before it began, nothing begun after it ended, and no gap: the first so many of the store.
  expect([...before].filter((id) => !kept.has(id))).toEqual([]);
  expect([...kept].filter((id) => !begunBefore.has(id))).toEqual([]);
  expect([...ids(original)].slice(0, kept.size)).toEqual([...kept]);
  expect(kept.size).toBeLessThan(publisher.acknowledged.size);
  expect(facts.events).toBe(kept.size);
  // Nothing is there by half: each event with its two deliveries, each delivery with its attempts.
  expect(
    rows(
      backup,
      `SELECT public_id FROM events WHERE delivery_count <> 2
        OR 2 <> (SELECT count(*) FROM deliveries WHERE deliveries.event_id = events.event_id)`,
    ),
  ).toEqual([]);
  expect(
    rows(
      backup,
      `SELECT delivery_id FROM deliveries WHERE attempt_count
        <> (SELECT count(*) FROM attempts WHERE attempts.delivery_id = deliveries.delivery_id)`,
    ),
  ).toEqual([]);
  expect(rows(backup, "SELECT * FROM deliveries WHERE state = 'sending'").length).toBeGreaterThan(0);
  const done = pairs(backup, "state = 'succeeded'");
  const waiting = pairs(backup, "claimable_at IS NOT NULL");
  expect(done.size).toBeGreaterThan(0);
  expect(waiting.size).toBeGreaterThan(LARGE_EVENTS);
  expect(facts.waiting).toBe(waiting.size);

  const elsewhere = new HooksHome();
  copyFileSync(path.join(home.folder, "master.key"), path.join(elsewhere.folder, "master.key"));
  await elsewhere.ok("restore", file);
  const sentBefore = receiver.requests.length;
  const again = await elsewhere.serve("--log-level", "error");
  await receiver.request(sentBefore + waiting.size);
  expect((await again.program.kill("SIGTERM")).code).toBe(0);
  const sent = receiver.requests.slice(sentBefore).map(({ headers, path: at }) => `${headers["webhook-id"]} ${at}`);
  // What had waited is sent once more at most, what was done is not.
  expect(sent).toHaveLength(waiting.size);
  expect(new Set(sent)).toEqual(waiting);
  const restored = open(elsewhere.storePath);
  expect(pairs(restored, "state = 'succeeded'")).toEqual(new Set([...done, ...waiting]));
  expect(rows(restored, "SELECT database_id FROM store")).toEqual(rows(original, "SELECT database_id FROM store"));
});

function open(file: string): Database.Database {
  const db = new Database(file, { readonly: true });
  onTestFinished(() => void db.close());
  return db;
}

function rows(db: Database.Database, sql: string): unknown[] {
  return db.prepare(sql).all();
}

/** In the order of their commits. */
function ids(db: Database.Database): Set<string> {
  return new Set(db.prepare<unknown[], string>("SELECT public_id FROM events ORDER BY event_id").pluck().all());
}

/** `event-7 /late`, as a request names it. */
function pairs(db: Database.Database, condition: string): Set<string> {
  const sql = `
    SELECT e.public_id || ' /' || s.name
    FROM deliveries AS d JOIN events AS e USING (event_id) JOIN subscriptions AS s USING (subscription_id)
    WHERE ${condition}`;
  return new Set(db.prepare<unknown[], string>(sql).pluck().all());
}
