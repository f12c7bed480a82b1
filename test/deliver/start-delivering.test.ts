import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ClockWatch } from "../../src/deliver/clock-watch.ts";
import { ShiftedStore } from "../../src/deliver/shifted-store.ts";
import { startDelivering } from "../../src/deliver/start-delivering.ts";
import { SteadyClock } from "../../src/deliver/steady-clock.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { tempFolder } from "../store/temp-folder.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { startSending } from "../support/sending.ts";

it("is told of what others change while its start waits for the disk, and sends nothing to what they switched off", async () => {
  const receiver = await openReceiver();
  const folder = tempFolder();
  const sending = await startSending({ folder, start: false, mode: "thread" });
  const kept = await sending.subscribe(`${receiver.url}/kept`);
  const off = await sending.subscribe(`${receiver.url}/off`);
  await sending.publish(off);
  await sending.publish(kept);
  const beside = await openSqliteStore({ path: join(folder, "hooks.db") });
  onTestFinished(() => beside.close());
  const told = Promise.withResolvers<void>();
  const { store, dispatcher } = sending;
  const clock = new SteadyClock({
    wall: Date.now,
    running: () => performance.now(),
    sinceBoot: () => performance.now(),
  });
  const clockWatch = new ClockWatch({
    clock,
    wallNow: Date.now,
    worker: "boot-1",
    // The first write of a start. Somebody else has the disk until what he changed is known here.
    store: {
      shiftDueTimes: async (stepMs, now) => {
        await beside.updateSubscription(off.rowId, { enabled: false, updatedAt: now });
        await told.promise;
        return store.shiftDueTimes(stepMs, now);
      },
    },
    dispatched: new ShiftedStore(store, () => clock.offsetMs),
    onNews: () => {},
    onFatal: (error) => {
      throw error;
    },
  });
  const closers: (() => Promise<void> | void)[] = [];
  await startDelivering(
    {
      store,
      clockWatch,
      dispatcher,
      onChange: ({ configChanged }) => {
        if (configChanged) void sending.change(off, { enabled: false }).then(told.resolve);
      },
    },
    closers,
  );
  await sending.recorded(1);
  for (const close of closers.toReversed()) await close();
  expect(receiver.requests.map(({ path }) => path)).toEqual(["/kept"]);
});
