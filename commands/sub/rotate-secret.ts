import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { asUsage } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { readSecretValue } from "../../src/cli/secret-value.ts";
import { NEW_SECRET_VIEW, newSecretLines, noteUnprintedSecret } from "../../src/cli/subscription-view.ts";
import { printList, printSection } from "../../src/cli/table.ts";
import { parseDuration } from "../../src/core/duration.ts";

export interface SubRotateSecretOptions {
  id: string;
  grace?: string;
  secret?: string;
  printSecret?: boolean;
  fields?: string[];
}

const DEFAULT_GRACE = "24h";

/** Defines `hooks sub rotate-secret`. */
export function subRotateSecretCommand(context: CliContext, run = runSubRotateSecret): Command {
  return addFieldsFlag(new Command("rotate-secret"))
    .description(
      "Makes a new signing secret. Until the grace ends old and new both sign, so receivers can change over.",
    )
    .argument("<subscription>", "id, unique beginning of one, or name")
    .option("--grace <duration>", `how long the old one goes on signing (default: ${DEFAULT_GRACE})`)
    .option("--secret <secret>", "the new one: VALUE, @FILE, - or env:NAME (default: one is made)")
    .option("--print-secret", "in a pipe: print the secret as a second column")
    .addHelpText(
      "after",
      examples(
        "hooks sub rotate-secret shop",
        "hooks sub rotate-secret shop --grace 7d",
        "hooks sub rotate-secret shop --grace 0s --json",
      ),
    )
    .action((id: string, flags: Omit<SubRotateSecretOptions, "id">) => run({ id, ...flags }, context));
}

export async function runSubRotateSecret(options: SubRotateSecretOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { grace, fields } = options;
  if (printsFields(out, NEW_SECRET_VIEW, fields)) return;
  if (grace !== undefined) asUsage("--grace", () => parseDuration(grace, "--grace", { min: 0 }));
  const secret = options.secret === undefined ? undefined : await readSecretValue(options.secret, "--secret", context);
  const rotated = await (await context.service()).rotateSecret(options.id, { grace, secret });
  if (out.mode === "json" || fields !== undefined) printList(out, [rotated], NEW_SECRET_VIEW, fields);
  else if (out.mode === "quiet") out.print(rotated.id);
  else if (out.mode === "plain") {
    out.print(rotated.id + (options.printSecret === true ? `\t${rotated.secret}` : ""));
    if (options.printSecret !== true) noteUnprintedSecret(rotated.id, context);
  } else {
    const name = escapeLine(rotated.name === "" ? rotated.id : rotated.name);
    out.print(
      `${out.colors.green("✓")} new secret for ${out.colors.bold(name)}; the old one signs too for ${grace ?? DEFAULT_GRACE}\n`,
    );
    printSection(
      out,
      newSecretLines(rotated, out.colors).filter(([key]) => key === "id" || key === "secret"),
    );
  }
}
