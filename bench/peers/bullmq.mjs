// BullMQ on Redis: one worker with so many jobs at once; a job that is done is deleted, which is the quickest it offers.

import { Queue, Worker } from "bullmq";
import bullmq from "bullmq/package.json" with { type: "json" };
import { allJobs, fail, jobDone, report, send, work } from "./send.mjs";

const connection = { host: "127.0.0.1", port: Number(new URL(work.server).port) };
const options = { connection, prefix: `bench-${process.pid}` };
const queue = new Queue("deliveries", options);
const jobs = allJobs().map((data) => ({ name: "deliver", data, opts: { removeOnComplete: true, attempts: 10 } }));
for (let at = 0; at < jobs.length; at += 1_000) await queue.addBulk(jobs.slice(at, at + 1_000));

const worker = new Worker("deliveries", (job) => send(job.data), { ...options, concurrency: work.connections });
worker.on("completed", () => jobDone());
worker.on("failed", (_job, error) => fail(error));
worker.on("error", fail);
await report(bullmq.version);
