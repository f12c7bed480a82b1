import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { EVENT_TYPE_VIEW } from "../../src/cli/event-type-view.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { HooksError } from "../../src/core/errors.ts";
import {
  addEventTypeFlags,
  type EventTypeFlags,
  eventTypeInput,
  namingEventTypeFlags,
  noteWarnings,
} from "./event-type-flags.ts";

export interface EventTypeUpdateOptions extends EventTypeFlags {
  name: string;
  defaultVersion?: string;
  fields?: string[];
}

/** Defines `hooks event-type update`. */
export function eventTypeUpdateCommand(context: CliContext, run = runEventTypeUpdate): Command {
  return addFieldsFlag(addEventTypeFlags(new Command("update")))
    .description("Changes what is named and leaves the rest. --tag replaces the whole list.")
    .argument("<event-type>", "its name")
    .option("--default-version <version>", "what events are from now on that name no version")
    .addHelpText(
      "after",
      examples(
        "hooks event-type update order.paid --description 'An order was paid in full' --tag billing",
        "hooks event-type update order.paid --default-version 2",
        "hooks event-type update order.payed --deprecated --description 'use order.paid'",
        "hooks event-type update order.paid --event-version 2 --example @order-paid.json",
      ),
    )
    .action((name: string, flags: Omit<EventTypeUpdateOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `usage` when nothing is to be changed */
export async function runEventTypeUpdate(options: EventTypeUpdateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, defaultVersion, fields } = options;
  if (printsFields(out, EVENT_TYPE_VIEW, fields)) return;
  const input = await eventTypeInput(options, context);
  const patch = { ...input, ...(defaultVersion === undefined ? {} : { default_version: defaultVersion }) };
  if (Object.keys(patch).every((field) => field === "version")) {
    throw new HooksError("usage", "nothing to change: name at least one setting", {
      hint: "hooks event-type update --help",
    });
  }
  const row = await namingEventTypeFlags((await context.service()).updateEventType(name, patch));
  noteWarnings(row, context);
  printChanged(out, row, EVENT_TYPE_VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} updated ${out.colors.bold(row.name)}`,
  });
}
