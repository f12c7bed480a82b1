import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addListFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { SOURCE_VIEW } from "../../src/cli/source-view.ts";
import { printList } from "../../src/cli/table.ts";
import { namingSourceFlags } from "./source-flags.ts";

export interface SourceListOptions extends ListFlags {
  scheme?: string;
  enabled?: boolean;
  disabled?: boolean;
}

/** Defines `hooks source list`. */
export function sourceListCommand(context: CliContext, run = runSourceList): Command {
  const command = new Command("list")
    .description("Lists sources, newest first.")
    .option("--scheme <scheme>", "whose senders sign so")
    .option("--enabled", "only those that take requests")
    .option("--disabled", "only those that do not");
  return addListFlags(command)
    .addHelpText(
      "after",
      examples(
        "hooks source list",
        "hooks source list --scheme stripe",
        "hooks source list --json --fields name,scheme",
      ),
    )
    .action((flags: SourceListOptions) => run(flags, context));
}

export async function runSourceList(flags: SourceListOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const options = listOptions(flags);
  if (printsFields(out, SOURCE_VIEW, options.fields)) return;
  const { scheme } = flags;
  const enabled = flags.enabled === true ? true : flags.disabled === true ? false : undefined;
  const service = await context.service({ reads: true });
  const { rows, nextCursor } = await namingSourceFlags(
    fetchRows((page) => service.listSources({ scheme, enabled, ...page }), options),
  );
  printList(out, rows, SOURCE_VIEW, options.fields);
  if (rows.length === 0 && out.mode === "human") {
    out.note("no sources");
    out.hint("hooks source create github --scheme github");
  }
  noteRest(out, rows.length, nextCursor);
}
