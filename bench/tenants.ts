// A tenant beside a busy one (R39): A publishes 100,000 events, B publishes 10 meanwhile. How long B's take from the
// publish call to the first byte at its receiver, against B alone.

import { type Bench, judged, ms, whole } from "./bench.ts";
import { startChild } from "./load/child.ts";
import { startReceiver } from "./load/start-receiver.ts";
import { TimedReceiver } from "./load/timed-receiver.ts";
import type { TwoTenants } from "./load/two-tenants.ts";
import { median, percentile } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

/** What B may lose, ms. */
const MOST_LATER = 500;

export const tenants: Bench = {
  name: "tenants",
  run: async (size) => {
    const [rounds, busyEvents, calmEvents] = size === "full" ? [3, 100_000, 10] : [1, 1_000, 5];
    const waits = await inTurn(rounds, {
      alone: () => measure(0, calmEvents),
      beside: () => measure(busyEvents, calmEvents),
    });
    const [alone, beside] = [waits.alone, waits.beside].map((runs) =>
      median(runs.map((run) => percentile(run, 0.99))),
    ) as [number, number];
    const row = judged(
      { measure: `p99 of a tenant while another publishes ${whole(busyEvents)} events`, isHeadline: true },
      beside,
      { most: alone + MOST_LATER },
      ms,
    );
    return {
      rows: [{ ...row, target: `${row.target} (${ms(alone)} alone)` }],
      details: { rounds, busyEvents, calmEvents, waits },
    };
  },
};

/** Ms that each calm event took, ascending. */
function measure(busyEvents: number, calmEvents: number): Promise<number[]> {
  return inFolder("tenants", async (folder) => {
    const arrivedAt = new Map<string, number>();
    const allArrived = Promise.withResolvers<void>();
    const calm = await TimedReceiver.start(({ eventId, at }) => {
      if (eventId.startsWith("calm-")) arrivedAt.set(eventId, at);
      if (arrivedAt.size === calmEvents) allArrived.resolve();
      return "at once";
    });
    const busy = await startReceiver();
    const work: TwoTenants = { folder, busyUrl: `${busy.url}/`, calmUrl: `${calm.url}/`, busyEvents, calmEvents };
    const child = startChild("load/two-tenants.ts", [JSON.stringify(work)]);
    try {
      const { publishedAt } = (await child.message()) as { publishedAt: [string, number][] };
      await allArrived.promise;
      return publishedAt.map(([id, at]) => arrivedAt.get(id)! - at).toSorted((one, other) => one - other);
    } finally {
      await child.stop();
      await calm.stop();
      await busy.stop();
    }
  });
}

if (import.meta.main) console.dir(await tenants.run("full"), { depth: 6 });
