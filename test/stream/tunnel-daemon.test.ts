import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { type Daemon, startDaemon } from "../../src/daemon.ts";
import { RawListener } from "./support/tunnel.ts";

// The daemon as it is shipped, with its own transport: what tunnel-order.test.ts shows of the dispatcher holds there.

const SCOPE = { tenant: "default", environment: "development" };
const WAIT = { timeout: 60_000, interval: 5 };

interface Opened {
  to: Daemon;
  log: string[];
  /** A second connection to its store. */
  store: Database.Database;
}

async function daemon(): Promise<Opened> {
  const home = mkdtempSync(path.join(tmpdir(), "hooks-tunnel-"));
  const log: string[] = [];
  const to = await startDaemon({
    storePath: path.join(home, "hooks.db"),
    dataDirectory: home,
    host: "127.0.0.1",
    port: 0,
    log: { level: "info", format: "json", write: (line) => log.push(line) },
  });
  const store = new Database(to.storePath);
  onTestFinished(async () => {
    store.close();
    await to.stop({ drainMs: 0 });
    rmSync(home, { recursive: true, force: true });
  });
  return { to, log, store };
}

const listen = (to: Daemon, credit: number): Promise<RawListener> =>
  RawListener.ready(to.url, { session: "shared", credit }, { authorization: `Bearer ${to.token}` });

const eventOf = (id: string) => ({ type: "order.created", id, data: Buffer.from("{}") });

const idsOf = (listener: RawListener): unknown[] => listener.of("delivery").map((frame) => frame["event_id"]);

it("what was lost with a connection comes before what is later, although others of the session had room for that", {
  timeout: 120_000,
}, async () => {
  const { to, log, store } = await daemon();
  const service = to.serviceFor(SCOPE);
  const lost = await listen(to, 3);
  await service.publishBatch(["e1", "e2", "e3"].map(eventOf), { atomic: true });
  await lost.frame("delivery", 3);
  const other = await listen(to, 10);

  // It has its place with the other listener, and is not on disk before the first one is gone.
  store.exec("BEGIN IMMEDIATE");
  const later = service.publish(eventOf("e4"));
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  lost.socket.terminate();
  await expect.poll(() => log.some((line) => line.includes("listener.gone")), WAIT).toBe(true);
  expect(idsOf(other)).toEqual([]);
  store.exec("ROLLBACK");
  await later;
  await other.frame("delivery", 4);
  expect(idsOf(other)).toEqual(["e1", "e2", "e3", "e4"]);
});

it("more is claimed than its listeners have room for, so that they need not wait for the store", {
  timeout: 120_000,
}, async () => {
  const { to, store } = await daemon();
  const CREDIT = 2;
  const EVENTS = 200;
  const listeners = [await listen(to, CREDIT), await listen(to, CREDIT)];
  const ids = Array.from({ length: EVENTS }, (_, n) => `e${String(n).padStart(3, "0")}`);
  await to.serviceFor(SCOPE).publishBatch(ids.map(eventOf), { atomic: true });
  const states = store.prepare<[], { leased: number; ended: number }>(
    "SELECT count(*) FILTER (WHERE worker_id IS NOT NULL) AS leased, count(completed_at) AS ended FROM deliveries",
  );
  const answered = listeners.map(() => 0);
  let mostAhead = 0;
  for (let handedOut = 0; handedOut < EVENTS; ) {
    const { leased, ended } = states.get()!;
    // Leased is also what they have in hand, and what they have answered and is not recorded.
    const frames = listeners.map((listener) => listener.of("delivery"));
    handedOut = frames.flat().length;
    mostAhead = Math.max(mostAhead, leased - (handedOut - ended));
    for (const [which, listener] of listeners.entries()) {
      for (const frame of frames[which]!.slice(answered[which])) listener.answer(frame);
      answered[which] = frames[which]!.length;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  // What is on its way to them is no more than what they have room for.
  expect(mostAhead).toBeGreaterThan(2 * CREDIT * listeners.length);
});
