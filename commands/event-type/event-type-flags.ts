import type { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { collect, readJson } from "../../src/cli/flag-values.ts";
import type { EventTypeInput, EventTypeResource } from "../../src/core/event-type.ts";
import type { JsonValue } from "../../src/core/json-value.ts";
import { naming } from "../filter-flags.ts";

/** What create and update set, as parsed. */
export interface EventTypeFlags {
  description?: string;
  tag: string[];
  deprecated?: boolean;
  eventVersion?: string;
  schema?: string;
  example?: string;
  down?: string;
}

export function addEventTypeFlags(command: Command): Command {
  return command
    .option("--description <text>", "what happened when it is published")
    .option("--tag <name>", "to find it by (repeatable)", collect, [])
    .option("--deprecated", "still taken; whoever publishes it is told")
    .option("--no-deprecated", "not any more")
    .option("--event-version <version>", "which version --schema, --example and --down are of")
    .option("--schema <json>", "JSON Schema 2020-12 of its data: JSON, @FILE or -; null for any data")
    .option("--example <json>", "data that fits the schema: JSON, @FILE or -; null for none")
    .option(
      "--down <json>",
      'how its data becomes that of an older version: {"to","steps"}, @FILE or -; null for no way',
    );
}

/** What the flags say, and nothing about what they do not. @throws HooksError `usage` */
export async function eventTypeInput(
  flags: EventTypeFlags,
  context: CliContext,
): Promise<Omit<EventTypeInput, "name">> {
  const json = async (flag: string, text: string): Promise<JsonValue> =>
    JSON.parse(Buffer.from(await readJson(context, flag, text)).toString("utf8")) as JsonValue;
  const { description, deprecated, eventVersion, schema, example, down } = flags;
  return {
    ...(description === undefined ? {} : { description }),
    ...(flags.tag.length === 0 ? {} : { tags: flags.tag }),
    ...(deprecated === undefined ? {} : { deprecated }),
    ...(eventVersion === undefined ? {} : { version: eventVersion }),
    ...(schema === undefined ? {} : { schema: await json("--schema", schema) }),
    ...(example === undefined ? {} : { example: await json("--example", example) }),
    ...(down === undefined ? {} : { down: (await json("--down", down)) as EventTypeInput["down"] }),
  };
}

const FLAGS: Readonly<Record<string, string>> = {
  name: "<event-type>",
  description: "--description",
  tags: "--tag",
  version: "--event-version",
  default_version: "--default-version",
  schema: "--schema",
  example: "--example",
  down: "--down",
  cursor: "--cursor",
  limit: "--limit",
};

/** Runs a call about event types; an error about a field names the argument or flag that set it. */
export function namingEventTypeFlags<T>(call: Promise<T>): Promise<T> {
  return naming(call, FLAGS);
}

export function noteWarnings({ warnings = [] }: Pick<EventTypeResource, "warnings">, { out }: CliContext): void {
  for (const warning of warnings) out.note(`warning: ${escapeLine(warning)}`);
}
