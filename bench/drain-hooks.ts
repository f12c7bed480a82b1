// `node bench/drain-hooks.ts STORE COUNT URL CONCURRENCY`: drains a full queue of WARM_UP + COUNT deliveries with the real
// store, dispatcher and sender; sends { seconds, maxRssMb } to its parent: the time of the COUNT after the warm-up.

import { Dispatcher } from "../src/deliver/dispatcher.ts";
import { HttpSender } from "../src/deliver/http-sender.ts";
import { openSqliteStore } from "../src/store/sqlite/open-sqlite-store.ts";
import { benchSubscription, USER_AGENT, WARM_UP } from "./queue.ts";

const [path, countText, url, concurrencyText] = process.argv.slice(2);
const count = Number(countText);
const concurrency = Number(concurrencyText);

const store = await openSqliteStore({ path: path!, mode: "thread" });
const subscription = benchSubscription(url!, concurrency);
const http = new HttpSender();
const done = Promise.withResolvers<void>();
let recorded = 0;
let failed = 0;
let startedAt = 0;
const dispatcher = new Dispatcher({
  store,
  subscriptions: { get: () => subscription, all: () => [subscription] },
  transports: { http, tunnel: http },
  worker: "bench",
  now: Date.now,
  random: Math.random,
  concurrency: Math.max(256, concurrency),
  userAgent: USER_AGENT,
  onAttempt: ({ outcome }) => {
    recorded += 1;
    if (outcome === "failure") failed += 1;
    if (recorded === WARM_UP) startedAt = performance.now();
    if (recorded === WARM_UP + count) done.resolve();
  },
  onFatal: done.reject,
});

await dispatcher.start();
await done.promise;
const seconds = (performance.now() - startedAt) / 1_000;
if (0 < failed) throw new Error(`${failed} deliveries failed`);
await dispatcher.stop({ drainMs: 0 });
await http.close();
await store.close();
const { user, system } = process.cpuUsage();
process.send?.({ seconds, cpuSeconds: (user + system) / 1e6, maxRssMb: process.resourceUsage().maxRSS / 1_024 });
process.disconnect?.();
