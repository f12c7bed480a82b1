// From the publisher's request to the first byte at the receiver, at a constant rate with the times fixed in advance: what
// is slow makes nothing else look better. Receiver and publisher are this process, the daemon is another; the same clock.

import { type Bench, judged, ms, type Row, whole } from "./bench.ts";
import { startChild } from "./load/child.ts";
import { startDaemon } from "./load/daemon.ts";
import { createSubscriptions } from "./load/fill-store.ts";
import { OpenLoop, type OpenLoopOptions, type OpenLoopTimes, type Waits, waitsOf } from "./load/open-loop.ts";
import { EVENT_TYPE } from "./load/payload.ts";
import { TimedReceiver } from "./load/timed-receiver.ts";
import { median, round } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

/** The relay that is only compared with gets so much of the time. */
const BARE_SHARE = 0.4;

interface LatencySize {
  rounds: number;
  seconds: number;
  warmUpSeconds: number;
}

interface RateTargets {
  perSecond: number;
  /** ms */
  p50?: number;
  p99: number;
}

const RATES: readonly RateTargets[] = [
  { perSecond: 500, p50: 1.5, p99: 15 },
  { perSecond: 2_000, p99: 25 },
];

/** Medians of the rounds, ms; and each round: until the event arrived, until the 202, and how late it was sent. */
interface Latencies {
  p50: number;
  p99: number;
  max: number;
  arrived: Waits[];
  accepted: Waits[];
  late: Waits[];
}

interface LatencyResult extends LatencySize {
  perSecond: number;
  hooks: Latencies;
  /** The same through a relay that stores nothing. */
  bare: Latencies;
}

export const latency: Bench = {
  name: "latency",
  run: async (size) => {
    const results: LatencyResult[] = [];
    for (const { perSecond } of RATES) {
      results.push(
        size === "full"
          ? await measure(perSecond, { rounds: 3, seconds: 20, warmUpSeconds: 5 })
          : await measure(perSecond / 10, { rounds: 1, seconds: 0.5, warmUpSeconds: 0.5 }),
      );
    }
    const rows = results.flatMap((result, index) => rowsOf(result, RATES[index]!));
    return { rows, details: { results } };
  },
};

async function measure(perSecond: number, size: LatencySize): Promise<LatencyResult> {
  const { hooks, bare } = await inTurn(size.rounds, {
    bare: () => throughBareRelay(perSecond, { ...size, seconds: size.seconds * BARE_SHARE, warmUpSeconds: 1 }),
    hooks: () => throughHooks(perSecond, size),
  });
  return { ...size, perSecond, hooks: latenciesOf(hooks), bare: latenciesOf(bare) };
}

function latenciesOf(runs: readonly OpenLoopTimes[]): Latencies {
  const arrived = runs.map((times) => waitsOf(times, "arrived"));
  const missing = arrived.reduce((sum, waits) => sum + waits.missing, 0);
  if (0 < missing) throw new Error(`${missing} events never arrived`);
  const of = (name: "p50" | "p99" | "max"): number => round(median(arrived.map((waits) => waits[name])), 2);
  return {
    p50: of("p50"),
    p99: of("p99"),
    max: of("max"),
    arrived,
    accepted: runs.map((times) => waitsOf(times, "answered")),
    late: runs.map((times) => waitsOf(times, "sent")),
  };
}

function throughHooks(perSecond: number, size: LatencySize): Promise<OpenLoopTimes> {
  return inFolder("latency", (folder) =>
    withReceiver(async (receiverUrl, listen) => {
      await createSubscriptions(folder, [{ url: `${receiverUrl}/`, events: ["*"], concurrency: 64 }]);
      const { port, token, during, stop } = await startDaemon(folder);
      try {
        return await during(listen({ port, token, perSecond, ...size }).run());
      } finally {
        await stop();
      }
    }),
  );
}

function throughBareRelay(perSecond: number, size: LatencySize): Promise<OpenLoopTimes> {
  return withReceiver(async (receiverUrl, listen) => {
    const relay = startChild("load/bare-relay.ts", [receiverUrl]);
    try {
      const { port } = (await relay.message()) as { port: number };
      return await listen({ port, token: "none", perSecond, ...size }).run();
    } finally {
      await relay.stop();
    }
  });
}

async function withReceiver(
  work: (url: string, listen: (options: Omit<OpenLoopOptions, "types">) => OpenLoop) => Promise<OpenLoopTimes>,
): Promise<OpenLoopTimes> {
  let openLoop: OpenLoop | undefined;
  const receiver = await TimedReceiver.start(({ eventId, at }) => {
    openLoop?.arrived(eventId, at);
    return "at once";
  });
  try {
    return await work(receiver.url, (options) => {
      openLoop = new OpenLoop({ ...options, types: [EVENT_TYPE] });
      return openLoop;
    });
  } finally {
    await receiver.stop();
  }
}

function rowsOf({ perSecond, hooks, bare }: LatencyResult, { p50, p99 }: RateTargets): Row[] {
  const at = `request to first byte at the receiver, ${whole(perSecond)} events a second`;
  const middle = `${at}: median`;
  return [
    p50 === undefined
      ? { measure: middle, value: ms(hooks.p50), isHeadline: true }
      : judged({ measure: middle, isHeadline: true }, hooks.p50, { most: p50 }, ms),
    judged({ measure: `${at}: p99`, isHeadline: true }, hooks.p99, { most: p99 }, ms),
    {
      measure: `the same through a relay that stores nothing: median, p99`,
      value: `${ms(bare.p50)}, ${ms(bare.p99)}`,
    },
  ];
}

if (import.meta.main) console.dir((await latency.run("full")).details, { depth: 6 });
