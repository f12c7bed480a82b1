import { it } from "vitest";
import { runShort } from "./run-short.ts";
import { STOPPED_UNDER_LOAD } from "./scenarios/r03-sigterm.ts";
import { STOPPED_AND_CONTINUED } from "./scenarios/r05-sigstop.ts";

it("finishes or gives back what is in flight at SIGTERM, and sends nothing twice", async (context) => {
  await runShort(STOPPED_UNDER_LOAD, context);
}, 240_000);

it("goes on after SIGSTOP and SIGCONT as if nothing had been", async (context) => {
  await runShort(STOPPED_AND_CONTINUED, context);
}, 240_000);
