import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { EVENT_TYPE_VIEW } from "../../src/cli/event-type-view.ts";
import { asUsage } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { checkEventType } from "../../src/core/event-pattern.ts";
import {
  addEventTypeFlags,
  type EventTypeFlags,
  eventTypeInput,
  namingEventTypeFlags,
  noteWarnings,
} from "./event-type-flags.ts";

export interface EventTypeCreateOptions extends EventTypeFlags {
  name: string;
  default?: boolean;
  replace?: boolean;
  fields?: string[];
}

/** Defines `hooks event-type create`. */
export function eventTypeCreateCommand(context: CliContext, run = runEventTypeCreate): Command {
  return addFieldsFlag(addEventTypeFlags(new Command("create")))
    .description(
      "Puts an event type into the catalogue, or another version of one that is there. The same once more changes " +
        "nothing; another content under the same name and version is a conflict.",
    )
    .argument("<event-type>", "for example: order.paid")
    .option("--default", "events that name no version are of this one from now on (a first version is)")
    .option("--replace", "take the place of what exists with another content")
    .addHelpText(
      "after",
      examples(
        `hooks event-type create order.paid --schema '{"type":"object","required":["id"]}' --example '{"id":"ord_1"}'`,
        "hooks event-type create order.paid --schema @order-paid.schema.json --tag billing",
        `hooks event-type create order.paid --event-version 2 --schema @v2.json --down '{"to":"1","steps":[{"move":"/order/id","to":"/id"}]}'`,
      ),
    )
    .action((name: string, flags: Omit<EventTypeCreateOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `conflict` when it exists with another content */
export async function runEventTypeCreate(options: EventTypeCreateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, fields } = options;
  if (printsFields(out, EVENT_TYPE_VIEW, fields)) return;
  asUsage("event-type", () => checkEventType(name, "<event-type>"));
  const input = await eventTypeInput(options, context);
  const row = await namingEventTypeFlags(
    (await context.service()).createEventType({
      name,
      ...input,
      ...(options.default === true ? { make_default: true } : {}),
      ...(options.replace === true ? { replace: true } : {}),
    }),
  );
  noteWarnings(row, context);
  printChanged(out, row, EVENT_TYPE_VIEW, {
    fields,
    say: () =>
      `${out.colors.green("✓")} ${out.colors.bold(row.name)} is in the catalogue, version ${input.version ?? "1"}`,
  });
}
