// Through the tunnel: `hooks serve`, `hooks listen --forward` and the local program on one machine. What the way adds to
// a request that is posted straight to the program, at a constant rate; how many events a second go through at full speed;
// and whether the memory of both ends stays where it is.

import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, judged, ms, type Row, whole } from "./bench.ts";
import { startDaemon } from "./load/daemon.ts";
import { startListener } from "./load/listener.ts";
import { OpenLoop, type OpenLoopTimes, type Waits, waitsOf } from "./load/open-loop.ts";
import { batchBody, EVENT_TYPE } from "./load/payload.ts";
import { microsEach, type ThreadCpu } from "./load/process-facts.ts";
import { publishAll } from "./load/publisher.ts";
import { startReceiver } from "./load/start-receiver.ts";
import { TimedReceiver } from "./load/timed-receiver.ts";
import { median, round } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

interface TunnelSize {
  rounds: number;
  perSecond: number;
  seconds: number;
  warmUpSeconds: number;
  /** At full speed. */
  events: number;
  warmUp: number;
}

const FULL: TunnelSize = {
  rounds: 3,
  perSecond: 500,
  seconds: 60,
  warmUpSeconds: 5,
  events: 100_000,
  warmUp: 10_000,
};
const QUICK: TunnelSize = { rounds: 1, perSecond: 50, seconds: 0.5, warmUpSeconds: 0.5, events: 600, warmUp: 100 };
/** The direct way needs less time to show its p99. */
const DIRECT_SHARE = 0.3;
/** Events in a publish request, and connections that publish. */
const BATCH = 100;
const PUBLISHERS = 4;
/** Often enough to see the highest between two collections of garbage. */
const LOOK_MS = 100;

/** µs of CPU an event. */
interface TunnelCpu {
  daemon: ThreadCpu | undefined;
  listener: ThreadCpu | undefined;
}

interface FullSpeed {
  perSecond: number;
  cpuMicros: TunnelCpu;
  daemon: Memory;
  listener: Memory;
}

/** MiB at the highest, in the second fifth of the events and in the last. */
interface Memory {
  early: number;
  late: number;
}

export const tunnel: Bench = {
  name: "tunnel",
  run: async (size) => {
    const sized = size === "full" ? FULL : QUICK;
    const latency = await measureLatency(sized);
    const fullSpeed = await measureFullSpeed(sized);
    return {
      rows: [...latencyRows(sized, latency), ...fullSpeedRows(sized, fullSpeed)],
      details: { latency, fullSpeed },
    };
  },
};

// ---- latency ---------------------------------------------------------------------------------------------------------

/** Medians of the rounds, ms; and each round. */
interface Added {
  p50: number;
  p99: number;
  tunnel: Waits[];
  direct: Waits[];
}

async function measureLatency(size: TunnelSize): Promise<Added> {
  const { tunnel: through, direct } = await inTurn(size.rounds, {
    direct: () => withProgram((url, listen) => listen({ port: portOf(url), token: "none", ...directly(size) }).run()),
    tunnel: () => throughTunnel(size),
  });
  const [tunnelWaits, directWaits] = [through, direct].map((runs) => runs.map((times) => waitsOf(times, "arrived")));
  const missing = [...tunnelWaits!, ...directWaits!].reduce((sum, waits) => sum + waits.missing, 0);
  if (0 < missing) throw new Error(`${missing} events never arrived`);
  const added = (name: "p50" | "p99"): number =>
    round(median(tunnelWaits!.map((waits, index) => waits[name] - directWaits![index]![name])), 2);
  return { p50: added("p50"), p99: added("p99"), tunnel: tunnelWaits!, direct: directWaits! };
}

function directly({ perSecond, seconds }: TunnelSize): { perSecond: number; seconds: number; warmUpSeconds: number } {
  return { perSecond, seconds: seconds * DIRECT_SHARE, warmUpSeconds: 1 };
}

function throughTunnel({ perSecond, seconds, warmUpSeconds }: TunnelSize): Promise<OpenLoopTimes> {
  return inFolder("tunnel", (folder) =>
    withProgram(async (url, listen) => {
      const daemon = await startDaemon(folder);
      try {
        const listener = await startListener(folder, ["--forward", url]);
        const { port, token } = daemon;
        const run = listen({ port, token, perSecond, seconds, warmUpSeconds }).run();
        const times = await daemon.during(listener.during(run));
        await listener.stop();
        return times;
      } finally {
        await daemon.stop();
      }
    }),
  );
}

type Listen = (options: {
  port: number;
  token: string;
  perSecond: number;
  seconds: number;
  warmUpSeconds: number;
}) => OpenLoop;

/** The local program: it answers 202 at once, and tells when each event arrived. */
async function withProgram(work: (url: string, listen: Listen) => Promise<OpenLoopTimes>): Promise<OpenLoopTimes> {
  let openLoop: OpenLoop | undefined;
  const program = await TimedReceiver.start(({ eventId, at }) => {
    openLoop?.arrived(eventId, at);
    return "at once";
  });
  try {
    return await work(program.url, (options) => {
      openLoop = new OpenLoop({ ...options, types: [EVENT_TYPE] });
      return openLoop;
    });
  } finally {
    await program.stop();
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function latencyRows({ perSecond, seconds }: TunnelSize, { p50, p99, tunnel: through, direct }: Added): Row[] {
  const at = `${whole(perSecond)} events a second for ${whole(seconds)} s`;
  const pair = (runs: readonly Waits[]): string =>
    `${ms(median(runs.map((waits) => waits.p50)))}, ${ms(median(runs.map((waits) => waits.p99)))}`;
  return [
    { measure: `publish request to the local program, ${at}: median, p99`, value: pair(through) },
    { measure: "the same posted straight to it: median, p99", value: pair(direct) },
    { measure: "what the tunnel adds: median", value: ms(p50), isHeadline: true },
    judged({ measure: "what the tunnel adds: p99", isHeadline: true }, p99, { most: 25 }, ms),
  ];
}

// ---- full speed ------------------------------------------------------------------------------------------------------

async function measureFullSpeed({ events, warmUp }: TunnelSize): Promise<FullSpeed> {
  const program = await startReceiver();
  try {
    return await inFolder("tunnel", async (folder) => {
      const daemon = await startDaemon(folder);
      const listener = await startListener(folder, ["--forward", program.url]);
      const { port, token } = daemon;
      const during = <T>(promise: Promise<T>): Promise<T> => daemon.during(listener.during(promise));
      const publish = async (count: number): Promise<number> => {
        const options = { port, token, route: "/v1/events/batch", bodies: [batchBody(BATCH)] };
        const { startedAt } = await publishAll({ ...options, requests: count / BATCH, connections: PUBLISHERS });
        return startedAt;
      };
      try {
        await during(Promise.all([program.reset().then(() => publish(warmUp)), program.reaches(warmUp)]));
        await program.reset();
        const before = { daemon: daemon.threadCpu(), listener: listener.threadCpu() };
        const looks: { arrived: number; daemon: number; listener: number }[] = [];
        let arrivedAt = 0;
        const look = async (): Promise<void> => {
          for (let fifth = 1; fifth <= 5; fifth++) {
            let isThere = false;
            const reached = program.reaches((events * fifth) / 5).then((at) => {
              arrivedAt = at;
              isThere = true;
            });
            while (!isThere) {
              looks.push({ arrived: fifth, daemon: daemon.residentMb(), listener: listener.residentMb() });
              await Promise.race([reached, sleep(LOOK_MS)]);
            }
          }
        };
        const [startedAt] = await during(Promise.all([publish(events), look()]));
        const highest = (who: "daemon" | "listener", fifth: number): number =>
          round(Math.max(...looks.filter(({ arrived }) => arrived === fifth).map((at) => at[who])), 1);
        return {
          perSecond: Math.round((events * 1_000) / (arrivedAt - startedAt)),
          cpuMicros: {
            daemon: microsEach(before.daemon, daemon.threadCpu(), events),
            listener: microsEach(before.listener, listener.threadCpu(), events),
          },
          daemon: { early: highest("daemon", 2), late: highest("daemon", 5) },
          listener: { early: highest("listener", 2), late: highest("listener", 5) },
        };
      } finally {
        await listener.stop();
        await daemon.stop();
      }
    });
  } finally {
    await program.stop();
  }
}

function fullSpeedRows({ events }: TunnelSize, { perSecond, daemon, listener }: FullSpeed): Row[] {
  const mb = (value: number): string => `${whole(value)} MB`;
  const grown = ({ early, late }: Memory): number => Math.max(0, late - early);
  const over = `over ${whole(events)} events`;
  return [
    judged({ measure: "events a second through the tunnel", isHeadline: true }, perSecond, { least: 3_000 }, whole),
    judged({ measure: `the daemon's memory grows ${over} by`, isHeadline: true }, grown(daemon), { most: 30 }, mb),
    judged({ measure: `the listener's memory grows ${over} by`, isHeadline: true }, grown(listener), { most: 30 }, mb),
    { measure: "resident memory at the end: daemon, listener", value: `${mb(daemon.late)}, ${mb(listener.late)}` },
  ];
}

if (import.meta.main) console.dir(await tunnel.run("full"), { depth: 6 });
