import { it } from "vitest";
import { runShort } from "./run-short.ts";
import { SYNCS_COUNTED } from "./scenarios/r06-syncs.ts";
import { LOST_WRITES } from "./scenarios/r08-lost-writes.ts";

it("answers 202 only after a sync, on a new store and on a reopened one", async (context) => {
  await runShort(SYNCS_COUNTED, context);
}, 240_000);

it("loses nothing that was accepted when what was not synced is lost or torn", async (context) => {
  await runShort(LOST_WRITES, context);
}, 240_000);
