import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { jsonLine } from "../../src/cli/escape.ts";
import { collect } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import type { ReplayReceipt } from "../../src/core/replay.ts";
import { namingFilterFlags } from "../filter-flags.ts";
import { hintAtDaemon } from "../local-sender.ts";
import { REPLAY_VIEW } from "../receipt-views.ts";

export interface EventReplayOptions {
  id: string;
  /** Empty: everyone who got it or would get it now. */
  sub: string[];
  dryRun?: boolean;
  fields?: string[];
}

/** Defines `hooks event replay`. */
export function eventReplayCommand(context: CliContext, run = runEventReplay): Command {
  return addFieldsFlag(new Command("replay"))
    .description("Sends one event again, to everyone who got it or would get it now. Its id on the wire stays.")
    .argument("<event>", "id, or unique beginning of one")
    .option("--sub <subscription>", "only to this one (id, beginning or name)", collect, [])
    .option("--dry-run", "only say to how many")
    .addHelpText(
      "after",
      examples(
        "hooks event replay evt_01kz4y5d",
        "hooks event replay evt_01kz4y5d --sub shop --sub billing",
        "hooks event replay evt_01kz4y5d --dry-run",
      ),
    )
    .action((id: string, flags: Omit<EventReplayOptions, "id">) => run({ id, ...flags }, context));
}

export async function runEventReplay(
  { id, sub, dryRun = false, fields }: EventReplayOptions,
  context: CliContext,
): Promise<void> {
  const { out } = context;
  if (printsFields(out, REPLAY_VIEW, fields)) return;
  const service = await context.service();
  const request = { ...(sub.length === 0 ? {} : { subscriptions: sub }), dry_run: dryRun };
  const receipt = await namingFilterFlags(service.replayEvent(id, request));
  if (fields !== undefined) printList(out, [receipt], REPLAY_VIEW, fields);
  else if (out.mode === "json") out.print(jsonLine(receipt));
  else if (out.mode === "human") out.print(sentence(receipt, out.colors.green("→")));
  else out.print(String(receipt.count));
  if (0 < receipt.count && !dryRun) await hintAtDaemon(context);
}

function sentence({ count, dry_run: dryRun }: ReplayReceipt, arrow: string): string {
  const what = count === 1 ? "1 delivery" : `${count} deliveries`;
  return dryRun ? `${what} would go out again` : `${arrow} ${what} ${count === 1 ? "goes" : "go"} out again`;
}
