// pg-boss on PostgreSQL: workers that fetch whole batches without a pause while there are more, so many jobs at once.

import { readFileSync } from "node:fs";
import { PgBoss } from "pg-boss";
import { allJobs, fail, jobDone, report, send, work } from "./send.mjs";

const WORKERS = 2;
const boss = new PgBoss({
  connectionString: work.server,
  schema: `boss_${process.pid}`,
  supervise: false,
  schedule: false,
});
boss.on("error", fail);
await boss.start();
await boss.createQueue("deliveries", { retryLimit: 10 });
const jobs = allJobs().map((data) => ({ data }));
for (let at = 0; at < jobs.length; at += 1_000) await boss.insert("deliveries", jobs.slice(at, at + 1_000));

const batchSize = work.connections;
const options = { batchSize, localConcurrency: WORKERS, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
await boss.work("deliveries", options, async (batch) => {
  await Promise.all(batch.map((job) => send(job.data)));
  jobDone(batch.length);
});
const file = new URL("node_modules/pg-boss/package.json", import.meta.url);
await report(JSON.parse(readFileSync(file, "utf8")).version);
