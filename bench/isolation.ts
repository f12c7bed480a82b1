// Whether receivers that are in trouble harm the others (R25, R26, R27): one subscription of ten, and 20 and 50 of a
// hundred, accept each request and never answer, each attempt ends at its time-out (10 s); or the names of ten of a
// hundred take 10 s to fail. Twice measured, with them in trouble and with them well: how long the events of the others
// take at a constant rate, and how many of them a second arrive when events for all come as fast as they are accepted.
// Publisher, receiver and name server are this process.

import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, hundredths, judged, ms, type Row } from "./bench.ts";
import { clockMs } from "./load/clock.ts";
import { startDaemon } from "./load/daemon.ts";
import { createSubscriptions } from "./load/fill-store.ts";
import { OpenLoop, type Waits, waitsOf } from "./load/open-loop.ts";
import { eventBody } from "./load/payload.ts";
import { publishAll } from "./load/publisher.ts";
import { SLOW, startSlowNames } from "./load/slow-names.ts";
import { TimedReceiver } from "./load/timed-receiver.ts";
import { median } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

const CONNECTIONS = 64;

interface IsolationSize {
  rounds: number;
  perSecond: number;
  seconds: number;
  warmUpSeconds: number;
  /** Published as fast as they are accepted. */
  burst: number;
  /** How long what has not arrived is waited for: where those that hang take every slot, it could be for ever. */
  waitMs: number;
}

interface IsolationCase {
  subscriptions: number;
  /** The first so many of them are in trouble, or (in the run that it is compared with) are not. */
  troubled: number;
  trouble: "hang" | "slow names";
  isWell: boolean;
}

interface IsolationRun {
  /** Of the events for the healthy subscriptions. */
  arrived: Waits;
  /** A second, of the healthy subscriptions, in the burst. */
  perSecond: number;
}

interface MeasuredCase extends Omit<IsolationCase, "isWell"> {
  what: string;
  isPromised: boolean;
  mostRounds: number;
}

/** 50 that hang take every slot of the process: how it degrades is a figure, not a promise. */
const CASES: readonly MeasuredCase[] = [
  {
    what: "1 subscription of 10 hangs",
    subscriptions: 10,
    troubled: 1,
    trouble: "hang",
    isPromised: true,
    mostRounds: 3,
  },
  {
    what: "20 subscriptions of 100 hang",
    subscriptions: 100,
    troubled: 20,
    trouble: "hang",
    isPromised: true,
    mostRounds: 3,
  },
  {
    what: "50 subscriptions of 100 hang",
    subscriptions: 100,
    troubled: 50,
    trouble: "hang",
    isPromised: false,
    mostRounds: 2,
  },
  {
    what: "the names of 10 subscriptions of 100 take 10 s to fail",
    subscriptions: 100,
    troubled: 10,
    trouble: "slow names",
    isPromised: true,
    mostRounds: 3,
  },
];

export const isolation: Bench = {
  name: "isolation",
  run: async (size) => {
    const full = { rounds: 3, perSecond: 500, seconds: 10, warmUpSeconds: 2, burst: 20_000, waitMs: 20_000 };
    const quick = { rounds: 1, perSecond: 200, seconds: 0.5, warmUpSeconds: 0.5, burst: 300, waitMs: 2_000 };
    const sized = size === "full" ? full : quick;
    const rows: Row[] = [];
    const details: object[] = [];
    for (const { what, mostRounds, isPromised, ...one } of size === "full" ? CASES : [CASES[0]!, CASES.at(-1)!]) {
      const runs = await inTurn(Math.min(sized.rounds, mostRounds), {
        well: () => measure({ ...one, isWell: true }, sized),
        troubled: () => measure({ ...one, isWell: false }, sized),
      });
      rows.push(...rowsOf(what, runs, isPromised));
      details.push({ what, ...one, ...sized, ...runs });
    }
    return { rows, details };
  },
};

function measure(
  { subscriptions, troubled, trouble, isWell }: IsolationCase,
  size: IsolationSize,
): Promise<IsolationRun> {
  return inFolder("isolation", async (folder) => {
    const isHealthy = (n: number): boolean => troubled <= n % subscriptions;
    const types = Array.from({ length: subscriptions }, (_, n) => `s${n}.happened`);
    const burst = { left: 0, done: Promise.withResolvers<number>() };
    let openLoop: OpenLoop | undefined;
    const receiver = await TimedReceiver.start(({ path, eventId, at }) => {
      const index = Number(path.slice("/s".length));
      if (index < troubled) return isWell ? "at once" : "never";
      openLoop?.arrived(eventId, at);
      // Ids of the burst are hooks' own.
      if (eventId.startsWith("evt_")) {
        burst.left -= 1;
        if (burst.left === 0) burst.done.resolve(at);
      }
      return "at once";
    });
    const names = trouble === "slow names" ? await startSlowNames() : undefined;
    const urlOf = (n: number): string => {
      const url = new URL(`/s${n}`, receiver.url);
      if (names !== undefined) url.hostname = isWell || isHealthy(n) ? `s${n}.example` : `s${n}.${SLOW}`;
      return url.href;
    };
    await createSubscriptions(
      folder,
      types.map((type, n) => ({ url: urlOf(n), events: [type] })),
    );
    const flags = names === undefined ? [] : ["--dns", names.server, "--allow-net", "*.example"];
    const { port, token, during, stop } = await startDaemon(folder, flags);
    try {
      const { perSecond, seconds, warmUpSeconds } = size;
      openLoop = new OpenLoop({ port, token, perSecond, seconds, warmUpSeconds, types, lastArrivalsMs: size.waitMs });
      const times = await during(openLoop.run(isHealthy));

      const bodies = types.map((type) => eventBody(type));
      const healthy = Array.from({ length: size.burst }, (_, n) => n).filter(isHealthy).length;
      burst.left = healthy;
      const startedAt = clockMs();
      await during(
        publishAll({ port, token, route: "/v1/events", bodies, requests: size.burst, connections: CONNECTIONS }),
      );
      const limit = sleep(size.waitMs, undefined, { ref: false }).then(clockMs);
      const endedAt = await during(Promise.race([burst.done.promise, limit]));
      return {
        arrived: waitsOf(times, "arrived", isHealthy),
        perSecond: (healthy - burst.left) / ((endedAt - startedAt) / 1_000),
      };
    } finally {
      await stop();
      await Promise.all([receiver.stop(), names?.stop()]);
    }
  });
}

function rowsOf(
  what: string,
  { well, troubled }: { well: IsolationRun[]; troubled: IsolationRun[] },
  isPromised: boolean,
): Row[] {
  const [wellP99, p99] = [well, troubled].map((runs) => median(runs.map(({ arrived }) => arrived.p99))) as [
    number,
    number,
  ];
  const missing = troubled.reduce((sum, { arrived }) => sum + arrived.missing, 0);
  const rate = median(troubled.map(({ perSecond }, round) => perSecond / well[round]!.perSecond));
  const late = { measure: `p99 of the others while ${what}` };
  const many = { measure: `throughput of the others while ${what} ÷ while none does` };
  if (!isPromised) {
    const words = `${ms(p99)} (${ms(wellP99)} while none does; ${missing} still waiting)`;
    return [
      { ...late, value: words },
      { ...many, value: hundredths(rate) },
    ];
  }
  const most = Math.max(1.2 * wellP99, wellP99 + 50);
  const words = (value: number): string =>
    value === Number.POSITIVE_INFINITY ? `${missing} never arrived` : ms(value);
  const lateRow = judged(
    { ...late, isHeadline: true },
    missing === 0 ? p99 : Number.POSITIVE_INFINITY,
    { most },
    words,
  );
  return [
    { ...lateRow, target: `${lateRow.target} (${ms(wellP99)} while none does)` },
    judged({ ...many, isHeadline: true }, rate, { least: 0.95 }, hundredths),
  ];
}

if (import.meta.main) console.dir(await isolation.run("full"), { depth: 6 });
