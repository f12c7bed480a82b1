import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { LEASE, NOON, newEvent, newSubscription, SCOPE, success, WORKER } from "./fixtures.ts";
import { tempFolder } from "./temp-folder.ts";

async function openThread() {
  const path = join(tempFolder(), "hooks.db");
  const store = await openSqliteStore({ path, mode: "thread" });
  onTestFinished(() => store.close());
  const reading = new Database(path, { readonly: true });
  onTestFinished(() => void reading.close());
  const count = reading.prepare<[], number>("SELECT count(*) FROM events").pluck();
  return { store, countEvents: () => count.get()! };
}

/** Holds this thread, the event loop with it. */
function hold(until: () => boolean, mostMs: number): void {
  const end = performance.now() + mostMs;
  while (!until() && performance.now() < end);
}

describe("the store's thread", () => {
  it("begins with 16 writes while this one is busy, and leaves fewer to the end of its turn", async () => {
    const { store, countEvents } = await openThread();
    const fifteen = Array.from({ length: 15 }, () => store.appendEvents([newEvent()]));
    hold(() => 0 < countEvents(), 300);
    expect(countEvents()).toBe(0);
    await Promise.all(fifteen);
    expect(countEvents()).toBe(15);

    const sixteen = Array.from({ length: 16 }, () => store.appendEvents([newEvent()]));
    hold(() => 15 < countEvents(), 60_000);
    expect(countEvents()).toBe(31);
    await Promise.all(sixteen);
  });

  it("claims and records before it stores the new events that came first", async () => {
    const { store, countEvents } = await openThread();
    const lane = await store.insertSubscription(newSubscription());
    await store.appendEvents([newEvent([lane]), newEvent([lane])]);
    const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
    const answered: (string | number)[] = [];
    const appends = Array.from({ length: 40 }, async (_, n) => {
      const events = Array.from({ length: 100 }, () => newEvent([lane], { createdAt: NOON + n }));
      await store.appendEvents(events);
      answered.push(n);
    });
    const recording = store
      .recordAttempts(WORKER, [success(claimed!.deliveries[0]!)])
      .then(() => answered.push("record"));
    const claiming = store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE).then(([next]) => {
      answered.push("claim");
      expect(next!.deliveries).toHaveLength(1);
    });
    await Promise.all([...appends, recording, claiming]);
    expect(answered.filter((one) => typeof one === "number")).toEqual(Array.from({ length: 40 }, (_, n) => n));
    expect(answered.indexOf("record")).toBeLessThan(20);
    expect(answered.indexOf("claim")).toBeLessThan(20);
    expect(countEvents()).toBe(4_002);
    expect(await store.listEvents(SCOPE, {}, 1, undefined)).toHaveLength(1);
  });

  it("writes all that waits before it ends", async () => {
    const { store, countEvents } = await openThread();
    const appends = Array.from({ length: 20 }, () => store.appendEvents(Array.from({ length: 100 }, () => newEvent())));
    await store.close();
    await Promise.all(appends);
    expect(countEvents()).toBe(2_000);
  });
});
