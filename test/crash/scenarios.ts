import type { Scenario } from "./scenario.ts";
import { RANDOM_KILLS } from "./scenarios/r01-random-kills.ts";
import { NAMED_POINTS, TRACED_POINTS } from "./scenarios/r02-named-points.ts";
import { STOPPED_UNDER_LOAD } from "./scenarios/r03-sigterm.ts";
import { STOPPED_AND_CONTINUED } from "./scenarios/r05-sigstop.ts";
import { SYNCS_COUNTED } from "./scenarios/r06-syncs.ts";
import { LOST_WRITES } from "./scenarios/r08-lost-writes.ts";
import { SECOND_DAEMON } from "./scenarios/r14-second-daemon.ts";

/** To add one, add an entry. */
export const SCENARIOS: readonly Scenario[] = [
  RANDOM_KILLS,
  NAMED_POINTS,
  TRACED_POINTS,
  STOPPED_UNDER_LOAD,
  STOPPED_AND_CONTINUED,
  SYNCS_COUNTED,
  LOST_WRITES,
  SECOND_DAEMON,
];
