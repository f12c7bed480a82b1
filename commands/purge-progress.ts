import { setTimeout as sleep } from "node:timers/promises";
import type { CliContext } from "../src/cli/context.ts";
import { startSpinner } from "../src/cli/spinner.ts";
import type { HooksService } from "../src/core/hooks-service.ts";
import type { PurgeResource } from "../src/core/purge.ts";

const POLL_MS = 200;

/**
 * Waits until a purge is at its end, showing on a terminal how far it is. In local mode without a daemon its steps are
 * done here. Ctrl-C ends the waiting alone.
 */
export async function followPurge(context: CliContext, service: HooksService, id: string): Promise<PurgeResource> {
  const { out, signal } = context;
  let purge = await service.getPurge(id);
  if (purge.status !== "running") return purge;
  const isOurs = context.settings().target.kind === "local" && (await context.daemon()) === undefined;
  const spinner = await startSpinner(out, "erasing");
  try {
    while (purge.status === "running" && !signal.aborted) {
      spinner.text(`erasing  ${purge.erased.events} events`);
      const waitMs = isOurs ? await stepHere(context, purge.id) : POLL_MS;
      if (0 < waitMs) await sleep(waitMs, undefined, { signal }).catch(() => {});
      purge = await service.getPurge(purge.id);
    }
  } finally {
    spinner.stop();
  }
  if (purge.status === "running") {
    const goesOn = isOurs ? "it goes on as soon as a daemon runs" : "it goes on";
    out.note(`${goesOn}: hooks purge --watch ${purge.id}, or hooks purge --cancel ${purge.id}`);
  }
  return purge;
}

/** Answers how long to wait for the next step, ms. */
async function stepHere(context: CliContext, id: string): Promise<number> {
  const local = await context.local("hooks purge");
  const { goesOn, nextAt } = await local.stepPurge(context.scope(), id);
  return goesOn && nextAt !== undefined ? Math.max(0, nextAt - context.now()) : 0;
}
