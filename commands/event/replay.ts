import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { jsonLine } from "../../src/cli/escape.ts";
import { collect } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import { namingFilterFlags } from "../filter-flags.ts";
import { hintAtDaemon } from "../local-sender.ts";
import { REPLAY_VIEW } from "../receipt-views.ts";

export interface EventReplayOptions {
  id: string;
  /** Empty: everyone who got it or would get it now. */
  sub: string[];
  fields?: string[];
}

/** Defines `hooks event replay`. */
export function eventReplayCommand(context: CliContext, run = runEventReplay): Command {
  return addFieldsFlag(new Command("replay"))
    .description("Sends one event again, to everyone who got it or would get it now. Its id on the wire stays.")
    .argument("<event>", "id, or unique beginning of one")
    .option("--sub <subscription>", "only to this one (id, beginning or name)", collect, [])
    .addHelpText(
      "after",
      examples("hooks event replay evt_01kz4y5d", "hooks event replay evt_01kz4y5d --sub shop --sub billing"),
    )
    .action((id: string, flags: Omit<EventReplayOptions, "id">) => run({ id, ...flags }, context));
}

export async function runEventReplay({ id, sub, fields }: EventReplayOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, REPLAY_VIEW, fields)) return;
  const service = await context.service();
  const receipt = await namingFilterFlags(service.replayEvent(id, sub.length === 0 ? {} : { subscriptions: sub }));
  if (fields !== undefined) printList(out, [receipt], REPLAY_VIEW, fields);
  else if (out.mode === "json") out.print(jsonLine(receipt));
  else if (out.mode === "human")
    out.print(
      `${out.colors.green("→")} ${receipt.count === 1 ? "1 delivery goes" : `${receipt.count} deliveries go`} out again`,
    );
  else out.print(String(receipt.count));
  if (0 < receipt.count) await hintAtDaemon(context);
}
