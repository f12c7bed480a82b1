import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { pointingAt } from "../../src/cli/filter-caret.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag, allEventTypes } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import {
  newSecretLines,
  noteUnprintedSecret,
  targetOf,
  NEW_SECRET_VIEW as VIEW,
} from "../../src/cli/subscription-view.ts";
import { printList, printSection } from "../../src/cli/table.ts";
import { HooksError, isHooksError } from "../../src/core/errors.ts";
import { isEventPattern, patternTakes } from "../../src/core/event-pattern.ts";
import { shellWord } from "../../src/core/shell-word.ts";
import type { SubscriptionWithSecret } from "../../src/core/subscription.ts";
import { checkTargetUrl } from "../../src/core/subscription-url.ts";
import { addSubscriptionFlags, namingFlags, type SubscriptionFlags, subscriptionInput } from "./subscription-flags.ts";

export interface SubCreateOptions extends SubscriptionFlags {
  disabled?: boolean;
  printSecret?: boolean;
  fields?: string[];
}

const EXAMPLE = "hooks sub create --url https://example.com/hook --event 'order.*'";

/** Defines `hooks sub create`. */
export function subCreateCommand(context: CliContext, run = runSubCreate): Command {
  return addFieldsFlag(addSubscriptionFlags(new Command("create")))
    .description("Registers a URL. From now on it receives every event whose type one of its patterns takes.")
    .option("--secret <secret>", "signs with this: VALUE, @FILE, - or env:NAME (default: a new one is made)")
    .option("--disabled", "create it without letting it receive events yet")
    .option("--print-secret", "in a pipe: print the secret as a third column")
    .addHelpText(
      "after",
      examples(
        EXAMPLE,
        "hooks sub create --url http://localhost:3000/hook --event '*' --name local --retry 1s,5s,30s",
        "hooks sub create --url https://example.com/hook --event 'order.*' --filter 'data.amount > 1000'",
        "id=$(hooks sub create --url https://example.com/hook --event invoice.paid --quiet)",
      ),
    )
    .action((flags: SubCreateOptions) => run(flags, context));
}

/** @throws HooksError `usage` for what is missing without a terminal; the service's errors, naming the flag */
export async function runSubCreate(flags: SubCreateOptions, context: CliContext): Promise<void> {
  if (printsFields(context.out, VIEW, flags.fields)) return;
  const input = await subscriptionInput(flags, context);
  const url = input.url ?? (await askUrl(context));
  const events = input.events ?? (await askEvents(context));
  const service = await context.service();
  const created = await namingFlags(
    pointingAt(
      service.createSubscription({ ...input, url, events, ...(flags.disabled === true ? { enabled: false } : {}) }),
      flags.filter,
      context.out,
    ),
    flags,
  );
  await print(created, flags, context);
}

async function print(created: SubscriptionWithSecret, flags: SubCreateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  for (const warning of created.warnings ?? []) out.note(`warning: ${escapeLine(warning)}`);
  const isTaken = created.name !== "" && (await isNameTaken(created, context));
  if (isTaken) out.note(`warning: another subscription is called ${escapeLine(created.name)} too: use the id`);
  if (out.mode === "json" || flags.fields !== undefined) {
    printList(out, [created], VIEW, flags.fields);
  } else if (out.mode === "quiet") {
    out.print(created.id);
  } else if (out.mode === "plain") {
    const secret = flags.printSecret === true ? `\t${created.secret}` : "";
    out.print(`${created.id}\t${escapeLine(targetOf(created))}${secret}`);
    if (secret === "") noteUnprintedSecret(created.id, context);
  } else {
    const name = escapeLine(created.name === "" ? created.id : created.name);
    out.print(`${out.colors.green("✓")} created subscription ${out.colors.bold(name)}\n`);
    const known = await knownTypes(created, context);
    printSection(
      out,
      newSecretLines(created, out.colors).map(
        ([key, value]) => [key, key === "events" ? value + known : value] as const,
      ),
    );
    const reference = created.name === "" || isTaken ? created.id : shellWord(created.name);
    out.note(`\n  test it    hooks sub test ${reference}\n  see it     hooks delivery list --sub ${reference}`);
  }
}

/** `  (matches 3 known types: …)`, so that a slip in a pattern is seen at once. */
async function knownTypes(created: SubscriptionWithSecret, context: CliContext): Promise<string> {
  const known = (await allEventTypes(await context.service())).map((type) => type.name);
  const matching = known.filter((name) => created.events.some((pattern) => patternTakes(pattern, name)));
  if (matching.length === 0 || created.events.every((pattern) => !pattern.endsWith("*"))) return "";
  const some = matching.slice(0, 3).join(", ") + (3 < matching.length ? ", …" : "");
  const count = matching.length === 1 ? "1 known type" : `${matching.length} known types`;
  return context.out.colors.dim(`  (matches ${count}: ${some})`);
}

async function isNameTaken({ id, name }: SubscriptionWithSecret, context: CliContext): Promise<boolean> {
  const { data } = await (await context.service()).listSubscriptions({ q: name, limit: 200 });
  return data.some((other) => other.name === name && other.id !== id);
}

/** Checked while it can still be corrected. */
function askUrl(context: CliContext): Promise<string> {
  return ask(context, "--url", "URL that receives the events", (text) => {
    try {
      checkTargetUrl(text.trim(), "url");
      return undefined;
    } catch (error) {
      if (isHooksError(error)) return [error.message, error.hint].filter((part) => part !== undefined).join(", ");
      throw error;
    }
  });
}

async function askEvents(context: CliContext): Promise<string[]> {
  const check = (text: string): string | undefined =>
    split(text).every(isEventPattern) && split(text).length !== 0
      ? undefined
      : "event types or patterns, joined by commas";
  return split(await ask(context, "--event", "Event types (order.paid, order.*, *)", check));
}

function split(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

async function ask(
  context: CliContext,
  flag: string,
  question: string,
  check: (text: string) => string | undefined,
): Promise<string> {
  if (!context.canPrompt) throw new HooksError("usage", `${flag} is missing`, { field: flag, hint: EXAMPLE });
  return (await context.ask.text(question, { check })).trim();
}
