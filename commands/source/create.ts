import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { readSecretValue } from "../../src/cli/secret-value.ts";
import { NEW_SOURCE_VIEW, pathOf } from "../../src/cli/source-view.ts";
import { printList, printSection } from "../../src/cli/table.ts";
import { isHooksError } from "../../src/core/errors.ts";
import type { SourceWithSecret } from "../../src/core/sources/source.ts";
import { addSourceFlags, namingSourceFlags, type SourceFlags, sourcePatch } from "./source-flags.ts";

export interface SourceCreateOptions extends SourceFlags {
  name: string;
  scheme: string;
  secret?: string;
  disabled?: boolean;
  printSecret?: boolean;
  fields?: string[];
}

/** Defines `hooks source create`. */
export function sourceCreateCommand(context: CliContext, run = runSourceCreate): Command {
  return addFieldsFlag(addSourceFlags(new Command("create")))
    .description(
      "Takes a third party's webhooks at /in/NAME: checks their signatures, and publishes them as events NAME.TYPE. A " +
        "secret is made where the sender is told it (GitHub, GitLab …); else give the sender's.",
    )
    .argument("<source>", "its name, the last part of the URL")
    .requiredOption("--scheme <scheme>", "how the sender signs (hooks verify --list-schemes); none: it does not")
    .option("--secret <secret>", "what signs: VALUE, @FILE, - or env:NAME")
    .option("--disabled", "create it without taking requests yet")
    .option("--print-secret", "in a pipe: print a secret that was made as a third column")
    .addHelpText(
      "after",
      examples(
        "hooks source create github --scheme github --secret env:GITHUB_WEBHOOK_SECRET",
        "hooks source create stripe --scheme stripe --secret @stripe.secret --map 'invoice.paid=billing.paid'",
        "hooks source create slack --scheme slack --secret env:SLACK_SIGNING_SECRET --mode live",
        "hooks source create queue --scheme sns --secret @sns.pem --topic arn:aws:sns:eu-central-1:123456789012:orders",
        "hooks source create shop --scheme none --type-from /kind --data-from /payload",
      ),
    )
    .action((name: string, flags: Omit<SourceCreateOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `conflict` when a source has that name; the service's errors, naming the flag */
export async function runSourceCreate(options: SourceCreateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, scheme, fields } = options;
  if (printsFields(out, NEW_SOURCE_VIEW, fields)) return;
  const patch = await sourcePatch(options, context);
  const secret = options.secret === undefined ? undefined : await readSecretValue(options.secret, "--secret", context);
  const service = await context.service();
  const create = (given: string | undefined): Promise<SourceWithSecret> =>
    service.createSource({
      name,
      scheme,
      ...(given === undefined ? {} : { secret: given }),
      ...patch,
      ...(options.disabled === true ? { enabled: false } : {}),
    });
  const created = await namingSourceFlags(
    create(secret).catch(async (error: unknown) => {
      const isAskedFor = secret === undefined && isHooksError(error) && error.field === "secret" && context.canPrompt;
      if (!isAskedFor) throw error;
      return create(await context.ask.secret(`Secret of the sender (scheme ${scheme})`));
    }),
  );
  printNewSource(created, `created source ${created.name}`, options, context);
  if (created.scheme === "none") {
    out.note("warning: nothing is checked: whoever knows the URL can publish events");
  }
}

/** A source with a secret that may have been made, which is shown this once. */
export function printNewSource(
  created: SourceWithSecret,
  what: string,
  { fields, printSecret }: Pick<SourceCreateOptions, "fields" | "printSecret">,
  { out }: CliContext,
): void {
  const { secret } = created;
  if (out.mode === "json" || fields !== undefined) printList(out, [created], NEW_SOURCE_VIEW, fields);
  else if (out.mode === "quiet") out.print(created.name);
  else if (out.mode === "plain") {
    const column = printSecret === true ? `\t${secret ?? ""}` : "";
    out.print(`${created.name}\t${pathOf(created)}${column}`);
    if (secret !== null && printSecret !== true)
      out.note("note: the secret was not printed; --print-secret prints it, --json everything");
  } else {
    out.print(`${out.colors.green("✓")} ${escapeLine(what)}\n`);
    printSection(out, [
      ["path", pathOf(created)],
      ["scheme", created.scheme],
      ...(secret === null ? [] : [["secret", `${secret}${out.colors.dim("     shown once")}`] as const]),
    ]);
    out.note(`\n  give the sender the URL of hooks serve with ${pathOf(created)}`);
    out.note(`  see it     hooks source log ${created.name} · hooks listen --source ${created.name}`);
  }
}
