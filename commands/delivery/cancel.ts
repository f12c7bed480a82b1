import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { deliveryLines, deliveryView } from "../../src/cli/delivery-view.ts";
import { examples } from "../../src/cli/help.ts";
import { printOne } from "../../src/cli/print-one.ts";

/** Defines `hooks delivery cancel`. */
export function deliveryCancelCommand(context: CliContext, run = runDeliveryCancel): Command {
  return new Command("cancel")
    .description("Gives a waiting delivery up. It can be sent after all with hooks delivery retry.")
    .argument("<delivery>", "id, or unique beginning of one")
    .addHelpText("after", examples("hooks delivery cancel dlv_01kz4y5d", "hooks delivery cancel dlv_01kz4y5d --json"))
    .action((id: string) => run(id, context));
}

export async function runDeliveryCancel(id: string, context: CliContext): Promise<void> {
  const { out } = context;
  const row = await (await context.service()).cancelDelivery(id);
  if (out.mode === "human") out.print(`${out.colors.green("✓")} cancelled ${row.id}`);
  else printOne(out, row, deliveryView(context.now()), { lines: () => deliveryLines(row, out, context.now()) });
}
