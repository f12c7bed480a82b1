// What a long queue costs: 1,000,000 deliveries wait for one receiver. How long the daemon takes to start, how much memory
// it holds, whether publishing and lists are as quick as with an empty store (R63), and whether the queue is sent as
// fast as a short one. While memory and publishing are measured the receiver of the million is slow (1 s an answer, 64 at
// once), so its lane is full and busy all the time; the published events go to another, quick subscription.

import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, hundredths, judged, ms, type Row, whole } from "./bench.ts";
import { clockMs } from "./load/clock.ts";
import { type DaemonProcess, startDaemon } from "./load/daemon.ts";
import { drainQueue, type QueueDrained } from "./load/drain-queue.ts";
import { createSubscriptions, publishMany, withService } from "./load/fill-store.ts";
import { OpenLoop, type Waits, waitsOf } from "./load/open-loop.ts";
import { WARM_UP } from "./load/payload.ts";
import { startReceiver } from "./load/start-receiver.ts";
import { TimedReceiver } from "./load/timed-receiver.ts";
import { median, round } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

const CONCURRENCY = 64;
const SLOW_MS = 1_000;
const QUEUED_TYPE = "backlog.queued";
const FRESH_TYPE = "order.paid";
const PER_SECOND = 500;
/** Pages that a person or a dashboard asks for first. */
const PAGES = ["/v1/deliveries", "/v1/deliveries?status=pending", "/v1/events", "/v1/subscriptions"];

interface BacklogSize {
  rounds: number;
  queued: number;
  /** Of the short queue that the rate is compared with. */
  short: number;
  warmUp: number;
  /** Deliveries of the long queue that are timed. */
  measured: number;
  seconds: number;
  warmUpSeconds: number;
  /** Between the first full lane and the look at the memory. */
  settleMs: number;
}

interface UnderLoad {
  startMs: number;
  /** Before anything is published. */
  residentMb: number;
  /** At the end. */
  peakMb: number;
  accepted: Waits;
  arrived: Waits;
  /** The slowest of all pages asked for, by page. */
  pagesMs: Record<string, number>;
}

export const backlog: Bench = {
  name: "backlog",
  run: async (size) => {
    const result = await measure(
      size === "full"
        ? {
            rounds: 3,
            queued: 1_000_000,
            short: 10_000,
            warmUp: WARM_UP,
            measured: 50_000,
            seconds: 10,
            warmUpSeconds: 3,
            settleMs: 3_000,
          }
        : {
            rounds: 1,
            queued: 2_000,
            short: 300,
            warmUp: 100,
            measured: 500,
            seconds: 0.5,
            warmUpSeconds: 0.5,
            settleMs: 100,
          },
    );
    return { rows: rowsOf(result), details: result };
  },
};

type BacklogResult = Awaited<ReturnType<typeof measure>>;

function measure(size: BacklogSize) {
  return inFolder("backlog", async (folder) => {
    const [long, empty] = ["long", "empty"].map((name) => path.join(folder, name)) as [string, string];
    for (const each of [long, empty]) mkdirSync(each);
    const filledAt = clockMs();
    await prepare(long, size.queued);
    const fillSeconds = (clockMs() - filledAt) / 1_000;
    await prepare(empty, 0);
    const load = await inTurn(size.rounds, {
      empty: () => underLoad(empty, size, false),
      long: () => underLoad(long, size, true),
    });
    const drained = await compareDrains(long, size);
    return { ...size, fillSeconds: round(fillSeconds, 1), load, drained };
  });
}

/** A store with the two subscriptions and a queue for the first. */
async function prepare(folder: string, queued: number): Promise<void> {
  const nowhere = "http://127.0.0.1:9/";
  await createSubscriptions(folder, [
    { name: "queue", url: nowhere, events: ["backlog.*"], concurrency: CONCURRENCY },
    { name: "fresh", url: nowhere, events: ["order.*"], concurrency: CONCURRENCY },
  ]);
  await publishMany(folder, queued, QUEUED_TYPE);
}

function pointTo(folder: string, urls: { queue?: string; fresh?: string }): Promise<void> {
  return withService(folder, async (service) => {
    for (const [name, url] of Object.entries(urls)) await service.updateSubscription(name, { url });
  });
}

async function underLoad(folder: string, size: BacklogSize, isLong: boolean): Promise<UnderLoad> {
  let openLoop: OpenLoop | undefined;
  let slow = 0;
  const isFull = Promise.withResolvers<void>();
  const receiver = await TimedReceiver.start(({ path: asked, eventId, at }) => {
    if (asked === "/slow") {
      slow += 1;
      if (slow === CONCURRENCY) isFull.resolve();
      return SLOW_MS;
    }
    openLoop?.arrived(eventId, at);
    return "at once";
  });
  let daemon: DaemonProcess | undefined;
  try {
    await pointTo(folder, { queue: `${receiver.url}/slow`, fresh: `${receiver.url}/` });
    daemon = await startDaemon(folder);
    if (isLong) await daemon.during(isFull.promise);
    await sleep(size.settleMs);
    const residentMb = daemon.residentMb();
    const { port, token, startMs } = daemon;
    const { seconds, warmUpSeconds } = size;
    openLoop = new OpenLoop({ port, token, perSecond: PER_SECOND, seconds, warmUpSeconds, types: [FRESH_TYPE] });
    const running = openLoop.run();
    const pagesMs = await daemon.during(askForPages(daemon, warmUpSeconds, seconds));
    const times = await daemon.during(running);
    return {
      startMs: round(startMs),
      residentMb: round(residentMb),
      peakMb: round(daemon.peakResidentMb()),
      accepted: waitsOf(times, "answered"),
      arrived: waitsOf(times, "arrived"),
      pagesMs,
    };
  } finally {
    await daemon?.stop();
    await receiver.stop();
  }
}

/** Asks for each page four times, spread over the run. */
async function askForPages(
  daemon: DaemonProcess,
  warmUpSeconds: number,
  seconds: number,
): Promise<Record<string, number>> {
  const slowest: Record<string, number> = {};
  await sleep(warmUpSeconds * 1_000);
  for (let round = 0; round < 4; round++) {
    for (const page of PAGES) {
      const askedAt = clockMs();
      await daemon.api("GET", page);
      slowest[page] = Math.max(slowest[page] ?? 0, clockMs() - askedAt);
      await sleep((seconds * 1_000) / (5 * PAGES.length));
    }
  }
  return slowest;
}

async function compareDrains(
  long: string,
  { rounds, short, warmUp, measured }: BacklogSize,
): Promise<{ short: QueueDrained[]; long: QueueDrained[] }> {
  const receiver = await startReceiver();
  try {
    await pointTo(long, { queue: `${receiver.url}/` });
    return await inTurn(rounds, {
      short: () =>
        inFolder("backlog-short", async (folder) => {
          await prepare(folder, warmUp + short);
          await pointTo(folder, { queue: `${receiver.url}/` });
          return drainQueue({ folder, receiver, warmUp, count: short });
        }),
      long: () => drainQueue({ folder: long, receiver, warmUp, count: measured }),
    });
  } finally {
    await receiver.stop();
  }
}

function rowsOf({ load, drained, queued, short }: BacklogResult): Row[] {
  const waiting = `${whole(queued)} waiting`;
  const middle = (runs: readonly UnderLoad[], of: (run: UnderLoad) => number): number => median(runs.map(of));
  const added = middle(load.long, (run) => run.residentMb) - middle(load.empty, (run) => run.residentMb);
  const publishing = middle(load.long, (run) => run.accepted.p99) / middle(load.empty, (run) => run.accepted.p99);
  const page = middle(load.long, (run) => Math.max(...Object.values(run.pagesMs)));
  const rate = median(drained.long.map(({ perSecond }, index) => perSecond / drained.short[index]!.perSecond));
  return [
    judged(
      { measure: `sending with ${waiting} ÷ with ${whole(short)}`, isHeadline: true },
      rate,
      { least: 0.9 },
      hundredths,
    ),
    judged(
      { measure: `start with ${waiting}, until it is ready`, isHeadline: true },
      middle(load.long, (run) => run.startMs),
      { most: 5_000 },
      ms,
    ),
    judged(
      { measure: `resident memory with ${waiting} (slow receiver), above an idle daemon`, isHeadline: true },
      added,
      { most: 150 },
      (mb) => `${whole(mb)} MB`,
    ),
    judged(
      { measure: `publishing (p99 of the 202, ${PER_SECOND} a second) with ${waiting} ÷ with none`, isHeadline: true },
      publishing,
      { most: 1.5 },
      hundredths,
    ),
    judged({ measure: `the slowest page of a list with ${waiting}`, isHeadline: true }, page, { most: 100 }, ms),
  ];
}

if (import.meta.main) console.dir(await backlog.run("full"), { depth: 6 });
