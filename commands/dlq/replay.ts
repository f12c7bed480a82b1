import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { namingFilterFlags } from "../filter-flags.ts";
import { REPLAY_STARTED_VIEW } from "../receipt-views.ts";
import { printReplay } from "../replay-progress.ts";
import { addDeadLetterFlags, type DeadLetterFlags, deadLetterFilter } from "./dead-letter-flags.ts";

export interface DlqReplayOptions extends DeadLetterFlags {
  rate?: string;
  dryRun?: boolean;
  /** --no-wait */
  wait: boolean;
  fields?: string[];
}

/** Defines `hooks dlq replay`. */
export function dlqReplayCommand(context: CliContext, run = runDlqReplay): Command {
  const command = addFieldsFlag(new Command("replay")).description(
    "Sends dead letters again: all of them, or those that are chosen. The same as hooks replay --failed.",
  );
  return addDeadLetterFlags(command)
    .option("--rate <rate>", "at most so many: 100/s, 600/m")
    .option("--dry-run", "only say how many")
    .option("--no-wait", "do not wait for the end of it")
    .addHelpText("after", examples("hooks dlq replay --dry-run", "hooks dlq replay --sub shop --since 1d --rate 50/s"))
    .action((flags: DlqReplayOptions) => run(flags, context));
}

export async function runDlqReplay(flags: DlqReplayOptions, context: CliContext): Promise<void> {
  const { rate, dryRun, wait, fields } = flags;
  if (printsFields(context.out, REPLAY_STARTED_VIEW, fields)) return;
  const service = await context.service();
  const { type, ...filter } = deadLetterFilter(flags);
  const started = await namingFilterFlags(
    service.replay({
      ...filter,
      status: "failed",
      types: type === undefined ? undefined : [type],
      rate,
      dry_run: dryRun === true,
    }),
  );
  await printReplay(context, started, { fields, follow: wait, service });
}
