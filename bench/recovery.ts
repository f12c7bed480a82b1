// A subscription that comes back (R35): 50,000 deliveries wait for it, it takes at most 2,500 a second, and it is resumed
// while nine others get their events at a constant rate. How long until it has them all, whether more than its limit
// arrived in any second, and what the others notice.

import { type Bench, judged, ms, type Row, whole } from "./bench.ts";
import { clockMs } from "./load/clock.ts";
import { startDaemon } from "./load/daemon.ts";
import { createSubscriptions, publishMany, withService } from "./load/fill-store.ts";
import { OpenLoop, type Waits, waitsOf } from "./load/open-loop.ts";
import { TimedReceiver } from "./load/timed-receiver.ts";
import { median, round } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

interface RecoverySize {
  rounds: number;
  waiting: number;
  /** Deliveries a second that the subscription takes. */
  limit: number;
  /** Events a second for the others. */
  perSecond: number;
  seconds: number;
  warmUpSeconds: number;
}

interface RecoveryRun {
  others: Waits;
  /** Until the last that waited arrived; undefined: they went on waiting. */
  seconds: number | undefined;
  /** Arrivals in the fullest second. */
  most: number;
}

export const recovery: Bench = {
  name: "recovery",
  run: async (size) => {
    const sized: RecoverySize =
      size === "full"
        ? { rounds: 2, waiting: 50_000, limit: 2_500, perSecond: 300, seconds: 22, warmUpSeconds: 2 }
        : { rounds: 1, waiting: 200, limit: 400, perSecond: 100, seconds: 1, warmUpSeconds: 0.5 };
    const runs = await inTurn(sized.rounds, {
      quiet: () => measure(sized, false),
      resumed: () => measure(sized, true),
    });
    return { rows: rowsOf(runs, sized), details: { ...sized, ...runs } };
  },
};

function measure(size: RecoverySize, doResume: boolean): Promise<RecoveryRun> {
  return inFolder("recovery", async (folder) => {
    const others = Array.from({ length: 9 }, (_, n) => `s${n}.happened`);
    const arrivals: number[] = [];
    const allArrived = Promise.withResolvers<void>();
    let openLoop: OpenLoop | undefined;
    const receiver = await TimedReceiver.start(({ path, eventId, at }) => {
      if (path === "/back") {
        arrivals.push(at);
        if (arrivals.length === size.waiting) allArrived.resolve();
      } else openLoop?.arrived(eventId, at);
      return "at once";
    });
    const [back] = await createSubscriptions(folder, [
      { url: `${receiver.url}/back`, events: ["back.*"], rate_limit: `${size.limit}/s`, concurrency: 64 },
      ...others.map((type, n) => ({ url: `${receiver.url}/s${n}`, events: [type] })),
    ]);
    await withService(folder, (service) => service.pauseSubscription(back!));
    await publishMany(folder, size.waiting, "back.happened");
    const { port, token, during, api, stop } = await startDaemon(folder);
    try {
      const { perSecond, seconds, warmUpSeconds } = size;
      openLoop = new OpenLoop({ port, token, perSecond, seconds, warmUpSeconds, types: others });
      const running = openLoop.run();
      let backSeconds: number | undefined;
      if (doResume) {
        const resumedAt = clockMs();
        await during(api("POST", `/v1/subscriptions/${back}/resume`));
        await during(allArrived.promise);
        backSeconds = round((clockMs() - resumedAt) / 1_000, 2);
      }
      const times = await during(running);
      return { others: waitsOf(times, "arrived"), seconds: backSeconds, most: mostInOneSecond(arrivals) };
    } finally {
      await stop();
      await receiver.stop();
    }
  });
}

/** In any second, wherever it begins. `times` in ms, ascending. */
function mostInOneSecond(times: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (let last = 0; last < times.length; last++) {
    while (times[first]! <= times[last]! - 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function rowsOf(
  { quiet, resumed }: { quiet: RecoveryRun[]; resumed: RecoveryRun[] },
  { waiting, limit }: RecoverySize,
): Row[] {
  const [quietP99, p99] = [quiet, resumed].map((runs) => median(runs.map(({ others }) => others.p99))) as [
    number,
    number,
  ];
  const others = judged(
    { measure: `p99 of the others meanwhile` },
    p99,
    { most: Math.max(1.2 * quietP99, quietP99 + 50) },
    ms,
  );
  return [
    judged(
      {
        measure: `${whole(waiting)} waiting for a subscription of ${whole(limit)} a second that comes back`,
        isHeadline: true,
      },
      median(resumed.map(({ seconds }) => seconds!)),
      { most: (waiting / limit) * 1.2 },
      (seconds) => `${seconds.toFixed(1)} s`,
    ),
    // A receiver that reads late sees two moments as one: a twentieth for that.
    judged(
      { measure: "most that arrived in any second" },
      Math.max(...resumed.map(({ most }) => most)),
      { most: limit * 1.05 },
      whole,
    ),
    { ...others, target: `${others.target} (${ms(quietP99)} without)` },
  ];
}

if (import.meta.main) console.dir(await recovery.run("full"), { depth: 6 });
