import { backlog } from "./backlog.ts";
import type { Bench } from "./bench.ts";
import { drain } from "./drain.ts";
import { endToEnd } from "./end-to-end.ts";
import { fanOut } from "./fan-out.ts";
import { ingest } from "./ingest.ts";
import { latency } from "./latency.ts";
import { matching } from "./matching.ts";
import { signing } from "./signing.ts";
import { startUp } from "./start-up.ts";
import { store } from "./store.ts";

/** To add a benchmark, add an entry. */
export const BENCHES: readonly Bench[] = [
  drain,
  endToEnd,
  fanOut,
  latency,
  backlog,
  matching,
  ingest,
  store,
  signing,
  startUp,
];
