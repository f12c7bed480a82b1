import { startChild } from "./child.ts";
import { cpuSecondsOf } from "./process-facts.ts";

/** `least`: as little HTTP as answers at all (receiver.ts); `http`: Node's HTTP server. */
export type ReceiverKind = "least" | "http";

export interface Receiver {
  url: string;
  /** Counts from 0 again. */
  reset(): Promise<void>;
  /** When this many requests will have come since the last reset, in ms of clock.ts. One at a time may wait. */
  reaches(requests: number): Promise<number>;
  /** Seconds of CPU so far; undefined where that cannot be known. */
  cpuSeconds(): number | undefined;
  stop(): Promise<void>;
}

/** A receiver in a process of its own that answers 204 to everything and counts. */
export async function startReceiver(kind: ReceiverKind = "least"): Promise<Receiver> {
  const child = startChild(kind === "http" ? "load/receiver-http.ts" : "load/receiver.ts");
  const { port } = (await child.message()) as { port: number };
  const ask = async (question: object): Promise<number> => {
    const message = child.message();
    child.process.send(question);
    return ((await message) as { at: number }).at;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    reset: async () => {
      await ask({ notifyAt: 0, reset: true });
    },
    reaches: (requests) => ask({ notifyAt: requests }),
    cpuSeconds: () => cpuSecondsOf(child.process.pid!),
    stop: () => child.stop(),
  };
}
