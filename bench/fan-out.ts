// One event that 1,000 subscriptions take, each with a path of its own, so that there are 1,000 lanes: deliveries a second
// from the first publish to the last arrival; against undici alone, which posts to the same paths.

import { type Bench, hundredths, judged, whole } from "./bench.ts";
import { type AgainstBare, againstBare } from "./load/against-bare.ts";
import { startDaemon } from "./load/daemon.ts";
import { createSubscriptions } from "./load/fill-store.ts";
import { eventBody, WARM_UP } from "./load/payload.ts";
import { microsEach, type ThreadCpu } from "./load/process-facts.ts";
import { publishAll } from "./load/publisher.ts";
import { type Receiver, startReceiver } from "./load/start-receiver.ts";
import { inFolder } from "./workspace.ts";

/** Of undici alone: as many as the daemon sends at once when nobody says otherwise. */
const CONNECTIONS = 256;

interface FanOutSize {
  rounds: number;
  subscriptions: number;
  /** Published one after another, each when the last was accepted. */
  events: number;
  warmUpEvents: number;
}

export const fanOut: Bench = {
  name: "fan-out",
  run: async (size) => {
    const result = await measure(
      size === "full"
        ? { rounds: 5, subscriptions: 1_000, events: 60, warmUpEvents: WARM_UP / 1_000 }
        : { rounds: 1, subscriptions: 20, events: 5, warmUpEvents: 1 },
    );
    const to = `${whole(result.subscriptions)} subscriptions`;
    return {
      rows: [
        { measure: `deliveries a second of events for ${to}`, value: whole(result.hooksPerSecond), isHeadline: true },
        judged(
          { measure: `÷ undici alone, ${to}`, isHeadline: true },
          result.ratioToPlain,
          { least: 0.75 },
          hundredths,
        ),
        { measure: `÷ undici alone with hooks' own signing, ${to}`, value: hundredths(result.ratioToOurs) },
      ],
      details: result,
    };
  },
};

async function measure(size: FanOutSize): Promise<FanOutSize & AgainstBare> {
  const receiver = await startReceiver();
  const { subscriptions, events, warmUpEvents } = size;
  try {
    const bare = {
      url: receiver.url,
      count: events * subscriptions,
      warmUp: warmUpEvents * subscriptions,
      connections: CONNECTIONS,
      paths: subscriptions,
    };
    return { ...size, ...(await againstBare(size.rounds, bare, () => publishToMany(receiver, size))) };
  } finally {
    await receiver.stop();
  }
}

function publishToMany(
  receiver: Receiver,
  { subscriptions, events, warmUpEvents }: FanOutSize,
): Promise<{ perSecond: number; cpuMicros: ThreadCpu | undefined }> {
  return inFolder("fan-out", async (folder) => {
    const inputs = Array.from({ length: subscriptions }, (_, n) => ({ url: `${receiver.url}/s/${n}`, events: ["*"] }));
    await createSubscriptions(folder, inputs);
    const { port, token, during, threadCpu, stop } = await startDaemon(folder);
    try {
      const publish = async (requests: number): Promise<number> => {
        await receiver.reset();
        const [{ startedAt }, arrivedAt] = await during(
          Promise.all([
            publishAll({ port, token, route: "/v1/events", bodies: [eventBody()], requests, connections: 1 }),
            receiver.reaches(requests * subscriptions),
          ]),
        );
        return (arrivedAt - startedAt) / 1_000;
      };
      await publish(warmUpEvents);
      const before = threadCpu();
      const seconds = await publish(events);
      const deliveries = events * subscriptions;
      return { perSecond: deliveries / seconds, cpuMicros: microsEach(before, threadCpu(), deliveries) };
    } finally {
      await stop();
    }
  });
}

if (import.meta.main) console.dir((await fanOut.run("full")).details, { depth: 6 });
