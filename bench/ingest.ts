// Events accepted over HTTP and nothing else (nobody subscribes): how many a second are on disk when they are answered;
// against a server that parses the same requests and stores nothing.

import { type Bench, hundredths, whole } from "./bench.ts";
import { startChild } from "./load/child.ts";
import { clockMs } from "./load/clock.ts";
import { startDaemon } from "./load/daemon.ts";
import { batchBody, eventBody } from "./load/payload.ts";
import { publishAll } from "./load/publisher.ts";
import { median, round } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

const CONNECTIONS = 64;

interface IngestSize {
  rounds: number;
  events: number;
  /** Events in a request. */
  batch: number;
}

interface IngestResult extends IngestSize {
  connections: number;
  /** Medians. */
  hooksPerSecond: number;
  barePerSecond: number;
  /** Median of hooks ÷ bare, each within its round. */
  ratio: number;
}

export const ingest: Bench = {
  name: "ingest",
  run: async (size) => {
    const [rounds, events] = size === "full" ? [3, 20_000] : [1, 500];
    const single = await measure({ rounds, events, batch: 1 });
    const batched = await measure({ rounds, events: events * 5, batch: 100 });
    return {
      rows: [
        { measure: "events a second accepted over HTTP, one a request", value: whole(single.hooksPerSecond) },
        { measure: "÷ an HTTP server that parses them and stores nothing", value: hundredths(single.ratio) },
        { measure: "events a second accepted over HTTP, 100 a request", value: whole(batched.hooksPerSecond) },
      ],
      details: { single, batched },
    };
  },
};

async function measure(size: IngestSize): Promise<IngestResult> {
  const { bare, hooks } = await inTurn(size.rounds, { bare: () => toBareServer(size), hooks: () => toHooks(size) });
  return {
    ...size,
    connections: CONNECTIONS,
    hooksPerSecond: Math.round(median(hooks)),
    barePerSecond: Math.round(median(bare)),
    ratio: round(median(hooks.map((perSecond, index) => perSecond / bare[index]!)), 3),
  };
}

function toHooks(size: IngestSize): Promise<number> {
  return inFolder("ingest", async (folder) => {
    const { port, token, during, stop } = await startDaemon(folder);
    try {
      return await during(rateOf(port, token, size));
    } finally {
      await stop();
    }
  });
}

async function toBareServer(size: IngestSize): Promise<number> {
  const server = startChild("load/bare-server.ts");
  try {
    const { port } = (await server.message()) as { port: number };
    return await rateOf(port, "none", size);
  } finally {
    await server.stop();
  }
}

/** Events a second. */
async function rateOf(port: number, token: string, { events, batch }: IngestSize): Promise<number> {
  const [route, body] = batch === 1 ? ["/v1/events", eventBody()] : ["/v1/events/batch", batchBody(batch)];
  const publish = (count: number) =>
    publishAll({ port, token, route, bodies: [body], requests: Math.ceil(count / batch), connections: CONNECTIONS });
  // The first requests compile the code on both sides.
  await publish(events / 4);
  const { startedAt } = await publish(events);
  return events / ((clockMs() - startedAt) / 1_000);
}
