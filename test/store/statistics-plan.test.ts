import { expect, it } from "vitest";
import { ANY } from "../../src/core/key.ts";
import { type Connection, openConnection } from "../../src/store/sqlite/connection.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { StatisticsReader } from "../../src/store/sqlite/statistics-reader.ts";
import { LEASE, NOON, newEvent, newSubscription, SCOPE, success, WORKER } from "./fixtures.ts";
import { tempFolder } from "./temp-folder.ts";

/** What grows with the number of attempts or of deliveries, and must never be walked over for a statistic. */
const SCANS = /^SCAN (statistics|deliveries|attempts|events|subscriptions)\b/;

it("reading statistics walks over no table, whatever is asked", async () => {
  const path = `${tempFolder()}/hooks.db`;
  const store = await openSqliteStore({ path, mode: "inline", onFatal: () => {} });
  const rowId = await store.insertSubscription(newSubscription());
  await store.appendEvents([newEvent([rowId]), newEvent([rowId])]);
  const [claimed] = await store.claimDue([{ subscriptionRowId: rowId, limit: 1 }], NOON, LEASE);
  await store.recordAttempts(WORKER, [success(claimed!.deliveries[0]!)]);

  const connection = openConnection(path, "read");
  const asked: string[] = [];
  const spied = new Proxy(connection, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: unknown[]): unknown => {
        if (name === "prepare") asked.push(String(given[0]));
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  }) as Connection;
  const reader = new StatisticsReader(spied);
  for (const by of [undefined, "type", "subscription"] as const) reader.read(SCOPE, { since: 0, by, limit: 10 });
  reader.read(SCOPE, { since: 0, by: undefined, subscriptionRowId: rowId, limit: 10 });
  reader.readScopes({ tenant: ANY, environment: ANY }, 0, 10);
  expect(reader.readWaiting(SCOPE, 10).subscriptions).toHaveLength(1);

  expect(asked.length).toBeGreaterThan(8);
  const scans = asked.flatMap((sql) => {
    const steps = connection.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...bound(sql));
    return steps.map(({ detail }) => detail).filter((detail) => SCANS.test(detail));
  });
  expect(scans).toEqual([]);
  // The check finds one where there is one.
  const [whole] = connection
    .prepare<unknown[], { detail: string }>("EXPLAIN QUERY PLAN SELECT sum(attempts) FROM statistics WHERE failed > 1")
    .all();
  expect(whole!.detail).toMatch(/^SCAN statistics/);
  connection.close();
  await store.close();
});

/** A value for each parameter: what it is changes no plan. */
function bound(sql: string): unknown[] {
  const named = Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, 1]));
  return 0 < Object.keys(named).length ? [named] : Array.from({ length: sql.split("?").length - 1 }, () => 1);
}
