// `node bench/load/bare-client.ts '{"url":…,"count":…,"warmUp":…,"connections":…,"signing":"plain"|"ours","paths":…}'`:
// what undici alone reaches: the same bodies, signed and posted over a Pool with so many connections, nothing stored.
// `plain` signs as a client does that is written for the purpose and as the libraries do (createHmac with the key's
// bytes); `ours` builds and signs with the function that hooks itself uses, which prepares the key once. `paths`: how many
// paths take turns. Sends { seconds, cpuMicros } to its parent.

import { createHmac, createSecretKey } from "node:crypto";
import { type Dispatcher, Pool } from "undici";
import { STANDARD_PROFILE } from "../../src/core/profiles/standard.ts";
import type { BareOptions, BareResult } from "./bare.ts";
import { DATA, EVENT_TYPE, KEY, SCOPE, USER_AGENT } from "./payload.ts";

const { url, count, warmUp, connections, signing, paths } = JSON.parse(process.argv[2]!) as Required<BareOptions>;
const data = Buffer.from(DATA);
const subscription = {
  id: "sub_1",
  name: "bench",
  scope: SCOPE,
  headers: {},
  secrets: [{ id: "sec_1", key: createSecretKey(KEY), expiresAt: undefined }],
};
const pool = new Pool(url, { connections, headersTimeout: 0, bodyTimeout: 0 });
// Made before: hooks reads its ids from the disk.
const ids = Array.from({ length: warmUp + count }, (_, n) => `evt_${String(n).padStart(26, "0")}`);
const done = Promise.withResolvers<void>();
let startedAt = performance.now();
let cpuAtStart = process.cpuUsage();
let sent = 0;
let ended = 0;

for (let n = 0; n < connections; n++) sendNext();
await done.promise;
const seconds = (performance.now() - startedAt) / 1_000;
const { user, system } = process.cpuUsage(cpuAtStart);
await pool.close();
process.send?.({ seconds, cpuMicros: Math.round(((user + system) / count) * 10) / 10 } satisfies BareResult);
process.disconnect?.();

function sendNext(): void {
  if (sent === warmUp + count) return;
  const at = Date.now();
  const path = paths === 1 ? "/" : `/s/${sent % paths}`;
  const id = ids[sent++]!;
  const { headers, body } = signing === "plain" ? plainRequest(id, at) : ourRequest(id, at);
  pool.dispatch({ path, method: "POST", headers, body }, handler());
}

function ourRequest(id: string, at: number): { headers: string[]; body: Uint8Array } {
  const event = { id, type: EVENT_TYPE, timestamp: at, data, metadata: undefined, version: undefined };
  return STANDARD_PROFILE.build({ event, deliveryId: "", madeAt: at, subscription, sentAt: at, userAgent: USER_AGENT });
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
      if (ended === warmUp) {
        startedAt = performance.now();
        cpuAtStart = process.cpuUsage();
      }
      if (ended === warmUp + count) done.resolve();
      else sendNext();
    },
    onResponseError: (_controller, error) => done.reject(error),
  };
}
