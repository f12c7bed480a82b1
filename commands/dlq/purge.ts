import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import type { ListView } from "../../src/cli/table.ts";
import type { PurgeReceipt } from "../../src/core/replay.ts";
import { confirmed } from "../confirmed.ts";
import { namingFilterFlags } from "../filter-flags.ts";
import { addDeadLetterFlags, type DeadLetterFlags, deadLetterFilter } from "./dead-letter-flags.ts";

export interface DlqPurgeOptions extends DeadLetterFlags {
  dryRun?: boolean;
  fields?: string[];
}

const VIEW: ListView<PurgeReceipt> = {
  fields: ["count", "dry_run"],
  id: (row) => String(row.count),
  columns: [{ title: "count", text: (row) => String(row.count) }],
};

/** Defines `hooks dlq purge`. */
export function dlqPurgeCommand(context: CliContext, run = runDlqPurge): Command {
  const command = addFieldsFlag(new Command("purge")).description(
    "Deletes dead letters and their attempts: all of them, or those that are chosen. What was counted of them stays. Asks first; --yes does not.",
  );
  return addDeadLetterFlags(command)
    .option("--dry-run", "only say how many")
    .addHelpText("after", examples("hooks dlq purge --until 30d --dry-run", "hooks dlq purge --until 30d --yes"))
    .action((flags: DlqPurgeOptions) => run(flags, context));
}

/** @throws HooksError `usage`, `failed` when it is not confirmed */
export async function runDlqPurge(flags: DlqPurgeOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { dryRun, fields } = flags;
  if (printsFields(out, VIEW, fields)) return;
  const ask = dryRun === true ? undefined : confirmed(context, { what: "purging", undone: "nothing was deleted" });
  const service = await context.service();
  const filter = deadLetterFilter(flags);
  if (ask !== undefined && !context.yes) {
    const { count } = await namingFilterFlags(service.purgeDeadLetters({ ...filter, dry_run: true }));
    await ask(`Delete ${countText(count)} and all attempts of them?`);
  }
  const receipt = await namingFilterFlags(service.purgeDeadLetters({ ...filter, dry_run: dryRun === true }));
  const say = (): string =>
    receipt.dry_run
      ? `${countText(receipt.count)} would be deleted`
      : `${out.colors.green("✓")} deleted ${countText(receipt.count)}`;
  printChanged(out, receipt, VIEW, { fields, say });
}

function countText(count: number): string {
  return count === 1 ? "1 dead letter" : `${count} dead letters`;
}
