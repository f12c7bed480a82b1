import { Command, Option } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { deliveryView, subscriptionNames } from "../../src/cli/delivery-view.ts";
import { examples } from "../../src/cli/help.ts";
import { addListFlags, addSpanFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import { DELIVERY_STATES, type DeliveryState } from "../../src/core/delivery.ts";
import { namingFilterFlags } from "../filter-flags.ts";

export interface DeliveryListOptions extends ListFlags {
  status?: DeliveryState;
  type?: string;
  sub?: string;
  event?: string;
  since?: string;
  until?: string;
}

/** Defines `hooks delivery list`. */
export function deliveryListCommand(context: CliContext, run = runDeliveryList): Command {
  const command = new Command("list")
    .description("Lists deliveries (one event to one subscription), newest first.")
    .addOption(new Option("--status <status>", "by status").choices(DELIVERY_STATES))
    .option("--type <event-type>", "a type, or a pattern such as 'invoice.*'")
    .option("--sub <subscription>", "of this subscription (id, beginning or name)")
    .option("--event <event>", "of this event");
  return addListFlags(addSpanFlags(command))
    .addHelpText(
      "after",
      examples(
        "hooks delivery list --status failed --since 2h",
        "hooks delivery list --sub shop --json",
        "hooks delivery list --fields id,status,error",
      ),
    )
    .action((flags: DeliveryListOptions) => run(flags, context));
}

export async function runDeliveryList(flags: DeliveryListOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const options = listOptions(flags);
  if (printsFields(out, deliveryView(context.now()), options.fields)) return;
  const service = await context.service({ reads: true });
  const { status, type, sub: subscription, event, since, until } = flags;
  const query = { status, type, subscription, event, since, until };
  const { rows, nextCursor } = await namingFilterFlags(
    fetchRows((page) => service.listDeliveries({ ...query, ...page }), options),
  );
  const names = rows.length === 0 ? undefined : await subscriptionNames(service, out);
  printList(out, rows, deliveryView(context.now(), names), options.fields);
  if (rows.length === 0 && out.mode === "human") out.note("no deliveries");
  noteRest(out, rows.length, nextCursor);
}
