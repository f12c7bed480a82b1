import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { jsonLine } from "../../src/cli/escape.ts";
import { EVENT_TYPE_VIEW, eventTypeLines } from "../../src/cli/event-type-view.ts";
import { examples } from "../../src/cli/help.ts";
import { prettyJson } from "../../src/cli/json-text.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printOne, printsFields } from "../../src/cli/print-one.ts";
import { HooksError } from "../../src/core/errors.ts";
import type { EventTypeResource, EventTypeVersion } from "../../src/core/event-type.ts";
import { quoted } from "../../src/core/quoted.ts";
import { namingEventTypeFlags } from "./event-type-flags.ts";

export interface EventTypeGetOptions {
  name: string;
  eventVersion?: string;
  schema?: boolean;
  example?: boolean;
  fields?: string[];
}

/** Defines `hooks event-type get`. */
export function eventTypeGetCommand(context: CliContext, run = runEventTypeGet): Command {
  return addFieldsFlag(new Command("get"))
    .description("Shows one event type of the catalogue: its versions, and with --schema or --example those alone.")
    .argument("<event-type>", "its name")
    .option("--event-version <version>", "with --schema and --example: of which version (default: the default one)")
    .option("--schema", "print the JSON Schema alone")
    .option("--example", "print the example alone")
    .addHelpText(
      "after",
      examples("hooks event-type get order.paid", "hooks event-type get order.paid --schema > order-paid.schema.json"),
    )
    .action((name: string, flags: Omit<EventTypeGetOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `not_found` for a name that is not in the catalogue, and a version without that part */
export async function runEventTypeGet(options: EventTypeGetOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, fields, eventVersion } = options;
  if (printsFields(out, EVENT_TYPE_VIEW, fields)) return;
  const part = options.schema === true ? "schema" : options.example === true ? "example" : undefined;
  if (options.schema === true && options.example === true) {
    throw new HooksError("usage", "--schema and --example cannot be used together", { field: "--schema" });
  }
  if (part === undefined && eventVersion !== undefined) {
    throw new HooksError("usage", "--event-version needs --schema or --example", { field: "--event-version" });
  }
  const row = await namingEventTypeFlags((await context.service({ reads: true })).getEventType(name));
  if (part !== undefined) return printPart(row, part, eventVersion ?? row.default_version, context);
  printOne(out, row, EVENT_TYPE_VIEW, { fields, lines: () => eventTypeLines(row, out, context.now()) });
  if (out.mode !== "human" || fields !== undefined) return;
  for (const version of row.versions) showVersion(version, context);
}

function printPart(row: EventTypeResource, part: "schema" | "example", version: string, { out }: CliContext): void {
  const one = row.versions.find((candidate) => candidate.version === version);
  if (one === undefined) {
    const known = row.versions.map((candidate) => candidate.version).join(", ");
    throw new HooksError("not_found", `no version ${quoted(version)} of ${row.name}: there is ${known}`, {
      field: "--event-version",
    });
  }
  if (one[part] === null) {
    throw new HooksError("not_found", `version ${version} of ${row.name} has no ${part}`, {
      field: `--${part}`,
      hint: `hooks event-type update ${row.name} --event-version ${version} --${part} @FILE`,
    });
  }
  out.print(out.mode === "json" ? jsonLine(one[part]) : prettyJson(JSON.stringify(one[part]), out.colors));
}

function showVersion({ version, schema, example, down }: EventTypeVersion, { out }: CliContext): void {
  for (const [title, value] of Object.entries({ schema, example, "down-conversion": down })) {
    if (value === null) continue;
    out.print("");
    out.print(out.colors.dim(`${title} of version ${version}`));
    out.print(prettyJson(JSON.stringify(value), out.colors));
  }
}
