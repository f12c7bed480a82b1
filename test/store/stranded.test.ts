import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type ErrorCode, HooksError } from "../../src/core/errors.ts";
import { openConnection } from "../../src/store/sqlite/connection.ts";
import { InlineChannel } from "../../src/store/sqlite/inline-channel.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { WriteChannel, WriteKind } from "../../src/store/sqlite/write-operations.ts";
import { failure, LEASE, NOON, newEvent, newSubscription, SCOPE, WORKER } from "./fixtures.ts";
import { tempFolder } from "./temp-folder.ts";

/** A store that refuses writes of these kinds, as long as they are in the set. By default its disk is full. */
async function openRefusing(refused: Set<WriteKind>, code: ErrorCode = "store_full"): Promise<SqliteStore> {
  const path = join(tempFolder(), "hooks.db");
  await (await openSqliteStore({ path })).close();
  const events = { onFatal: (error: Error) => expect.fail(error.message), onNote: () => {} };
  const inner = new InlineChannel(path, openConnection(path, "write"), events);
  const channel: WriteChannel & { commits: number } = {
    submit: (kind, input) =>
      refused.has(kind) ? Promise.reject(new HooksError(code, "no space left on the disk")) : inner.submit(kind, input),
    watch: (listener) => inner.watch(listener),
    isBroken: false,
    idle: () => inner.idle(),
    close: () => inner.close(),
    commits: 0,
  };
  const store = new SqliteStore(path, openConnection(path, "read"), channel, undefined);
  onTestFinished(() => store.close());
  return store;
}

const PASSING: readonly ErrorCode[] = ["store_full", "store_busy", "unavailable"];
const AFTERWARDS: readonly WriteKind[] = ["cancelOrphans", "failLeftovers"];

async function claimed(store: SqliteStore, subscriptionRowId: number) {
  const [lane] = await store.claimDue([{ subscriptionRowId, limit: 1 }], NOON, LEASE);
  return lane!.deliveries[0]!;
}

it.each(PASSING)(
  "records an attempt once although %s keeps it from what follows, and does that later",
  async (code) => {
    const refused = new Set(AFTERWARDS);
    const store = await openRefusing(refused, code);
    const rowId = await store.insertSubscription(newSubscription());
    await store.appendEvents([newEvent([rowId]), newEvent([rowId])]);
    const first = await claimed(store, rowId);
    const gone = failure(first, { kind: "failed", reason: "gone", disableSubscription: "gone" });
    expect(await store.recordAttempts(WORKER, [gone])).toMatchObject({
      disabled: [{ subscriptionRowId: rowId, reason: "gone" }],
    });
    expect(await store.listAttempts(first.rowId)).toHaveLength(1);

    // One that was not leased when its subscription was disabled, as if it had been too many for one commit.
    await store.appendEvents([newEvent([rowId])]);
    const waiting = { subscriptionRowId: rowId, state: "pending" } as const;
    await store.claimDue([], NOON, LEASE);
    expect(await store.countDeliveries(SCOPE, waiting)).toBe(1);
    refused.clear();
    await store.claimDue([], NOON, LEASE);
    expect(await store.countDeliveries(SCOPE, waiting)).toBe(0);
  },
);

it.each(PASSING)("says that one is deleted although %s keeps its deliveries, and cancels them later", async (code) => {
  const refused = new Set(AFTERWARDS);
  const store = await openRefusing(refused, code);
  const rowId = await store.insertSubscription(newSubscription());
  await store.appendEvents([newEvent([rowId])]);
  expect(await store.deleteSubscription(rowId, NOON)).toBe(true);
  const [delivery] = await store.listDeliveries(SCOPE, { subscriptionRowId: rowId }, 10, undefined);
  expect(delivery).toMatchObject({ state: "pending" });
  refused.clear();
  await store.claimDue([], NOON, LEASE);
  const [cancelled] = await store.listDeliveries(SCOPE, { subscriptionRowId: rowId }, 10, undefined);
  expect(cancelled).toMatchObject({ state: "cancelled", reason: "subscription_deleted" });
});

it("moves nothing twice when the clock was set and the disk takes only a part of it", async () => {
  const refused = new Set<WriteKind>(["shiftHealth"]);
  const store = await openRefusing(refused);
  const rowId = await store.insertSubscription(newSubscription());
  await store.appendEvents([newEvent([rowId])]);
  await store.recordAttempts(WORKER, [failure(await claimed(store, rowId), { kind: "retry", at: NOON + 60_000 })]);
  const HOUR = 3_600_000;
  const shift = () => store.shiftDueTimes(HOUR, NOON + HOUR);
  await expect(shift()).rejects.toMatchObject({ code: "store_full" });
  await expect(shift()).rejects.toMatchObject({ code: "store_full" });
  refused.clear();
  await shift();
  expect((await store.nextDueTimes([rowId])).get(rowId)).toBe(NOON + 60_000 + HOUR);
  await shift();
  expect((await store.nextDueTimes([rowId])).get(rowId)).toBe(NOON + 60_000 + 2 * HOUR);
});

it("still says that a disk failed", async () => {
  const store = await openRefusing(new Set(["deleteSubscription"]));
  const rowId = await store.insertSubscription(newSubscription());
  await expect(store.deleteSubscription(rowId, NOON)).rejects.toThrow("no space left");
});
