// Run by itself (PATH [PUBLISHERS [EVENTS EACH]]), it is a process made to be killed: it takes the lock, opens the store
// with its thread, publishes as fast as it can with half of the deliveries leased to it, and prints the id of each event
// once it is acknowledged.

import { type ChildProcess, spawn } from "node:child_process";
import { acquireDaemonLock } from "../../src/store/sqlite/daemon-lock.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { LEASE, newDelivery, newEvent, newSubscription, WORKER } from "./fixtures.ts";

export interface CrashWriter {
  process: ChildProcess;
  /** Ids so far, each acknowledged before it was printed. */
  readonly ids: string[];
  /** Resolves when there are so many. */
  acknowledged(count: number): Promise<void>;
}

export function startCrashWriter(path: string, { publishers = 16 } = {}): CrashWriter {
  const args = [import.meta.filename, path, String(publishers)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ids: string[] = [];
  let rest = "";
  let look = () => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    ids.push(...lines);
    look();
  });
  const acknowledged = (count: number) =>
    new Promise<void>((resolve, reject) => {
      child.once("exit", () => reject(new Error("the writer ended")));
      look = () => {
        if (count <= ids.length) resolve();
      };
      look();
    });
  return { process: child, ids, acknowledged };
}

async function publish(path: string, publishers: number, eventsEach: number): Promise<void> {
  if (acquireDaemonLock(path) === undefined) throw new Error("the store is locked");
  const store = await openSqliteStore({ path, mode: "thread" });
  const lane = await store.insertSubscription(newSubscription());
  const publisher = async (lease: typeof LEASE | undefined) => {
    for (let n = 0; n < eventsEach; n++) {
      const event = newEvent([], { deliveries: [newDelivery(lane, { lease })] });
      await store.appendEvents([event]);
      await new Promise((resolve) => process.stdout.write(`${event.id}\n`, resolve));
    }
  };
  const lease = { ...LEASE, worker: `${WORKER}-${process.pid}` };
  await Promise.all(Array.from({ length: publishers }, (_, n) => publisher(n % 2 === 0 ? lease : undefined)));
  await store.close();
}

if (process.argv[1] === import.meta.filename) {
  const [path, publishers = 16, eventsEach = Number.POSITIVE_INFINITY] = process.argv.slice(2);
  await publish(path!, Number(publishers), Number(eventsEach));
}
