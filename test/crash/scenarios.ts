import type { Scenario } from "./scenario.ts";
import { RANDOM_KILLS } from "./scenarios/r01-random-kills.ts";
import { NAMED_POINTS, TRACED_POINTS } from "./scenarios/r02-named-points.ts";
import { STOPPED_UNDER_LOAD } from "./scenarios/r03-sigterm.ts";
import { BURST } from "./scenarios/r04-burst.ts";
import { STOPPED_AND_CONTINUED } from "./scenarios/r05-sigstop.ts";
import { SYNCS_COUNTED } from "./scenarios/r06-syncs.ts";
import { LOST_WRITES } from "./scenarios/r08-lost-writes.ts";
import { FAILING_SYNCS } from "./scenarios/r09-failing-syncs.ts";
import { FAILING_WRITES } from "./scenarios/r10-failing-writes.ts";
import { FULL_DISK } from "./scenarios/r11-full-disk.ts";
import { DAMAGED_LOG } from "./scenarios/r12-damaged-log.ts";
import { DAMAGED_DATABASE } from "./scenarios/r13-damaged-database.ts";
import { SECOND_DAEMON } from "./scenarios/r14-second-daemon.ts";
import { KILLED_MIGRATIONS } from "./scenarios/r15-killed-migrations.ts";
import { INTERRUPTED_DELETIONS } from "./scenarios/r68-interrupted-deletions.ts";

/** To add one, add an entry. */
export const SCENARIOS: readonly Scenario[] = [
  RANDOM_KILLS,
  NAMED_POINTS,
  TRACED_POINTS,
  STOPPED_UNDER_LOAD,
  BURST,
  STOPPED_AND_CONTINUED,
  SYNCS_COUNTED,
  LOST_WRITES,
  FAILING_SYNCS,
  FAILING_WRITES,
  FULL_DISK,
  DAMAGED_LOG,
  DAMAGED_DATABASE,
  SECOND_DAEMON,
  KILLED_MIGRATIONS,
  INTERRUPTED_DELETIONS,
];
