import { Command, Option } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { ENVIRONMENT_VIEW } from "../../src/cli/event-type-view.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { HooksError } from "../../src/core/errors.ts";

export interface EnvUpdateOptions {
  strictTypes?: "on" | "off";
  fields?: string[];
}

/** Defines `hooks env update`. */
export function envUpdateCommand(context: CliContext, run = runEnvUpdate): Command {
  return addFieldsFlag(new Command("update"))
    .description("Changes what is set for the whole environment (--env, --tenant).")
    .addOption(
      new Option(
        "--strict-types <on|off>",
        "take only event types of the catalogue, and only data that fits their schema",
      ).choices(["on", "off"]),
    )
    .addHelpText(
      "after",
      examples("hooks env update --strict-types on", "hooks env update --env staging --strict-types off"),
    )
    .action((flags: EnvUpdateOptions) => run(flags, context));
}

/** @throws HooksError `usage` when nothing is to be changed */
export async function runEnvUpdate({ strictTypes, fields }: EnvUpdateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, ENVIRONMENT_VIEW, fields)) return;
  if (strictTypes === undefined) {
    throw new HooksError("usage", "nothing to change: name at least one setting", { hint: "hooks env update --help" });
  }
  const row = await (await context.service()).updateEnvironment({ strict_types: strictTypes === "on" });
  printChanged(out, row, ENVIRONMENT_VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} strict types are ${strictTypes} in ${out.colors.bold(row.environment)}`,
  });
}
