// `node bench/drain-bare.ts COUNT URL CONNECTIONS plain|ours`: what undici alone reaches: the same bodies, signed and posted
// over a Pool with so many connections, nothing stored. `plain` signs as a client does that is written for the purpose and
// as the libraries do (createHmac with the key's bytes); `ours` builds and signs with the function that hooks itself uses,
// which prepares the key once. Sends { seconds } to its parent.

import { createHmac } from "node:crypto";
import { type Dispatcher, Pool } from "undici";
import { STANDARD_PROFILE } from "../src/core/profiles/standard.ts";
import { benchSubscription, DATA, EVENT_TYPE, KEY, newId, USER_AGENT, WARM_UP } from "./queue.ts";

const [countText, url, connectionsText, signing] = process.argv.slice(2);
const count = Number(countText);
const connections = Number(connectionsText);
const subscription = benchSubscription(url!, connections);
const pool = new Pool(url!, { connections, headersTimeout: 0, bodyTimeout: 0 });
const ids = Array.from({ length: WARM_UP + count }, () => newId("evt"));
const done = Promise.withResolvers<void>();
let startedAt = 0;
let sent = 0;
let ended = 0;

for (let n = 0; n < connections; n++) sendNext();
await done.promise;
const seconds = (performance.now() - startedAt) / 1_000;
await pool.close();
const { user, system } = process.cpuUsage();
process.send?.({ seconds, cpuSeconds: (user + system) / 1e6 });
process.disconnect?.();

function sendNext(): void {
  if (sent === WARM_UP + count) return;
  const at = Date.now();
  const event = {
    id: ids[sent++]!,
    type: EVENT_TYPE,
    timestamp: at,
    data: DATA,
    metadata: undefined,
    version: undefined,
  };
  const { headers, body } =
    signing === "plain"
      ? plainRequest(event.id, at)
      : STANDARD_PROFILE.build({ event, deliveryId: "", subscription, sentAt: at, userAgent: USER_AGENT });
  pool.dispatch({ path: "/", method: "POST", headers, body }, handler());
}

function plainRequest(id: string, at: number): { headers: string[]; body: Buffer } {
  const body = Buffer.from(`{"type":"${EVENT_TYPE}","timestamp":"${new Date(at).toISOString()}","data":${DATA}}`);
  const seconds = Math.floor(at / 1000);
  const signature = createHmac("sha256", KEY).update(`${id}.${seconds}.`).update(body).digest("base64");
  const headers = ["content-type", "application/json", "user-agent", USER_AGENT];
  headers.push("webhook-id", id, "webhook-timestamp", `${seconds}`, "webhook-signature", `v1,${signature}`);
  return { headers, body };
}

function handler(): Dispatcher.DispatchHandler {
  let status = 0;
  return {
    onRequestStart: () => {},
    onResponseStart: (_controller, code) => {
      status = code;
    },
    onResponseData: () => {},
    onResponseEnd: () => {
      if (status !== 204) done.reject(new Error(`answered ${status}`));
      ended += 1;
      if (ended === WARM_UP) startedAt = performance.now();
      if (ended === WARM_UP + count) done.resolve();
      else sendNext();
    },
    onResponseError: (_controller, error) => done.reject(error),
  };
}
