import { expect, it } from "vitest";
import { runShort } from "./run-short.ts";
import { FAILING_SYNCS } from "./scenarios/r09-failing-syncs.ts";
import { FAILING_WRITES } from "./scenarios/r10-failing-writes.ts";
import { FULL_DISK } from "./scenarios/r11-full-disk.ts";
import { DAMAGED_LOG } from "./scenarios/r12-damaged-log.ts";
import { DAMAGED_DATABASE } from "./scenarios/r13-damaged-database.ts";
import { KILLED_MIGRATIONS } from "./scenarios/r15-killed-migrations.ts";

it("ends when an fsync fails, and loses nothing", async (context) => {
  await runShort(FAILING_SYNCS, context);
}, 240_000);

it("goes on or can be started again when writes fail, and loses nothing", async (context) => {
  await runShort(FAILING_WRITES, context);
}, 240_000);

it("refuses on a full disk, says so, and goes on once there is space", async (context) => {
  await runShort(FULL_DISK, context);
}, 240_000);

it("notices a log that was damaged after kill -9", async (context) => {
  const { figures } = await runShort(DAMAGED_LOG, context);
  expect(figures.find(({ name }) => name === "noticed without the high-water mark")).toMatchObject({ value: "0" });
}, 240_000);

it("refuses a database that is damaged, older, newer or none, and leaves it as it is", async (context) => {
  await runShort(DAMAGED_DATABASE, context);
}, 240_000);

it("comes through a migration that is killed at any write or sync", async (context) => {
  await runShort(KILLED_MIGRATIONS, context);
}, 240_000);
