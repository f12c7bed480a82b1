import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { eventView } from "../../src/cli/event-view.ts";
import { examples } from "../../src/cli/help.ts";
import { addListFlags, addSpanFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import { namingFilterFlags } from "../filter-flags.ts";

export interface EventListOptions extends ListFlags {
  type?: string;
  since?: string;
  until?: string;
}

/** Defines `hooks event list`. */
export function eventListCommand(context: CliContext, run = runEventList): Command {
  const command = new Command("list")
    .description("Lists events, newest first.")
    .option("--type <event-type>", "a type, or a pattern such as 'invoice.*'");
  return addListFlags(addSpanFlags(command))
    .addHelpText("after", examples("hooks event list --since 2h", "hooks event list --type 'invoice.*' --json"))
    .action((flags: EventListOptions) => run(flags, context));
}

export async function runEventList(flags: EventListOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const view = eventView(context.now());
  const options = listOptions(flags);
  if (printsFields(out, view, options.fields)) return;
  const service = await context.service({ reads: true });
  const { type, since, until } = flags;
  const { rows, nextCursor } = await namingFilterFlags(
    fetchRows((page) => service.listEvents({ type, since, until, ...page }), options),
  );
  printList(out, rows, view, options.fields);
  if (rows.length === 0 && out.mode === "human") {
    out.note("no events");
    out.hint("hooks trigger order.paid");
  }
  noteRest(out, rows.length, nextCursor);
}
