// A full queue (100,000 deliveries of 500 bytes, one subscription) sent by `hooks serve`, every attempt on disk before it
// counts; and in the same round what undici alone reaches when it signs and posts the same bodies over as many connections.

import { type Bench, hundredths, judged, type Outcome, whole } from "./bench.ts";
import { type AgainstBare, againstBare } from "./load/against-bare.ts";
import { drainQueue, type QueueDrained } from "./load/drain-queue.ts";
import { createSubscriptions, publishMany } from "./load/fill-store.ts";
import { WARM_UP } from "./load/payload.ts";
import { type Receiver, type ReceiverKind, startReceiver } from "./load/start-receiver.ts";
import { round } from "./report/statistics.ts";
import { inFolder } from "./workspace.ts";

/** Connections of all, and the subscription's concurrency. */
const CONNECTIONS = 64;

export interface DrainSize {
  rounds: number;
  deliveries: number;
  warmUp: number;
}

export interface DrainResult extends DrainSize, AgainstBare {
  connections: number;
  receiver: ReceiverKind;
  /** Resident memory of the daemon at its highest, the largest of all rounds. */
  maxRssMb: number;
}

export const drain: Bench = {
  name: "drain",
  run: async (size) => {
    const result = await measureDrain(
      size === "full"
        ? { rounds: 7, deliveries: 100_000, warmUp: WARM_UP }
        : { rounds: 1, deliveries: 500, warmUp: 100 },
    );
    return drainOutcome(result);
  },
};

/** Makes a store with a full queue for this receiver, sends it, and takes it away. */
export function drainOnce(receiver: Receiver, { deliveries, warmUp }: DrainSize): Promise<QueueDrained> {
  return inFolder("drain", async (folder) => {
    const url = `${receiver.url}/`;
    const [subscription] = await createSubscriptions(folder, [{ url, events: ["*"], concurrency: CONNECTIONS }]);
    await publishMany(folder, warmUp + deliveries);
    return drainQueue({ folder, receiver, warmUp, count: deliveries, subscription: subscription! });
  });
}

export async function measureDrain(size: DrainSize, kind: ReceiverKind = "least"): Promise<DrainResult> {
  const receiver = await startReceiver(kind);
  let maxRssMb = 0;
  try {
    const bare = { url: receiver.url, count: size.deliveries, warmUp: size.warmUp, connections: CONNECTIONS };
    const found = await againstBare(size.rounds, bare, async () => {
      const drained = await drainOnce(receiver, size);
      maxRssMb = Math.max(maxRssMb, drained.peakMb);
      return drained;
    });
    return { ...size, ...found, connections: CONNECTIONS, receiver: kind, maxRssMb: round(maxRssMb) };
  } finally {
    await receiver.stop();
  }
}

function drainOutcome(result: DrainResult): Outcome {
  const queued = `${whole(result.deliveries)} queued`;
  return {
    rows: [
      { measure: `deliveries a second, ${queued}`, value: whole(result.hooksPerSecond), isHeadline: true },
      {
        measure: "the same requests by undici alone, signed as clients do, nothing stored",
        value: `${whole(result.plainPerSecond)} a second`,
      },
      judged({ measure: "hooks ÷ undici alone", isHeadline: true }, result.ratioToPlain, { least: 0.8 }, hundredths),
      {
        measure: "the same requests by undici alone, signed by hooks' own function",
        value: `${whole(result.oursPerSecond)} a second`,
      },
      {
        measure: "hooks ÷ undici alone with hooks' own signing",
        value: hundredths(result.ratioToOurs),
        isHeadline: true,
      },
      judged(
        { measure: `resident memory while sending ${queued}`, isHeadline: true },
        result.maxRssMb,
        { most: 250 },
        (mb) => `${whole(mb)} MB`,
      ),
    ],
    details: result,
  };
}

if (import.meta.main) {
  // `node bench/drain.ts http`: with Node's HTTP server as the receiver, as an ordinary one is.
  const kind = process.argv.includes("http") ? "http" : "least";
  console.dir(await measureDrain({ rounds: 3, deliveries: 50_000, warmUp: WARM_UP }, kind), { depth: 5 });
}
