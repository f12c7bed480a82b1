import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { ENVIRONMENT_VIEW, environmentLines } from "../../src/cli/event-type-view.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printOne, printsFields } from "../../src/cli/print-one.ts";

export interface EnvGetOptions {
  fields?: string[];
}

/** Defines `hooks env get`. */
export function envGetCommand(context: CliContext, run = runEnvGet): Command {
  return addFieldsFlag(new Command("get"))
    .description("Shows what is set for the whole environment (--env, --tenant).")
    .addHelpText("after", examples("hooks env get", "hooks env get --env production --json"))
    .action((flags: EnvGetOptions) => run(flags, context));
}

export async function runEnvGet({ fields }: EnvGetOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, ENVIRONMENT_VIEW, fields)) return;
  const row = await (await context.service({ reads: true })).getEnvironment();
  printOne(out, row, ENVIRONMENT_VIEW, { fields, lines: () => environmentLines(row, out, context.now()) });
}
