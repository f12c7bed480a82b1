import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { EVENT_TYPE_LIST_VIEW as VIEW } from "../../src/cli/event-type-view.ts";
import { examples } from "../../src/cli/help.ts";
import { addListFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import type { EventTypeQuery } from "../../src/core/event-type.ts";
import { namingEventTypeFlags } from "./event-type-flags.ts";

export interface EventTypeListOptions extends ListFlags {
  tag?: string;
  catalogued?: boolean;
  deprecated?: boolean;
  search?: string;
}

/** Defines `hooks event-type list`. */
export function eventTypeListCommand(context: CliContext, run = runEventTypeList): Command {
  return addListFlags(new Command("list"))
    .description(
      "Lists event types in alphabetical order: those of the catalogue, and names that are seen in events or named by subscriptions.",
    )
    .option("--tag <name>", "only those with this tag")
    .option("--catalogued", "only those in the catalogue")
    .option("--no-catalogued", "only those that are not in it")
    .option("--deprecated", "only deprecated ones")
    .option("--search <text>", "only with this text in name or description")
    .addHelpText(
      "after",
      examples(
        "hooks event-type list",
        "hooks event-type list --tag billing --json",
        "hooks event-type list --no-catalogued",
      ),
    )
    .action((flags: EventTypeListOptions) => run(flags, context));
}

export async function runEventTypeList(flags: EventTypeListOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const options = listOptions(flags);
  if (printsFields(out, VIEW, options.fields)) return;
  const service = await context.service({ reads: true });
  const filter: EventTypeQuery = {
    tag: flags.tag,
    catalogued: flags.catalogued,
    deprecated: flags.deprecated,
    q: flags.search,
  };
  const { rows, nextCursor } = await namingEventTypeFlags(
    fetchRows((page) => service.listEventTypes({ ...filter, ...page }), options),
  );
  printList(out, rows, VIEW, options.fields);
  if (rows.length === 0 && out.mode === "human") {
    out.note("no event types");
    out.hint("hooks event-type create order.paid");
  }
  noteRest(out, rows.length, nextCursor);
}
