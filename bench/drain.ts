import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runChild, startChild } from "./child.ts";

export interface DrainOptions {
  rounds?: number;
  deliveries?: number;
  /** Connections of both, and the subscription's concurrency. */
  connections?: number;
  /** `http`: Node's HTTP server, as an ordinary receiver is; `least`: as little HTTP as answers at all. */
  receiver?: "http" | "least";
  /** How undici alone signs: see drain-bare.ts. */
  signing?: "plain" | "ours";
}

export interface DrainResult {
  name: "drain";
  rounds: number;
  deliveries: number;
  connections: number;
  receiver: "http" | "least";
  signing: "plain" | "ours";
  /** Deliveries a second, medians. */
  hooksPerSecond: number;
  barePerSecond: number;
  /** Median of hooks ÷ bare, each within its round. */
  ratio: number;
  /** Resident memory of the draining process at its highest, the largest of all rounds. */
  maxRssMb: number;
}

/**
 * Drains a full queue (500-byte payloads, every attempt on disk before it counts) to a receiver in another process, and
 * in the same round what undici alone reaches when it signs and posts the same bodies over as many connections.
 */
export async function run({
  rounds = 5,
  deliveries = 50_000,
  connections = 64,
  receiver: kind = "http",
  signing = "plain",
}: DrainOptions = {}): Promise<DrainResult> {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-bench-drain-"));
  const receiver = startChild(kind === "http" ? "receiver-http.ts" : "receiver.ts");
  try {
    const { port } = (await receiver.message()) as { port: number };
    const url = `http://127.0.0.1:${port}`;
    const hooks: number[] = [];
    const bare: number[] = [];
    const ratios: number[] = [];
    let maxRssMb = 0;
    for (let round = 0; round < rounds; round++) {
      const store = path.join(folder, `${round}.db`);
      await runChild("queue.ts", [store, `${deliveries}`, url, `${connections}`]);
      const runHooks = () =>
        runChild<{ seconds: number; maxRssMb: number }>("drain-hooks.ts", [
          store,
          `${deliveries}`,
          url,
          `${connections}`,
        ]);
      const runBare = () =>
        runChild<{ seconds: number }>("drain-bare.ts", [`${deliveries}`, url, `${connections}`, signing]);
      // Whoever comes first finds another machine than whoever comes second: they take turns.
      const first = round % 2 === 0 ? await runBare() : undefined;
      const drained = await runHooks();
      const alone = first ?? (await runBare());
      rmSync(store);
      hooks.push(deliveries / drained.seconds);
      bare.push(deliveries / alone.seconds);
      ratios.push(alone.seconds / drained.seconds);
      maxRssMb = Math.max(maxRssMb, drained.maxRssMb);
    }
    return {
      name: "drain",
      rounds,
      deliveries,
      connections,
      receiver: kind,
      signing,
      hooksPerSecond: Math.round(median(hooks)),
      barePerSecond: Math.round(median(bare)),
      ratio: Math.round(median(ratios) * 100) / 100,
      maxRssMb: Math.round(maxRssMb),
    };
  } finally {
    await receiver.stop();
    rmSync(folder, { recursive: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

if (import.meta.main) console.log(await run());
