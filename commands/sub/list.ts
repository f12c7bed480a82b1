import { Command, Option } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addListFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { SUBSCRIPTION_VIEW } from "../../src/cli/subscription-view.ts";
import { printList } from "../../src/cli/table.ts";

export interface SubListOptions extends ListFlags {
  event?: string;
  enabled?: boolean;
  disabled?: boolean;
  health?: string;
  profile?: string;
  search?: string;
}

/** Defines `hooks sub list`. */
export function subListCommand(context: CliContext, run = runSubList): Command {
  const command = new Command("list")
    .description("Lists subscriptions, newest first.")
    .option("--event <event-type>", "those that would receive this type")
    .addOption(new Option("--enabled", "enabled ones only").conflicts("disabled"))
    .option("--disabled", "disabled ones only")
    .addOption(new Option("--health <state>", "by health").choices(["healthy", "degraded", "unhealthy", "disabled"]))
    .option("--profile <name>", "by profile")
    .option("--search <text>", "contained in name, description or URL");
  return addListFlags(command)
    .addHelpText(
      "after",
      examples(
        "hooks sub list",
        "hooks sub list --event order.paid --json",
        "hooks sub list --fields name,health.state",
      ),
    )
    .action((flags: SubListOptions) => run(flags, context));
}

export async function runSubList(flags: SubListOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const options = listOptions(flags);
  if (printsFields(out, SUBSCRIPTION_VIEW, options.fields)) return;
  const service = await context.service({ reads: true });
  const filter = {
    event: flags.event,
    enabled: flags.enabled === true ? true : flags.disabled === true ? false : undefined,
    health: flags.health,
    profile: flags.profile,
    q: flags.search,
  };
  const { rows, nextCursor } = await fetchRows((page) => service.listSubscriptions({ ...filter, ...page }), options);
  printList(out, rows, SUBSCRIPTION_VIEW, options.fields);
  if (rows.length === 0 && out.mode === "human") {
    out.note("no subscriptions");
    out.hint("hooks sub create --url https://example.com/hook --event 'order.*'");
  }
  noteRest(out, rows.length, nextCursor);
}
