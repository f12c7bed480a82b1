import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import pg from "pg";
import { describe, expect, it, onTestFinished, type TestContext } from "vitest";
import { startPostgres } from "../../bench/load/postgres.ts";
import { enqueue as enqueuePostgres, OUTBOX as POSTGRES_OUTBOX } from "../../examples/outbox-postgres.ts";
import { enqueue as enqueueSqlite, OUTBOX as SQLITE_OUTBOX } from "../../examples/outbox-sqlite.ts";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

// The examples as they stand in examples/, with a real database, daemon and receiver.

const LIMIT_MS = 120_000;
const ROOT = path.join(import.meta.dirname, "../..");

/** A shop with an outbox, on whichever database. */
interface Shop {
  kind: "sqlite" | "postgres";
  /** As the relay is told of it. */
  address: string;
  /** In one transaction: an order, and its event (undefined data: one that no server takes). */
  place(total: number, type?: string): Promise<string>;
  /** The same, rolled back. */
  placeAndFail(total: number): Promise<void>;
  orders(): Promise<number>;
  outbox(): Promise<{ id: string; refused: string | null }[]>;
}

function sqliteShop(): Shop {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-outbox-"));
  const address = path.join(folder, "shop.db");
  const db = new Database(address);
  onTestFinished(() => {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
  db.pragma("journal_mode = WAL");
  db.exec(`CREATE TABLE orders (id TEXT PRIMARY KEY, total INTEGER NOT NULL) STRICT; ${SQLITE_OUTBOX}`);
  const place = db.transaction((total: number, type: string, fails: boolean) => {
    db.prepare("INSERT INTO orders VALUES (?, ?)").run(`order-${total}`, total);
    const id = enqueueSqlite(db, type, { total });
    if (fails) throw new Error("the payment failed");
    return id;
  });
  return {
    kind: "sqlite",
    address,
    place: async (total, type = "order.placed") => place(total, type, false),
    placeAndFail: async (total) => {
      expect(() => place(total, "order.placed", true)).toThrow("the payment failed");
    },
    orders: async () => db.prepare("SELECT 1 FROM orders").all().length,
    outbox: async () => db.prepare<[], { id: string; refused: string | null }>("SELECT id, refused FROM outbox").all(),
  };
}

async function postgresShop(context: TestContext): Promise<Shop> {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-outbox-"));
  // PostgreSQL does not run as root: its own user must come to its folder.
  chmodSync(folder, 0o755);
  const postgres = await startPostgres(folder);
  if (postgres === undefined) {
    rmSync(folder, { recursive: true, force: true });
    if (process.env["CI"] !== undefined) throw new Error("PostgreSQL (postgres, initdb) is missing");
    console.warn("SKIPPED: PostgreSQL (postgres, initdb) is not installed");
    return context.skip();
  }
  const pool = new pg.Pool({ connectionString: postgres.url });
  onTestFinished(async () => {
    await pool.end();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await pool.query(`CREATE TABLE orders (id text PRIMARY KEY, total integer NOT NULL); ${POSTGRES_OUTBOX}`);
  const place = async (total: number, type: string, end: "COMMIT" | "ROLLBACK"): Promise<string> => {
    const client = await pool.connect();
    await client.query("BEGIN");
    await client.query("INSERT INTO orders VALUES ($1, $2)", [`order-${total}`, total]);
    const id = await enqueuePostgres(client, type, { total });
    await client.query(end);
    client.release();
    return id;
  };
  return {
    kind: "postgres",
    address: postgres.url,
    place: (total, type = "order.placed") => place(total, type, "COMMIT"),
    placeAndFail: async (total) => void (await place(total, "order.placed", "ROLLBACK")),
    orders: async () => (await pool.query("SELECT 1 FROM orders")).rows.length,
    outbox: async () =>
      (await pool.query<{ id: string; refused: string | null }>("SELECT id, refused FROM outbox")).rows,
  };
}

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
}

function program(daemon: RunningDaemon, token: string, args: readonly string[]) {
  return spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"] ?? "", HOOKS_SERVER: daemon.url, HOOKS_API_KEY: token },
    stdio: ["ignore", "pipe", "inherit"],
    cwd: ROOT,
  });
}

async function relay(shop: Shop, daemon: RunningDaemon, how: "crash" | "once"): Promise<Ended> {
  const script = path.join(import.meta.dirname, "support/relay-program.ts");
  const child = program(daemon, await daemon.home.token(), [script, shop.kind, shop.address, how]);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout: stdout.trim() };
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await what())) await sleep(20);
}

describe.each<[string, (context: TestContext) => Shop | Promise<Shop>]>([
  ["outbox-sqlite.ts", sqliteShop],
  ["outbox-postgres.ts", postgresShop],
])("examples/%s", (file, openShop) => {
  it(
    "loses no event and doubles none when its relay is killed between publishing and deleting",
    async (context) => {
      const shop = await openShop(context);
      const home = new HooksHome();
      const daemon = await home.serve();
      const receiver = await openReceiver();
      await home.ok(
        "sub",
        "create",
        ...daemon.asked,
        "--url",
        `${receiver.url}/hook`,
        "--event",
        "order.placed",
        "--name",
        "shop",
      );

      const placed: string[] = [];
      for (let total = 1; total <= 20; total++) placed.push(await shop.place(total));
      await shop.placeAndFail(21);
      expect([await shop.orders(), (await shop.outbox()).length]).toEqual([20, 20]);

      expect(await relay(shop, daemon, "crash")).toMatchObject({ signal: "SIGKILL" });
      // The server has them, and the outbox does not know.
      expect((await shop.outbox()).map(({ id }) => id).toSorted()).toEqual(placed.toSorted());
      const bad = await shop.place(22, "not a type");
      placed.push(await shop.place(23));

      expect(await relay(shop, daemon, "once")).toMatchObject({ code: 0, stdout: "21" });
      expect(await shop.outbox()).toEqual([{ id: bad, refused: expect.stringContaining("type") }]);

      const deliveries = async () =>
        (await home.ok("delivery", "list", "--limit", "200", "--json"))
          .split("\n")
          .map((line) => JSON.parse(line) as { event_id: string; status: string });
      await until(async () => (await deliveries()).every(({ status }) => status === "succeeded"));
      expect((await deliveries()).map(({ event_id: id }) => id).toSorted()).toEqual(placed.toSorted());
      const received = receiver.requests.map(({ headers }) => headers["webhook-id"] ?? "");
      expect(received.toSorted()).toEqual(placed.toSorted());
    },
    LIMIT_MS,
  );

  it(
    "runs as it stands, and waits for a server that is not there yet",
    async (context) => {
      const shop = await openShop(context);
      const home = new HooksHome();
      const daemon = await home.serve();
      const receiver = await openReceiver();
      await home.ok("sub", "create", ...daemon.asked, "--url", `${receiver.url}/hook`, "--event", "*");
      const token = await home.token();
      await shop.place(1, "order.early");
      // Nobody listens there: the row stays.
      const nowhere = { ...daemon, url: "http://127.0.0.1:1", home } as RunningDaemon;
      expect(await relay(shop, nowhere, "once")).toMatchObject({ code: 0, stdout: "0" });
      expect(await shop.outbox()).toMatchObject([{ refused: null }]);

      const child = program(daemon, token, [path.join(ROOT, "examples", file), shop.address]);
      onTestFinished(() => {
        child.kill("SIGKILL");
      });
      // The one that waited, and the one that the example itself places.
      await until(() => receiver.requests.length === 2);
      await until(async () => (await shop.outbox()).length === 0);
      const late = await shop.place(5, "order.late");
      await until(() => receiver.requests.length === 3);
      expect(receiver.requests[2]?.headers["webhook-id"]).toBe(late);
      await until(async () => (await shop.outbox()).length === 0);
      child.kill("SIGINT");
      expect(await once(child, "close")).toEqual([0, null]);
    },
    LIMIT_MS,
  );
});
