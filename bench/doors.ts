// Whether clients that misbehave harm those that publish (R57, R56): 1,000 connections that send a byte of their head a
// second and 100 that send their body so, and requests that cost most until they are refused. Publishing goes on at a
// constant rate, its times fixed in advance, so that the waits for the 202 also tell how long the event loop is held.

import { type Bench, hundredths, judged, ms, type Row } from "./bench.ts";
import { type Child, startChild } from "./load/child.ts";
import { type DaemonProcess, startDaemon } from "./load/daemon.ts";
import { OpenLoop, type Waits, waitsOf } from "./load/open-loop.ts";
import { EVENT_TYPE } from "./load/payload.ts";
import type { SlowClients } from "./load/slow-clients-facts.ts";
import { median } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

interface DoorsSize {
  rounds: number;
  perSecond: number;
  seconds: number;
  /** Longer than the longest that a slow client may keep its connection. */
  slowSeconds: number;
  heads: number;
  bodies: number;
}

interface DoorsRun<T> {
  accepted: Waits;
  residentMb: number;
  told: T;
}

const FULL: DoorsSize = { rounds: 3, perSecond: 500, seconds: 15, slowSeconds: 45, heads: 1_000, bodies: 100 };
const QUICK: DoorsSize = { rounds: 1, perSecond: 100, seconds: 1, slowSeconds: 1, heads: 20, bodies: 2 };
const MOST_HEAD_MS = 35_000;
const MOST_BODY_MS = 65_000;

export const doors: Bench = {
  name: "doors",
  run: async (size) => {
    const sized = size === "full" ? FULL : QUICK;
    const runs = await inTurn(sized.rounds, {
      well: () => publishBeside<undefined>(sized, sized.seconds),
      slow: () => publishBeside<SlowClients>(sized, sized.slowSeconds, "load/slow-clients.ts"),
      rough: () => publishBeside<{ refused: number }>(sized, sized.seconds, "load/rough-clients.ts"),
    });
    return { rows: rowsOf(sized, runs), details: { ...sized, ...runs } };
  },
};

/** Nobody takes the events: what is measured is until the 202. */
function publishBeside<T>(size: DoorsSize, seconds: number, file?: string): Promise<DoorsRun<T>> {
  return inFolder("doors", async (folder) => {
    const daemon = await startDaemon(folder);
    const clients = file === undefined ? undefined : startClients(file, daemon, size);
    try {
      await clients?.ready;
      const { port, token, during } = daemon;
      const { perSecond } = size;
      const openLoop = new OpenLoop({ port, token, perSecond, seconds, warmUpSeconds: 2, types: [EVENT_TYPE] });
      const times = await during(openLoop.run(() => false));
      const told = (await clients?.end()) as T;
      return { accepted: waitsOf(times, "answered"), residentMb: daemon.peakResidentMb(), told };
    } finally {
      await clients?.stop();
      await daemon.stop();
    }
  });
}

function startClients(
  file: string,
  { port, token }: DaemonProcess,
  { heads, bodies }: DoorsSize,
): Child & { ready: Promise<unknown>; end(): Promise<unknown> } {
  const child = startChild(file, [port, heads, bodies].map(String), { HOOKS_TOKEN: token });
  return {
    ...child,
    ready: child.message(),
    end: () => {
      const told = child.message();
      child.process.send("end");
      return told;
    },
  };
}

function rowsOf(
  { heads, bodies }: DoorsSize,
  { well, slow, rough }: { well: DoorsRun<undefined>[]; slow: DoorsRun<SlowClients>[]; rough: DoorsRun<object>[] },
): Row[] {
  const p99 = (runs: readonly DoorsRun<unknown>[]): number => median(runs.map(({ accepted }) => accepted.p99));
  const longest = (kind: "head" | "body"): number =>
    slow.some(({ told }) => told[kind].closed === 0)
      ? Number.POSITIVE_INFINITY
      : Math.max(...slow.map(({ told }) => told[kind].longestMs));
  const long = (value: number): string => (value === Number.POSITIVE_INFINITY ? "none was closed" : ms(value));
  const who = `${heads} slow heads and ${bodies} slow bodies`;
  return [
    { measure: "until an event is accepted, 500 a second: p99", value: ms(p99(well)) },
    { measure: `the same beside ${who}: p99`, value: ms(p99(slow)) },
    judged({ measure: "÷ without them" }, p99(slow) / p99(well), { most: 1.5 }, hundredths),
    judged({ measure: "longest that a slow head stayed" }, longest("head"), { most: MOST_HEAD_MS }, long),
    judged({ measure: "longest that a slow body stayed" }, longest("body"), { most: MOST_BODY_MS }, long),
    judged({ measure: "beside requests that cost most until they are refused: p99" }, p99(rough), { most: 100 }, ms),
    {
      measure: "resident memory at its highest meanwhile (alone, slow, refused)",
      value: [well, slow, rough].map((runs) => `${Math.round(median(runs.map((run) => run.residentMb)))}`).join(", "),
    },
  ];
}

if (import.meta.main) console.dir(await doors.run("full"), { depth: 6 });
