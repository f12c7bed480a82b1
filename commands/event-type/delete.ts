import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import type { ListView } from "../../src/cli/table.ts";
import { confirmed } from "../confirmed.ts";
import { namingEventTypeFlags } from "./event-type-flags.ts";

interface Deleted {
  name: string;
  /** Null: the whole type. */
  version: string | null;
  deleted: true;
}

const VIEW: ListView<Deleted> = {
  fields: ["name", "version", "deleted"],
  id: (row) => row.name,
  columns: [{ title: "name", text: (row) => row.name }],
};

export interface EventTypeDeleteOptions {
  name: string;
  eventVersion?: string;
  fields?: string[];
}

/** Defines `hooks event-type delete`. */
export function eventTypeDeleteCommand(context: CliContext, run = runEventTypeDelete): Command {
  return addFieldsFlag(new Command("delete"))
    .description(
      "Takes an event type out of the catalogue, or with --event-version one version of it: whoever publishes that is " +
        "told that it is gone. Events stay. Asks first; --yes does not.",
    )
    .argument("<event-type>", "its name")
    .option("--event-version <version>", "only this version")
    .addHelpText(
      "after",
      examples(
        "hooks event-type delete order.payed --yes",
        "hooks event-type delete order.paid --event-version 1 --yes",
      ),
    )
    .action((name: string, flags: Omit<EventTypeDeleteOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `usage`, `failed` when it is not confirmed; `conflict` for a version that is needed */
export async function runEventTypeDelete(
  { name, eventVersion, fields }: EventTypeDeleteOptions,
  context: CliContext,
): Promise<void> {
  const { out } = context;
  if (printsFields(out, VIEW, fields)) return;
  const what = eventVersion === undefined ? name : `version ${eventVersion} of ${name}`;
  const ask = confirmed(context, {
    what: "deleting",
    undone: "nothing was deleted",
  });
  const service = await context.service();
  await namingEventTypeFlags(service.getEventType(name));
  await ask(`Delete ${what} from the catalogue?`);
  await namingEventTypeFlags(
    eventVersion === undefined
      ? service.deleteEventType(name)
      : service.deleteEventTypeVersion(name, eventVersion).then(() => {}),
  );
  printChanged(out, { name, version: eventVersion ?? null, deleted: true }, VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} deleted ${what}`,
  });
}
