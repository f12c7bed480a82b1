import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printOne, printsFields } from "../../src/cli/print-one.ts";
import { SUBSCRIPTION_VIEW, subscriptionLines } from "../../src/cli/subscription-view.ts";

export interface SubGetOptions {
  id: string;
  fields?: string[];
}

/** Defines `hooks sub get`. */
export function subGetCommand(context: CliContext, run = runSubGet): Command {
  return addFieldsFlag(new Command("get"))
    .description("Shows one subscription: its settings, health and counts.")
    .argument("<subscription>", "id, unique beginning of one, or name")
    .addHelpText(
      "after",
      examples("hooks sub get shop", "hooks sub get sub_01kz4y --json", "hooks sub get shop --fields url,events"),
    )
    .action((id: string, flags: { fields?: string[] }) => run({ id, ...flags }, context));
}

export async function runSubGet({ id, fields }: SubGetOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, SUBSCRIPTION_VIEW, fields)) return;
  const row = await (await context.service({ reads: true })).getSubscription(id);
  printOne(out, row, SUBSCRIPTION_VIEW, { fields, lines: () => subscriptionLines(row, out, context.now()) });
}
