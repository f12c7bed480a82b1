// `node bench/load/two-tenants.ts '{"folder":…,"busyUrl":…,"calmUrl":…,"busyEvents":…,"calmEvents":…}'`: a daemon with two
// tenants in a process of its own (over HTTP there is only one yet). The busy one publishes everything it has, in batches;
// the calm one publishes its few events spread over that. Sends { publishedAt: [id, ms of clock.ts][] } of the calm one.

import path from "node:path";
import type { HooksService } from "../../src/core/hooks-service.ts";
import { startDaemon } from "../../src/daemon.ts";
import { clockMs } from "./clock.ts";
import { DATA, EVENT_TYPE } from "./payload.ts";

export interface TwoTenants {
  folder: string;
  busyUrl: string;
  calmUrl: string;
  /** 0: the calm tenant is alone. */
  busyEvents: number;
  calmEvents: number;
}

const BATCH = 100;
/** Batches on their way at once. */
const IN_FLIGHT = 8;
/** Between two calm events when nobody else publishes. */
const CALM_MS = 50;
const EVENT = { type: EVENT_TYPE, data: Buffer.from(DATA) };

const { folder, busyUrl, calmUrl, busyEvents, calmEvents } = JSON.parse(process.argv[2]!) as TwoTenants;
const daemon = await startDaemon({
  storePath: path.join(folder, "hooks.db"),
  dataDirectory: folder,
  host: "127.0.0.1",
  port: 0,
  env: {},
});
const [busy, calm] = (["busy", "calm"] as const).map((tenant) =>
  daemon.serviceFor({ tenant, environment: "development" }),
) as [HooksService, HooksService];
await busy.createSubscription({ url: busyUrl, events: ["*"], concurrency: 64 });
await calm.createSubscription({ url: calmUrl, events: ["*"] });

const publishedAt: [id: string, at: number][] = [];
await calm.publish({ ...EVENT, id: "warm-up" });
if (busyEvents === 0) {
  for (let n = 0; n < calmEvents; n++) {
    await publishCalm();
    await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  }
} else {
  await publishBusy();
}
process.send?.({ publishedAt });
process.on("disconnect", () => process.exit());

async function publishCalm(): Promise<void> {
  const id = `calm-${publishedAt.length}`;
  publishedAt.push([id, clockMs()]);
  await calm.publish({ ...EVENT, id });
}

/** A calm event for each tenth (or whatever part) of the busy ones. */
async function publishBusy(): Promise<void> {
  let sent = 0;
  const calmOnes: Promise<void>[] = [];
  const publisher = async (): Promise<void> => {
    while (sent < busyEvents) {
      sent += BATCH;
      if (calmOnes.length < calmEvents && (calmOnes.length + 0.5) * (busyEvents / calmEvents) <= sent) {
        calmOnes.push(publishCalm());
      }
      await busy.publishBatch(Array(BATCH).fill(EVENT));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, publisher));
  await Promise.all(calmOnes);
}
