// graphile-worker on PostgreSQL: so many jobs at once, fetched and completed in batches, as its page on performance advises.

import { readFileSync } from "node:fs";
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { allJobs, fail, jobDone, report, send, work } from "./send.mjs";

/** A line for every job would be measured too. */
const logger = new Logger(() => () => {});
const schema = `worker_${process.pid}`;
const utils = await makeWorkerUtils({ connectionString: work.server, schema, logger });
await utils.migrate();
const jobs = allJobs().map((payload) => ({ identifier: "deliver", payload, maxAttempts: 10 }));
for (let at = 0; at < jobs.length; at += 1_000) await utils.addJobs(jobs.slice(at, at + 1_000));
await utils.release();

const runner = await run({
  connectionString: work.server,
  schema,
  logger,
  noHandleSignals: true,
  taskList: { deliver: (payload) => send(payload) },
  preset: {
    worker: {
      concurrentJobs: work.connections,
      maxPoolSize: 20,
      pollInterval: 500,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
    },
  },
});
runner.events.on("job:complete", () => jobDone());
runner.events.on("job:error", ({ error }) => fail(error));
const file = new URL("node_modules/graphile-worker/package.json", import.meta.url);
await report(JSON.parse(readFileSync(file, "utf8")).version);
