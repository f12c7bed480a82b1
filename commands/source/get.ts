import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printOne, printsFields } from "../../src/cli/print-one.ts";
import { SOURCE_VIEW, sourceLines } from "../../src/cli/source-view.ts";
import { namingSourceFlags } from "./source-flags.ts";

export interface SourceGetOptions {
  name: string;
  fields?: string[];
}

/** Defines `hooks source get`. */
export function sourceGetCommand(context: CliContext, run = runSourceGet): Command {
  return addFieldsFlag(new Command("get"))
    .description("Shows one source, without its secrets.")
    .argument("<source>", "its name, or its id")
    .addHelpText("after", examples("hooks source get github", "hooks source get github --json | jq .map"))
    .action((name: string, flags: { fields?: string[] }) => run({ name, ...flags }, context));
}

export async function runSourceGet({ name, fields }: SourceGetOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, SOURCE_VIEW, fields)) return;
  const row = await namingSourceFlags((await context.service({ reads: true })).getSource(name));
  printOne(out, row, SOURCE_VIEW, { fields, lines: () => sourceLines(row) });
}
