import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { migrate, SCHEMA_VERSION } from "../../src/store/sqlite/migrate.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { makeStoreFile } from "../../src/store/sqlite/store-file.ts";
import { LEASE, NOON, newEvent, newSubscription, OTHER_WORKER, SCOPE } from "./fixtures.ts";
import { makeSchemaOne, SCHEMA_ONE } from "./schema-one.ts";
import { tempFolder } from "./temp-folder.ts";

describe("a migration that is killed before any of its statements", () => {
  it("is begun again by the next start, from an empty file", async () => {
    const kills = await killedEverywhere(
      () => {},
      async (path) => {
        const store = await openSqliteStore({ path });
        await store.insertSubscription(newSubscription());
        await store.appendEvents([newEvent()]);
        await store.close();
      },
    );
    // Each statement of each file, and those around them: if it were few, the counting would be broken.
    expect(kills).toBeGreaterThan(40);
  });

  it("is begun again by the next start, from the first version's store, which loses nothing", async () => {
    const kills = await killedEverywhere(makeSchemaOne, keepsEverything);
    expect(kills).toBeGreaterThan(8);
  });
});

describe("a store of the first version", () => {
  it("keeps its deliveries in every state, by daemon and command", async () => {
    for (const mode of ["thread", "inline"] as const) {
      const path = join(tempFolder(), "hooks.db");
      makeSchemaOne(path);
      await keepsEverything(path, mode);
    }
  });

  it("is left as it is by who only reads", async () => {
    const path = join(tempFolder(), "hooks.db");
    makeSchemaOne(path);
    const before = readFileSync(path);
    await expect(openSqliteStore({ path, readOnly: true })).rejects.toMatchObject({ message: /older than this hooks/ });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });
});

async function keepsEverything(path: string, mode: "thread" | "inline" = "inline"): Promise<void> {
  const store = await openSqliteStore({ path, mode });
  const [subscription] = await store.loadSubscriptions();
  expect(subscription).toMatchObject({ id: "sub_old", name: "shop", counts: { succeeded: 1, failed: 1 } });
  expect(subscription!.secrets).toMatchObject([{ id: "sec_old", hint: "whsec_…Qx" }]);
  expect(subscription!.health).toMatchObject({ recent: 5, recentCount: 3, consecutiveFailures: 1 });
  const deliveries = await store.listDeliveries(SCOPE, {}, 100, undefined);
  expect(deliveries.map(({ eventId, state }) => [eventId, state]).toReversed()).toEqual(
    SCHEMA_ONE.events.map((id, index) => [id, SCHEMA_ONE.states[index]]),
  );
  for (const { rowId, attemptCount } of deliveries) {
    expect(await store.listAttempts(rowId)).toHaveLength(attemptCount);
  }
  // What waits is due, what the dead process held is taken back, and what was tried comes with its count.
  expect(await store.reclaimLeases(OTHER_WORKER, NOON)).toBe(1);
  const lane = { subscriptionRowId: subscription!.rowId, limit: 10 };
  const [claimed] = await store.claimDue([lane], NOON, { ...LEASE, worker: OTHER_WORKER });
  const claims = claimed!.deliveries.map(({ event, attemptCount }) => [event.id, attemptCount]);
  expect(claims.toSorted(([one], [other]) => String(one).localeCompare(String(other)))).toEqual([
    ["evt-leased", 0],
    ["evt-retrying", 1],
    ["evt-waiting", 0],
  ]);
  await store.close();
}

/**
 * Answers how often it was killed: once before each statement. What SIGKILL leaves behind is the files as they are at
 * that moment (a kill of a whole process at these points is R02's): so one migration, and a copy before each statement.
 */
async function killedEverywhere(make: (path: string) => void, check: (path: string) => Promise<void>): Promise<number> {
  const folder = tempFolder();
  const path = join(folder, "hooks.db");
  make(path);
  makeStoreFile(path);
  const copies = tempFolder();
  let kills = 0;
  const connection = new Database(path, {
    verbose: () => {
      cpSync(folder, join(copies, String(kills)), { recursive: true });
      kills += 1;
    },
  });
  connection.pragma("synchronous = FULL");
  migrate(connection, path);
  connection.pragma("journal_mode = WAL");
  connection.close();
  for (let kill = 0; kill < kills; kill++) {
    const copy = join(copies, String(kill), "hooks.db");
    await check(copy);
    expect(stateOf(copy), `statement ${kill + 1}`).toEqual({ version: SCHEMA_VERSION, integrity: "ok" });
  }
  return kills;
}

function stateOf(path: string): { version: unknown; integrity: unknown } {
  const db = new Database(path, { readonly: true });
  try {
    expect(db.pragma("foreign_key_check")).toEqual([]);
    return {
      version: db.pragma("user_version", { simple: true }),
      integrity: db.pragma("integrity_check", { simple: true }),
    };
  } finally {
    db.close();
  }
}
