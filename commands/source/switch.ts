import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { SOURCE_VIEW } from "../../src/cli/source-view.ts";
import { namingSourceFlags } from "./source-flags.ts";

export interface SourceSwitchOptions {
  name: string;
  enabled: boolean;
  fields?: string[];
}

/** Defines `hooks source enable`. */
export function sourceEnableCommand(context: CliContext, run = runSourceSwitch): Command {
  return define("enable", "Lets a source take requests again.", true, context, run);
}

/** Defines `hooks source disable`. */
export function sourceDisableCommand(context: CliContext, run = runSourceSwitch): Command {
  return define(
    "disable",
    "Stops a source from taking requests: its sender is answered 404, as if there were none.",
    false,
    context,
    run,
  );
}

function define(
  verb: string,
  description: string,
  enabled: boolean,
  context: CliContext,
  run: typeof runSourceSwitch,
): Command {
  return addFieldsFlag(new Command(verb))
    .description(description)
    .argument("<source>", "its name, or its id")
    .addHelpText("after", examples(`hooks source ${verb} github`, `hooks source ${verb} src_01m8 --json`))
    .action((name: string, flags: { fields?: string[] }) => run({ name, enabled, ...flags }, context));
}

export async function runSourceSwitch(options: SourceSwitchOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, enabled, fields } = options;
  if (printsFields(out, SOURCE_VIEW, fields)) return;
  const row = await namingSourceFlags((await context.service()).updateSource(name, { enabled }));
  printChanged(out, row, SOURCE_VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} source ${row.name} ${enabled ? "takes requests" : "takes no requests"}`,
  });
}
