import { setTimeout as sleep } from "node:timers/promises";
import { clockMs } from "./clock.ts";
import { type DaemonProcess, startDaemon } from "./daemon.ts";
import { microsEach, type ThreadCpu } from "./process-facts.ts";
import type { Receiver } from "./start-receiver.ts";

export interface QueueOptions {
  /** HOOKS_HOME with a store whose queue is full. */
  folder: string;
  receiver: Receiver;
  warmUp: number;
  /** Deliveries that are measured. */
  count: number;
  /** The subscription that everything waits for. Given: it is measured until the last is recorded, else until it arrived. */
  subscription?: string;
}

export interface QueueDrained {
  perSecond: number;
  /** Highest resident memory of the daemon. */
  peakMb: number;
  /** µs of CPU a delivery: the daemon's, by thread, and the receiver's. */
  cpuMicros: (ThreadCpu & { receiver: number }) | undefined;
}

/** The rate at which `hooks serve` of the build sends what waits in its store. */
export async function drainQueue({
  folder,
  receiver,
  warmUp,
  count,
  subscription,
}: QueueOptions): Promise<QueueDrained> {
  await receiver.reset();
  const daemon = await startDaemon(folder);
  try {
    const startedAt = await daemon.during(receiver.reaches(warmUp));
    const before = { daemon: daemon.threadCpu(), receiver: receiver.cpuSeconds() };
    const arrivedAt = await daemon.during(receiver.reaches(warmUp + count));
    const endedAt = subscription === undefined ? arrivedAt : await recorded(daemon, subscription, warmUp + count);
    const cpu = microsEach(before.daemon, daemon.threadCpu(), count);
    const receiverCpu = ((receiver.cpuSeconds() ?? 0) - (before.receiver ?? 0)) / count;
    return {
      perSecond: count / ((endedAt - startedAt) / 1_000),
      peakMb: daemon.peakResidentMb(),
      cpuMicros: cpu && { ...cpu, receiver: Math.round(receiverCpu * 1e7) / 10 },
    };
  } finally {
    await daemon.stop();
  }
}

/** When the store counts so many successes. A receiver that has them all is a few ms early. */
async function recorded(daemon: DaemonProcess, subscription: string, count: number): Promise<number> {
  for (;;) {
    const { counts } = await daemon.api<{ counts: { succeeded: number; failed: number } }>(
      "GET",
      `/v1/subscriptions/${subscription}`,
    );
    if (counts.succeeded === count) return clockMs();
    if (0 < counts.failed) throw new Error(`${counts.failed} deliveries failed`);
    await sleep(2);
  }
}
