import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { jsonLine } from "../../src/cli/escape.ts";
import { collect } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { namingFilterFlags } from "../filter-flags.ts";
import { hintAtDaemon } from "../local-sender.ts";

export interface EventReplayOptions {
  id: string;
  /** Empty: everyone who got it or would get it now. */
  sub: string[];
}

/** Defines `hooks event replay`. */
export function eventReplayCommand(context: CliContext, run = runEventReplay): Command {
  return new Command("replay")
    .description("Sends one event again, to everyone who got it or would get it now. Its id on the wire stays.")
    .argument("<event>", "id, or unique beginning of one")
    .option("--sub <subscription>", "only to this one (id, beginning or name)", collect, [])
    .addHelpText(
      "after",
      examples("hooks event replay evt_01kz4y5d", "hooks event replay evt_01kz4y5d --sub shop --sub billing"),
    )
    .action((id: string, flags: { sub: string[] }) => run({ id, ...flags }, context));
}

export async function runEventReplay({ id, sub }: EventReplayOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const service = await context.service();
  const receipt = await namingFilterFlags(service.replayEvent(id, sub.length === 0 ? {} : { subscriptions: sub }));
  if (out.mode === "json") out.print(jsonLine(receipt));
  else if (out.mode === "human")
    out.print(
      `${out.colors.green("→")} ${receipt.count === 1 ? "1 delivery goes" : `${receipt.count} deliveries go`} out again`,
    );
  else out.print(String(receipt.count));
  if (0 < receipt.count) await hintAtDaemon(context);
}
