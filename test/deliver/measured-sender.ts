// Run by itself, it is a sender in a process of its own, whose memory and open files nobody else uses: it does what the
// plan (JSON, its argument) says and prints what came of it.

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { HttpSender, type HttpSenderOptions } from "../../src/deliver/http-sender.ts";
import { DEVELOPMENT, localRules } from "../support/egress.ts";

export interface SendingPlan {
  /** Taken in turn. */
  urls: readonly string[];
  /** Attempts to begin with, after which the memory is what it is under load; they do not count. */
  warmUp: number;
  attempts: number;
  /** At once. */
  parallel: number;
  timeoutMs: number;
  options: Pick<HttpSenderOptions, "dns" | "hostsFile" | "lookupMs">;
}

export interface Measured {
  /** Status or error code → how many. */
  outcomes: Record<string, number>;
  /** MB of resident memory that were added while the attempts ran, at the most, and that stayed. */
  mostGrownMb: number;
  grownMb: number;
  /** Files and sockets open, and handles that Node keeps its loop alive for. */
  before: { files: number; handles: number };
  after: { files: number; handles: number };
  /** Connections that the sender still has. */
  connections: number;
}

/** A small heap is soon as large as it gets: what grows from there on is not garbage. */
const SMALL_HEAP = ["--max-semi-space-size=2", "--max-old-space-size=64"];

export async function measureSending(plan: SendingPlan): Promise<Measured> {
  const child = spawn(process.execPath, ["--expose-gc", ...SMALL_HEAP, import.meta.filename, JSON.stringify(plan)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(await text(child.stdout)) as Measured;
}

async function measured({ urls, warmUp, attempts, parallel, timeoutMs, options }: SendingPlan): Promise<Measured> {
  const sender = new HttpSender({ ...options, egress: localRules(["*.example"]) });
  const outcomes: Record<string, number> = {};
  let next = 0;
  const body = Buffer.alloc(500);
  const run = async (until: number): Promise<void> => {
    while (next < until) {
      const url = urls[next++ % urls.length]!;
      const result = await sender.post({ url, headers: [], body, timeoutMs, rules: DEVELOPMENT });
      const outcome =
        result.kind === "answered" ? `${result.status}` : result.kind === "error" ? result.code : result.kind;
      if (warmUp < next) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  const runAll = (until: number) => Promise.all(Array.from({ length: parallel }, () => run(until)));
  await runAll(warmUp);
  await settled();
  for (const outcome of Object.keys(outcomes)) delete outcomes[outcome];
  const before = open();
  const rssBefore = process.memoryUsage.rss();
  let most = rssBefore;
  const sampling = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 10);
  await runAll(warmUp + attempts);
  clearInterval(sampling);
  await settled();
  const rss = process.memoryUsage.rss();
  return {
    outcomes,
    mostGrownMb: (Math.max(most, rss) - rssBefore) / 1_048_576,
    grownMb: (rss - rssBefore) / 1_048_576,
    before,
    after: open(),
    connections: sender.connections,
  };
}

/** What was dropped is closed, timers have seen that nothing is left, and what nobody holds is given back. */
async function settled(): Promise<void> {
  const isBusy = (): boolean => process.getActiveResourcesInfo().includes("Timeout");
  for (let n = 0; n < 10 || isBusy(); n++) await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
}

function open(): { files: number; handles: number } {
  return { files: readdirSync("/dev/fd").length, handles: process.getActiveResourcesInfo().length };
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(JSON.stringify(await measured(JSON.parse(process.argv[2]!) as SendingPlan)));
  process.exit();
}
