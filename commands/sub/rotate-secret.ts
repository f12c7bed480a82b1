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
import { HooksError } from "../../src/core/errors.ts";
import type { SubscriptionWithSecret } from "../../src/core/subscription.ts";

export interface SubRotateSecretOptions {
  id?: string | undefined;
  all?: boolean;
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
      "Makes a new signing secret. Until the grace ends old and new both sign, so receivers can change over. --all does " +
        "it for every subscription of the tenant and environment that has a URL, in one step.",
    )
    .argument("[subscription]", "id, unique beginning of one, or name")
    .option("--all", "all subscriptions of the tenant and environment")
    .option("--grace <duration>", `how long the old one goes on signing (default: ${DEFAULT_GRACE})`)
    .option("--secret <secret>", "the new one: VALUE, @FILE, - or env:NAME (default: one is made)")
    .option("--print-secret", "in a pipe: print the secret as a second column")
    .addHelpText(
      "after",
      examples(
        "hooks sub rotate-secret shop",
        "hooks sub rotate-secret shop --grace 7d",
        "hooks sub rotate-secret --all --grace 24h --json",
      ),
    )
    .action((id: string | undefined, flags: Omit<SubRotateSecretOptions, "id">) => run({ id, ...flags }, context));
}

/** @throws HooksError `usage`; the service's errors; `failed` for No */
export async function runSubRotateSecret(options: SubRotateSecretOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { id, all = false, grace, fields } = options;
  if (printsFields(out, NEW_SECRET_VIEW, fields)) return;
  if (grace !== undefined) asUsage("--grace", () => parseDuration(grace, "--grace", { min: 0 }));
  if (all) {
    if (id !== undefined)
      throw new HooksError("usage", "--all and a subscription exclude each other", { field: "--all" });
    return rotateAll(options, context);
  }
  if (id === undefined) {
    const hint = "hooks sub rotate-secret SUBSCRIPTION, or --all";
    throw new HooksError("usage", "<subscription> is missing: an id or a name", { field: "subscription", hint });
  }
  const secret = options.secret === undefined ? undefined : await readSecretValue(options.secret, "--secret", context);
  const rotated = await (await context.service()).rotateSecret(id, { grace, secret });
  if (out.mode === "json" || fields !== undefined) printList(out, [rotated], NEW_SECRET_VIEW, fields);
  else if (out.mode === "quiet") out.print(rotated.id);
  else if (out.mode === "plain") {
    printPlain(rotated, options, context);
    if (options.printSecret !== true) noteUnprintedSecret(rotated.id, context);
  } else printForPeople(rotated, grace, context);
}

async function rotateAll(options: SubRotateSecretOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { grace, secret, fields } = options;
  // One secret for all would make a leak of one receiver a leak of all.
  if (secret !== undefined)
    throw new HooksError("usage", "--all and --secret exclude each other: each gets its own", { field: "--secret" });
  await confirmAll(grace, context);
  const { data } = await (await context.service()).rotateSecrets({ grace });
  if (out.mode === "json" || fields !== undefined) return printList(out, data, NEW_SECRET_VIEW, fields);
  for (const rotated of data) {
    if (out.mode === "quiet") out.print(rotated.id);
    else if (out.mode === "plain") printPlain(rotated, options, context);
    else printForPeople(rotated, grace, context);
  }
  if (data.length === 0) out.note("no subscription has a URL here: nothing to rotate");
  else if (out.mode === "plain" && options.printSecret !== true)
    out.note("note: the secrets were not printed; --print-secret prints them, --json everything");
}

async function confirmAll(grace: string | undefined, context: CliContext): Promise<void> {
  if (context.yes || !context.canPrompt) return;
  const { tenant, environment } = context.scope();
  const question = `New secrets for all subscriptions of ${escapeLine(`${tenant}/${environment}`)}? The old ones sign for ${grace ?? DEFAULT_GRACE} more.`;
  if (!(await context.ask.confirm(question))) throw new HooksError("failed", "not confirmed: nothing was rotated");
}

function printPlain(
  rotated: SubscriptionWithSecret,
  { printSecret }: SubRotateSecretOptions,
  { out }: CliContext,
): void {
  out.print(rotated.id + (printSecret === true ? `\t${rotated.secret}` : ""));
}

function printForPeople(rotated: SubscriptionWithSecret, grace: string | undefined, { out }: CliContext): void {
  const name = escapeLine(rotated.name === "" ? rotated.id : rotated.name);
  out.print(
    `${out.colors.green("✓")} new secret for ${out.colors.bold(name)}; the old one signs too for ${grace ?? DEFAULT_GRACE}\n`,
  );
  printSection(
    out,
    newSecretLines(rotated, out.colors).filter(([key]) => key === "id" || key === "secret"),
  );
}
