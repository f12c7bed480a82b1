import { backlog } from "./backlog.ts";
import type { Bench } from "./bench.ts";
import { doors } from "./doors.ts";
import { drain } from "./drain.ts";
import { endToEnd } from "./end-to-end.ts";
import { fanOut } from "./fan-out.ts";
import { filtering } from "./filtering.ts";
import { ingest } from "./ingest.ts";
import { isolation } from "./isolation.ts";
import { keepAlive } from "./keep-alive.ts";
import { latency } from "./latency.ts";
import { matching } from "./matching.ts";
import { peers } from "./peers.ts";
import { recovery } from "./recovery.ts";
import { retention } from "./retention.ts";
import { signing } from "./signing.ts";
import { startUp } from "./start-up.ts";
import { statistics } from "./statistics.ts";
import { store } from "./store.ts";
import { tenants } from "./tenants.ts";
import { tunnel } from "./tunnel.ts";

/** To add a benchmark, add an entry. In the order of the table. */
export const BENCHES: readonly Bench[] = [
  drain,
  endToEnd,
  fanOut,
  latency,
  tunnel,
  peers,
  isolation,
  keepAlive,
  recovery,
  tenants,
  doors,
  backlog,
  matching,
  filtering,
  ingest,
  statistics,
  retention,
  store,
  signing,
  startUp,
];
