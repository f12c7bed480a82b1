import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Dispatcher, Pool } from "undici";
import { startChild } from "./child.ts";

export interface IngestOptions {
  rounds?: number;
  events?: number;
  connections?: number;
  /** Events in a request: 1 goes to /v1/events, more to /v1/events/batch. */
  batch?: number;
}

export interface IngestResult {
  name: "ingest";
  rounds: number;
  events: number;
  connections: number;
  batch: number;
  /** Events a second that were on disk when they were answered, median. */
  hooksPerSecond: number;
  /** The same requests to an HTTP server that parses them and stores nothing. */
  barePerSecond: number;
  /** Median of hooks ÷ bare, each within its round. */
  ratio: number;
}

const DATA = `{"id":"ord_1001","note":"${"x".repeat(440)}"}`;

/** Publishes over HTTP as fast as the server answers, to the daemon and, in the same round, to the bare server. */
export async function run({
  rounds = 5,
  events = 20_000,
  connections = 64,
  batch = 1,
}: IngestOptions = {}): Promise<IngestResult> {
  const hooks: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Whoever comes first finds another machine than whoever comes second: they take turns.
    for (const kind of round % 2 === 0 ? (["bare", "hooks"] as const) : (["hooks", "bare"] as const)) {
      const seconds = await measure(kind, events, connections, batch);
      (kind === "hooks" ? hooks : bare).push(events / seconds);
    }
  }
  const ratios = hooks.map((perSecond, round) => perSecond / bare[round]!);
  return {
    name: "ingest",
    rounds,
    events,
    connections,
    batch,
    hooksPerSecond: Math.round(median(hooks)),
    barePerSecond: Math.round(median(bare)),
    ratio: Math.round(median(ratios) * 100) / 100,
  };
}

async function measure(kind: "hooks" | "bare", events: number, connections: number, batch: number): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-bench-ingest-"));
  const server = startChild("ingest-server.ts", [kind, folder]);
  try {
    const { url, token } = (await server.message()) as { url: string; token: string };
    const pool = new Pool(url, { connections });
    // The first requests compile the code on both sides.
    await publish(pool, token, Math.ceil(events / 10), batch, connections);
    const startedAt = performance.now();
    await publish(pool, token, events, batch, connections);
    const seconds = (performance.now() - startedAt) / 1_000;
    await pool.close();
    return seconds;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function publish(pool: Pool, token: string, events: number, batch: number, connections: number): Promise<void> {
  const event = `{"type":"order.created","data":${DATA}}`;
  const body = batch === 1 ? event : `{"events":[${Array(batch).fill(event).join()}]}`;
  const request: Dispatcher.DispatchOptions = {
    path: batch === 1 ? "/v1/events" : "/v1/events/batch",
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body,
  };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = Math.ceil(events / batch);
  let running = 0;
  const next = (): void => {
    if (left === 0) {
      if (running === 0) resolve();
      return;
    }
    left -= 1;
    running += 1;
    let status = 0;
    pool.dispatch(request, {
      onRequestStart: () => {},
      onResponseStart: (_controller, code) => {
        status = code;
      },
      onResponseData: () => {},
      onResponseEnd: () => {
        running -= 1;
        if (status === 202) next();
        else reject(new Error(`answered ${status}`));
      },
      onResponseError: (_controller, error) => reject(error),
    });
  };
  for (let n = 0; n < connections; n++) next();
  return promise;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)]!;
}

if (import.meta.main) console.log(await run(), await run({ batch: 100, events: 100_000 }));
