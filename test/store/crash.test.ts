import { once } from "node:events";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { startCrashWriter } from "./crash-writer.ts";
import { LEASE, NOON, OTHER_WORKER, SCOPE } from "./fixtures.ts";
import { tempFolder } from "./temp-folder.ts";

it("keeps everything it acknowledged when it is killed, and its leases are taken back at once", async () => {
  const path = join(tempFolder(), "hooks.db");
  const acknowledged: string[] = [];
  for (let round = 1; round <= 5; round++) {
    const child = startCrashWriter(path);
    onTestFinished(() => void child.process.kill("SIGKILL"));
    await child.acknowledged(150 * round);
    const ended = once(child.process, "close");
    child.process.kill("SIGKILL");
    await ended;
    acknowledged.push(...child.ids);

    const store = await openSqliteStore({ path });
    for (const id of acknowledged) expect(await store.findEvent(SCOPE, id), id).toBeDefined();
    const leased = await store.countDeliveries(SCOPE, { state: "sending" });
    expect(leased).toBeGreaterThan(0);
    expect(await store.reclaimLeases(OTHER_WORKER, NOON)).toBe(leased);
    const subscriptionRowId = (await store.loadSubscriptions()).at(-1)!.rowId;
    const lease = { ...LEASE, worker: OTHER_WORKER };
    const [claimed] = await store.claimDue([{ subscriptionRowId, limit: 10_000 }], NOON, lease);
    const pairs = await store.countDeliveries(SCOPE, { subscriptionRowId });
    expect(claimed!.deliveries).toHaveLength(pairs);
    await store.releaseLeases(
      OTHER_WORKER,
      claimed!.deliveries.map(({ rowId }) => rowId),
      NOON,
    );
    await store.close();
  }
  const db = new Database(path, { readonly: true });
  onTestFinished(() => void db.close());
  expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  expect(db.pragma("foreign_key_check")).toEqual([]);
});
