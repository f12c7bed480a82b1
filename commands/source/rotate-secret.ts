import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { readSecretValue } from "../../src/cli/secret-value.ts";
import { NEW_SOURCE_VIEW } from "../../src/cli/source-view.ts";
import { printNewSource } from "./create.ts";
import { namingSourceFlags } from "./source-flags.ts";

export interface SourceRotateSecretOptions {
  name: string;
  secret?: string;
  grace?: string;
  printSecret?: boolean;
  fields?: string[];
}

/** Defines `hooks source rotate-secret`. */
export function sourceRotateSecretCommand(context: CliContext, run = runSourceRotateSecret): Command {
  return addFieldsFlag(new Command("rotate-secret"))
    .description(
      "Takes what a new secret signs. Until the grace ends what the old one signs is taken too, so that the sender can " +
        "change over. Without --secret one is made, where the sender is told it (GitHub, GitLab …).",
    )
    .argument("<source>", "its name, or its id")
    .option("--secret <secret>", "the sender's new one: VALUE, @FILE, - or env:NAME")
    .option("--grace <duration>", "how long the old one is taken (default: 24h)")
    .option("--print-secret", "in a pipe: print a secret that was made as a third column")
    .addHelpText(
      "after",
      examples(
        "hooks source rotate-secret stripe --secret env:NEW_STRIPE_SECRET",
        "hooks source rotate-secret github --grace 1h",
      ),
    )
    .action((name: string, flags: Omit<SourceRotateSecretOptions, "name">) => run({ ...flags, name }, context));
}

export async function runSourceRotateSecret(options: SourceRotateSecretOptions, context: CliContext): Promise<void> {
  const { name, grace, fields } = options;
  if (printsFields(context.out, NEW_SOURCE_VIEW, fields)) return;
  const secret = options.secret === undefined ? undefined : await readSecretValue(options.secret, "--secret", context);
  const rotated = await namingSourceFlags((await context.service()).rotateSourceSecret(name, { secret, grace }));
  printNewSource(
    rotated,
    `new secret for source ${rotated.name}; the old one is taken too for ${grace ?? "24h"}`,
    options,
    context,
  );
}
