// The whole way: events published over HTTP to `hooks serve` while it delivers them, until the last has arrived; against
// what undici alone posts to the same receiver in the same round, without anything accepted or stored.
// Two cores are shared by the daemon (its loop and its writer), the receiver and the publisher.

import { type Bench, hundredths, judged, type Row, whole } from "./bench.ts";
import { type AgainstBare, againstBare } from "./load/against-bare.ts";
import { startDaemon } from "./load/daemon.ts";
import { createSubscriptions } from "./load/fill-store.ts";
import { batchBody, eventBody, WARM_UP } from "./load/payload.ts";
import { cpuSecondsOf, microsEach, type ThreadCpu } from "./load/process-facts.ts";
import { publishAll } from "./load/publisher.ts";
import { type Receiver, startReceiver } from "./load/start-receiver.ts";
import { round } from "./report/statistics.ts";
import { inFolder } from "./workspace.ts";

const CONNECTIONS = 64;

interface EndToEndSize {
  rounds: number;
  events: number;
  warmUp: number;
  /** Events in a request. */
  batch: number;
}

interface EndToEndResult extends EndToEndSize, AgainstBare {
  connections: number;
}

/** µs of CPU an event: the daemon's by thread, the receiver's and the publisher's. */
type WholeCpu = ThreadCpu & { receiver: number; publisher: number };

interface Published {
  perSecond: number;
  cpuMicros: WholeCpu | undefined;
}

export const endToEnd: Bench = {
  name: "end-to-end",
  run: async (size) => {
    const full = { rounds: 5, warmUp: WARM_UP };
    const quick = { rounds: 1, warmUp: 200, events: 1_000 };
    const single = await measure({ ...(size === "full" ? { ...full, events: 50_000 } : quick), batch: 1 });
    const batched = await measure({ ...(size === "full" ? { ...full, events: 100_000 } : quick), batch: 100 });
    return {
      rows: [...rowsOf(single, "one a request", 0.4), ...rowsOf(batched, "100 a request", 0.7)],
      details: { single, batched },
    };
  },
};

async function measure(size: EndToEndSize): Promise<EndToEndResult> {
  const receiver = await startReceiver();
  try {
    const bare = { url: receiver.url, count: size.events, warmUp: size.warmUp, connections: CONNECTIONS };
    const found = await againstBare(size.rounds, bare, () => publishWhileDelivering(receiver, size));
    return { ...size, ...found, connections: CONNECTIONS };
  } finally {
    await receiver.stop();
  }
}

function publishWhileDelivering(receiver: Receiver, { events, warmUp, batch }: EndToEndSize): Promise<Published> {
  return inFolder("end-to-end", async (folder) => {
    await createSubscriptions(folder, [{ url: `${receiver.url}/`, events: ["*"], concurrency: CONNECTIONS }]);
    const { port, token, during, threadCpu, stop } = await startDaemon(folder);
    try {
      const bodies = [batch === 1 ? eventBody() : batchBody(batch)];
      const route = batch === 1 ? "/v1/events" : "/v1/events/batch";
      const publish = async (count: number): Promise<number> => {
        await receiver.reset();
        const [{ startedAt }, arrivedAt] = await during(
          Promise.all([
            publishAll({ port, token, route, bodies, requests: count / batch, connections: CONNECTIONS }),
            receiver.reaches(count),
          ]),
        );
        return (arrivedAt - startedAt) / 1_000;
      };
      await publish(warmUp);
      const before = { daemon: threadCpu(), receiver: receiver.cpuSeconds(), publisher: cpuSecondsOf(process.pid) };
      const seconds = await publish(events);
      const cpu = microsEach(before.daemon, threadCpu(), events);
      const each = (now: number | undefined, then: number | undefined): number =>
        round((((now ?? 0) - (then ?? 0)) / events) * 1e6, 1);
      return {
        perSecond: events / seconds,
        cpuMicros: cpu && {
          ...cpu,
          receiver: each(receiver.cpuSeconds(), before.receiver),
          publisher: each(cpuSecondsOf(process.pid), before.publisher),
        },
      };
    } finally {
      await stop();
    }
  });
}

function rowsOf(result: EndToEndResult, how: string, least: number): Row[] {
  return [
    {
      measure: `events a second published and delivered, ${how}`,
      value: whole(result.hooksPerSecond),
      isHeadline: true,
    },
    judged({ measure: `÷ undici alone, ${how}`, isHeadline: true }, result.ratioToPlain, { least }, hundredths),
    { measure: `÷ undici alone with hooks' own signing, ${how}`, value: hundredths(result.ratioToOurs) },
  ];
}

if (import.meta.main) console.dir((await endToEnd.run("full")).details, { depth: 6 });
