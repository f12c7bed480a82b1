import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { deliveryView } from "../../src/cli/delivery-view.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";

/** Defines `hooks delivery cancel`. */
export function deliveryCancelCommand(context: CliContext, run = runDeliveryCancel): Command {
  return addFieldsFlag(new Command("cancel"))
    .description("Gives a waiting delivery up. It can be sent after all with hooks delivery retry.")
    .argument("<delivery>", "id, or unique beginning of one")
    .addHelpText("after", examples("hooks delivery cancel dlv_01kz4y5d", "hooks delivery cancel dlv_01kz4y5d --json"))
    .action((id: string, flags: { fields?: string[] }) => run({ id, ...flags }, context));
}

export async function runDeliveryCancel(
  { id, fields }: { id: string; fields?: string[] },
  context: CliContext,
): Promise<void> {
  const { out } = context;
  const view = deliveryView(context.now());
  if (printsFields(out, view, fields)) return;
  const row = await (await context.service()).cancelDelivery(id);
  printChanged(out, row, view, { fields, say: () => `${out.colors.green("✓")} cancelled ${row.id}` });
}
