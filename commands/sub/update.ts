import { Command, Option } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { pointingAt } from "../../src/cli/filter-caret.ts";
import { collect } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { SUBSCRIPTION_VIEW, subscriptionLines } from "../../src/cli/subscription-view.ts";
import { sectionLines } from "../../src/cli/table.ts";
import { HooksError } from "../../src/core/errors.ts";
import { nearest } from "../../src/core/nearest.ts";
import { quoted } from "../../src/core/quoted.ts";
import type { SubscriptionInput, SubscriptionResource } from "../../src/core/subscription.ts";
import { addSubscriptionFlags, namingFlags, type SubscriptionFlags, subscriptionInput } from "./subscription-flags.ts";

export interface SubUpdateOptions extends SubscriptionFlags {
  id: string;
  reset: string[];
  fields?: string[];
}

/** Flag without its dashes → the field that null sets back. */
const RESETTABLE = {
  name: "name",
  description: "description",
  header: "headers",
  retry: "retry",
  "retry-on": "retry_on",
  "on-410": "on_410",
  timeout: "timeout_ms",
  rate: "rate_limit",
  "excerpt-chars": "excerpt_chars",
  concurrency: "concurrency",
  "order-by": "order_by",
  batch: "batch",
  filter: "filter",
  breaker: "breaker",
  "auto-disable": "auto_disable",
  "allow-net": "allow_net",
  "deny-net": "deny_net",
  "event-version": "event_version",
  "rotate-every": "rotate_every",
  handshake: "handshake",
  metadata: "metadata",
} as const satisfies Record<string, keyof SubscriptionInput>;

/** Defines `hooks sub update`. */
export function subUpdateCommand(context: CliContext, run = runSubUpdate): Command {
  return addFieldsFlag(addSubscriptionFlags(new Command("update")))
    .description(
      "Changes what is named and leaves the rest. --event, --header, --allow-net, --deny-net and --metadata replace the whole list.",
    )
    .argument("<subscription>", "id, unique beginning of one, or name")
    .addOption(
      new Option("--reset <setting>", `back to its default: ${Object.keys(RESETTABLE).join(", ")}`)
        .argParser(collect)
        .default([]),
    )
    .addHelpText(
      "after",
      examples(
        "hooks sub update shop --url https://example.com/new",
        "hooks sub update shop --event 'order.*' --event invoice.paid",
        "hooks sub update shop --reset rate",
      ),
    )
    .action((id: string, flags: Omit<SubUpdateOptions, "id">) => run({ ...flags, id }, context));
}

/** @throws HooksError `usage` when nothing is to be changed; the service's errors, naming the flag */
export async function runSubUpdate(flags: SubUpdateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, SUBSCRIPTION_VIEW, flags.fields)) return;
  const patch: Partial<SubscriptionInput> = await subscriptionInput(flags, context);
  for (const name of flags.reset) Object.assign(patch, { [resetField(name)]: null });
  if (Object.keys(patch).length === 0) {
    throw new HooksError("usage", "nothing to change: name at least one setting", { hint: "hooks sub update --help" });
  }
  const service = await context.service();
  const row = await namingFlags(pointingAt(service.updateSubscription(flags.id, patch), flags.filter, out), flags);
  for (const warning of row.warnings ?? []) out.note(`warning: ${escapeLine(warning)}`);
  printChanged(out, row, SUBSCRIPTION_VIEW, { fields: flags.fields, say: () => sayUpdated(row, context) });
}

function sayUpdated(row: SubscriptionResource, context: CliContext): string {
  const { out } = context;
  const name = escapeLine(row.name === "" ? row.id : row.name);
  return [
    `${out.colors.green("✓")} updated subscription ${name}\n`,
    ...sectionLines(out, subscriptionLines(row, out, context.now())),
  ].join("\n");
}

function resetField(name: string): keyof SubscriptionInput {
  if (Object.hasOwn(RESETTABLE, name)) return RESETTABLE[name as keyof typeof RESETTABLE];
  const near = nearest(name, Object.keys(RESETTABLE));
  const guess = near === undefined ? "" : `\n  did you mean "${near}"?`;
  throw new HooksError(
    "usage",
    `--reset must be one of ${Object.keys(RESETTABLE).join(", ")}, got ${quoted(name)}${guess}`,
    {
      field: "--reset",
    },
  );
}
