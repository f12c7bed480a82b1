// `node bench/drain-bare.ts COUNT URL CONNECTIONS`: what undici alone reaches: the same bodies, built
// and signed by the same function, posted over a Pool with so many connections, nothing stored. Sends { seconds } to its parent.

import { type Dispatcher, Pool } from "undici";
import { STANDARD_PROFILE } from "../src/core/profiles/standard.ts";
import { benchSubscription, DATA, EVENT_TYPE, newId, USER_AGENT, WARM_UP } from "./queue.ts";

const [countText, url, connectionsText] = process.argv.slice(2);
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
  const { headers, body } = STANDARD_PROFILE.build({
    event,
    deliveryId: "",
    subscription,
    sentAt: at,
    userAgent: USER_AGENT,
  });
  pool.dispatch({ path: "/", method: "POST", headers, body }, handler());
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
