import { expect, it } from "vitest";
import { runShort } from "./run-short.ts";
import { RANDOM_KILLS } from "./scenarios/r01-random-kills.ts";
import { NAMED_POINTS, TRACED_POINTS } from "./scenarios/r02-named-points.ts";
import { BURST } from "./scenarios/r04-burst.ts";
import { SECOND_DAEMON } from "./scenarios/r14-second-daemon.ts";
import { INTERRUPTED_DELETIONS } from "./scenarios/r68-interrupted-deletions.ts";

it("loses nothing that was accepted over kill -9 at random moments", async (context) => {
  await runShort(RANDOM_KILLS, context);
}, 240_000);

it("loses nothing that was accepted over kill -9 at each named point", async (context) => {
  const { seen } = await runShort(NAMED_POINTS, context);
  // The points are what brings these about: where they do not, nothing was killed where it says.
  expect([...seen].sort()).toEqual([
    "crash between commit and answer",
    "crash between send and record",
    "duplicate actually sent",
  ]);
}, 240_000);

it("loses nothing over kill -9 inside a checkpoint and while the store is made", async (context) => {
  await runShort(TRACED_POINTS, context);
}, 240_000);

it("refuses in time when more is sent than it takes, and loses nothing over kill -9 meanwhile", async (context) => {
  await runShort(BURST, context);
}, 240_000);

it("refuses a second daemon, and lets go of the store when it is killed", async (context) => {
  await runShort(SECOND_DAEMON, context);
}, 120_000);

it("goes on with retention, a purge and a replay that were killed, and deletes nothing that waits or failed", async (context) => {
  await runShort(INTERRUPTED_DELETIONS, context);
}, 240_000);
