import { Command, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { jsonLine } from "../src/cli/escape.ts";
import { collect } from "../src/cli/flag-values.ts";
import { examples } from "../src/cli/help.ts";
import { addFieldsFlag, addSpanFlags } from "../src/cli/pages.ts";
import { printsFields } from "../src/cli/print-one.ts";
import { printList } from "../src/cli/table.ts";
import type { DeliveryState } from "../src/core/delivery.ts";
import { HooksError } from "../src/core/errors.ts";
import { namingFilterFlags } from "./filter-flags.ts";
import { hintAtDaemon } from "./local-sender.ts";
import { REPLAY_VIEW } from "./receipt-views.ts";

export interface ReplayOptions {
  failed?: boolean;
  status?: DeliveryState;
  since?: string;
  until?: string;
  sub?: string;
  type: string[];
  dryRun?: boolean;
  fields?: string[];
}

/** What still waits is sent anyway. */
const ENDED: readonly DeliveryState[] = ["failed", "succeeded", "cancelled"];

/** Defines `hooks replay`. */
export function replayCommand(context: CliContext, run = runReplay): Command {
  const command = addFieldsFlag(new Command("replay"))
    .description("Sends ended deliveries again, by filter. --dry-run only counts them. One event: hooks event replay.")
    .addOption(new Option("--failed", "those that failed (the same as --status failed)").conflicts("status"))
    .addOption(new Option("--status <status>", "those that ended so").choices(ENDED));
  return addSpanFlags(command)
    .option("--sub <subscription>", "of this subscription (id, beginning or name)")
    .option("--type <event-type>", "of this type or pattern", collect, [])
    .option("--dry-run", "only say how many")
    .addHelpText(
      "after",
      examples(
        "hooks replay --failed --since 2h --dry-run",
        "hooks replay --failed --since 2h",
        "hooks replay --status succeeded --sub shop --type 'invoice.*' --since 1d",
      ),
    )
    .action((flags: ReplayOptions) => run(flags, context));
}

/** @throws HooksError `usage` when it is not said which */
export async function runReplay(flags: ReplayOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, REPLAY_VIEW, flags.fields)) return;
  if (flags.failed !== true && flags.status === undefined) {
    throw new HooksError("usage", "say which deliveries: --failed or --status", {
      field: "--failed",
      hint: "hooks replay --failed --since 2h --dry-run",
    });
  }
  const service = await context.service();
  const receipt = await namingFilterFlags(
    service.replay({
      status: flags.status ?? "failed",
      since: flags.since,
      until: flags.until,
      subscription: flags.sub,
      types: flags.type.length === 0 ? undefined : flags.type,
      dry_run: flags.dryRun === true,
    }),
  );
  if (flags.fields !== undefined) printList(out, [receipt], REPLAY_VIEW, flags.fields);
  else if (out.mode === "json") out.print(jsonLine(receipt));
  else if (out.mode === "human") {
    const what = receipt.count === 1 ? "1 delivery" : `${receipt.count} deliveries`;
    out.print(
      receipt.dry_run
        ? `${what} would go out again`
        : `${out.colors.green("→")} ${what} ${receipt.count === 1 ? "goes" : "go"} out again`,
    );
  } else out.print(String(receipt.count));
  if (!receipt.dry_run && 0 < receipt.count) await hintAtDaemon(context);
}
