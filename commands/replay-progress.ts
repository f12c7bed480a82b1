import { setTimeout as sleep } from "node:timers/promises";
import type { CliContext } from "../src/cli/context.ts";
import { jsonLine } from "../src/cli/escape.ts";
import { progressBar } from "../src/cli/progress-bar.ts";
import { startSpinner } from "../src/cli/spinner.ts";
import { printList } from "../src/cli/table.ts";
import type { HooksService } from "../src/core/hooks-service.ts";
import type { ReplayResource, ReplayStarted } from "../src/core/replay.ts";
import { hintAtDaemon } from "./local-sender.ts";
import { REPLAY_STARTED_VIEW } from "./receipt-views.ts";

const POLL_MS = 200;
/** After Ctrl-C, for the answer to the last look. */
const LAST_LOOK_MS = 1_000;

/**
 * Waits until a replay is at its end, showing on a terminal how far it is. In local mode without a daemon its steps are
 * done here. Ctrl-C ends the waiting alone: the replay stands in the store, and whoever sends from it goes on.
 */
export async function followReplay(context: CliContext, service: HooksService, id: string): Promise<ReplayResource> {
  const { out, signal } = context;
  let replay = await service.getReplay(id);
  if (replay.status !== "running") return replay;
  context.handleSignal();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => (timer = setTimeout(resolve, LAST_LOOK_MS)), { once: true });
  });
  const spinner = await startSpinner(out, "replaying");
  try {
    while (replay.status === "running" && !signal.aborted) {
      spinner.text(`replaying  ${progressText(replay)}`);
      const waitMs = await stepHere(context, replay.id);
      if (0 < waitMs) await sleep(waitMs, undefined, { signal }).catch(() => {});
      // A server that does not answer holds nobody.
      replay = (await Promise.race([service.getReplay(replay.id), late])) ?? replay;
    }
  } finally {
    clearTimeout(timer);
    spinner.stop();
  }
  if (replay.status === "running") {
    const goesOn = (await isOurs(context)) ? "it goes on as soon as a daemon runs" : "it goes on";
    out.note(`${goesOn}: hooks replay --watch ${replay.id}, or hooks replay --cancel ${replay.id}`);
  }
  return replay;
}

/** `█████░░░░░░░░░░░░░░░  25 %  250 of 1000` */
export function progressText({ count, reopened, rate }: Pick<ReplayResource, "count" | "reopened" | "rate">): string {
  // What ended meanwhile may be more than was found.
  const part = count === 0 ? 1 : Math.min(1, reopened / count);
  return `${progressBar(part)}  ${reopened} of ${count}${rate === null ? "" : `, ${rate} at most`}`;
}

/** Prints what became of it, as every command that sends deliveries again does. */
export async function printReplay(
  context: CliContext,
  started: ReplayStarted,
  options: { fields: string[] | undefined; follow: boolean; service: HooksService },
): Promise<void> {
  const { out } = context;
  const { fields, follow, service } = options;
  const followed = follow && started.id !== null ? await followReplay(context, service, started.id) : undefined;
  const receipt = followed === undefined ? started : { ...started, count: followed.reopened, status: followed.status };
  if (fields !== undefined) printList(out, [receipt], REPLAY_STARTED_VIEW, fields);
  else if (out.mode === "json") out.print(jsonLine(receipt));
  else if (out.mode === "human") out.print(sentence(receipt, out.colors.green("→")));
  else out.print(String(receipt.count));
  if (!receipt.dry_run && 0 < receipt.count) await hintAtDaemon(context);
}

function sentence({ count, dry_run, status, id }: ReplayStarted, arrow: string): string {
  const what = count === 1 ? "1 delivery" : `${count} deliveries`;
  if (dry_run) return `${what} would go out again`;
  const so = status === "running" ? ` so far: ${id ?? ""}` : status === "cancelled" ? ", then it was cancelled" : "";
  return `${arrow} ${what} ${count === 1 ? "goes" : "go"} out again${so}`;
}

/** Does a step where nobody else does; answers how long to wait before the next look, ms. */
async function stepHere(context: CliContext, id: string): Promise<number> {
  if (!(await isOurs(context))) return POLL_MS;
  const local = await context.local("hooks replay");
  const { goesOn, nextAt } = await local.stepReplay(context.scope(), id);
  return goesOn && nextAt !== undefined ? Math.max(0, nextAt - context.now()) : 0;
}

async function isOurs(context: CliContext): Promise<boolean> {
  return context.settings().target.kind === "local" && (await context.daemon()) === undefined;
}
