// Whether receivers that hang harm the others (R25, R26): one subscription of ten, and 20 and 50 of a hundred, accept each
// request and never answer; each attempt ends at its time-out (10 s). Twice measured, with them hanging and with
// them well: how long the events of the others take at a constant rate, and how many of them a second arrive when events
// for all come as fast as they are accepted. Publisher and receiver are this process.

import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, hundredths, judged, ms, type Row } from "./bench.ts";
import { clockMs } from "./load/clock.ts";
import { startDaemon } from "./load/daemon.ts";
import { createSubscriptions } from "./load/fill-store.ts";
import { OpenLoop, type Waits, waitsOf } from "./load/open-loop.ts";
import { eventBody } from "./load/payload.ts";
import { publishAll } from "./load/publisher.ts";
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
  /** The first so many of them hang, or (in the run that it is compared with) do not. */
  hanging: number;
  doHang: boolean;
}

interface IsolationRun {
  /** Of the events for the healthy subscriptions. */
  arrived: Waits;
  /** A second, of the healthy subscriptions, in the burst. */
  perSecond: number;
}

/** 50 that hang take every slot of the process: how it degrades is a figure, not a promise. */
const CASES = [
  { who: "1 subscription of 10", subscriptions: 10, hanging: 1, isPromised: true, mostRounds: 3 },
  { who: "20 subscriptions of 100", subscriptions: 100, hanging: 20, isPromised: true, mostRounds: 3 },
  { who: "50 subscriptions of 100", subscriptions: 100, hanging: 50, isPromised: false, mostRounds: 2 },
];

export const isolation: Bench = {
  name: "isolation",
  run: async (size) => {
    const full = { rounds: 3, perSecond: 500, seconds: 10, warmUpSeconds: 2, burst: 20_000, waitMs: 20_000 };
    const quick = { rounds: 1, perSecond: 200, seconds: 0.5, warmUpSeconds: 0.5, burst: 300, waitMs: 2_000 };
    const sized = size === "full" ? full : quick;
    const rows: Row[] = [];
    const details: object[] = [];
    for (const { who, mostRounds, isPromised, ...one } of size === "full" ? CASES : CASES.slice(0, 1)) {
      const runs = await inTurn(Math.min(sized.rounds, mostRounds), {
        well: () => measure({ ...one, doHang: false }, sized),
        hanging: () => measure({ ...one, doHang: true }, sized),
      });
      rows.push(...rowsOf(who, runs, isPromised));
      details.push({ who, ...one, ...sized, ...runs });
    }
    return { rows, details };
  },
};

function measure({ subscriptions, hanging, doHang }: IsolationCase, size: IsolationSize): Promise<IsolationRun> {
  return inFolder("isolation", async (folder) => {
    const isHealthy = (n: number): boolean => hanging <= n % subscriptions;
    const types = Array.from({ length: subscriptions }, (_, n) => `s${n}.happened`);
    const burst = { left: 0, done: Promise.withResolvers<number>() };
    let openLoop: OpenLoop | undefined;
    const receiver = await TimedReceiver.start(({ path, eventId, at }) => {
      const index = Number(path.slice("/s".length));
      if (index < hanging) return doHang ? "never" : "at once";
      openLoop?.arrived(eventId, at);
      // Ids of the burst are hooks' own.
      if (eventId.startsWith("evt_")) {
        burst.left -= 1;
        if (burst.left === 0) burst.done.resolve(at);
      }
      return "at once";
    });
    await createSubscriptions(
      folder,
      types.map((type, n) => ({ url: `${receiver.url}/s${n}`, events: [type] })),
    );
    const { port, token, during, stop } = await startDaemon(folder);
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
      await receiver.stop();
    }
  });
}

function rowsOf(
  who: string,
  { well, hanging }: { well: IsolationRun[]; hanging: IsolationRun[] },
  isPromised: boolean,
): Row[] {
  const [wellP99, p99] = [well, hanging].map((runs) => median(runs.map(({ arrived }) => arrived.p99))) as [
    number,
    number,
  ];
  const missing = hanging.reduce((sum, { arrived }) => sum + arrived.missing, 0);
  const rate = median(hanging.map(({ perSecond }, round) => perSecond / well[round]!.perSecond));
  const late = { measure: `p99 of the others while ${who} hang` };
  const many = { measure: `throughput of the others while ${who} hang ÷ while none does` };
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
