// What every peer's worker does with a job: the same request as undici alone (bench/load/bare-client.ts), signed the same,
// over as many connections; and the clock around it.

import { createHmac } from "node:crypto";
import { Pool } from "undici";
import { DATA, EVENT_TYPE, KEY, USER_AGENT } from "../load/payload.ts";

/** What the bench wants of a peer: { url, server, count, warmUp, connections }. */
export const work = JSON.parse(process.argv[2]);

const data = JSON.parse(DATA);
const pool = new Pool(work.url, { connections: work.connections });

/** The jobs that wait before the clock starts: an event each. */
export function allJobs() {
  return Array.from({ length: work.warmUp + work.count }, (_, n) => ({
    id: `evt_${String(n).padStart(26, "0")}`,
    type: EVENT_TYPE,
    at: Date.now(),
    data,
  }));
}

/** Signs and posts one. Throws unless it is answered 204. */
export async function send({ id, type, at, data }) {
  const body = Buffer.from(JSON.stringify({ type, timestamp: new Date(at).toISOString(), data }));
  const seconds = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", KEY).update(`${id}.${seconds}.`).update(body).digest("base64");
  const headers = ["content-type", "application/json", "user-agent", USER_AGENT];
  headers.push("webhook-id", id, "webhook-timestamp", `${seconds}`, "webhook-signature", `v1,${signature}`);
  const { statusCode, body: answer } = await pool.request({ path: "/", method: "POST", headers, body });
  await answer.dump();
  if (statusCode !== 204) throw new Error(`answered ${statusCode}`);
}

const done = Promise.withResolvers();
let completed = 0;
let startedAt = 0;
let cpuAtStart;

/** To be called for each job that its queue holds for done. */
export function jobDone(count = 1) {
  for (let n = 0; n < count; n++) {
    completed += 1;
    if (completed === work.warmUp) {
      startedAt = performance.now();
      cpuAtStart = process.cpuUsage();
    }
    if (completed === work.warmUp + work.count) done.resolve();
  }
}

/** Waits until all are done, and tells the parent how long it took and which version of the peer it was. */
export async function report(version) {
  await done.promise;
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuAtStart);
  const cpuMicros = Math.round(((user + system) / work.count) * 10) / 10;
  // What is still open is the peer's; it was measured, it need not be closed well.
  process.send({ seconds, cpuMicros, version }, () => process.exit());
}

export function fail(error) {
  console.error(error);
  process.exit(1);
}
