import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { asUsage, wholeNumber } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { prettyJson } from "../../src/cli/json-text.ts";
import { fetchRows, inTurns } from "../../src/cli/pages.ts";
import { HooksError, isHooksError } from "../../src/core/errors.ts";
import { checkEventType } from "../../src/core/event-pattern.ts";
import type { EventTypeResource } from "../../src/core/event-type.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import type { JsonValue } from "../../src/core/json-value.ts";
import { namingEventTypeFlags } from "./event-type-flags.ts";

export interface EventTypeInferOptions {
  name: string;
  last: number;
  eventVersion?: string;
  save?: boolean;
  replace?: boolean;
}

/** Defines `hooks event-type infer`. */
export function eventTypeInferCommand(context: CliContext, run = runEventTypeInfer): Command {
  return new Command("infer")
    .description(
      "Makes a JSON Schema from the data of a type's last events: which members there are and which always, their " +
        "types, formats (date-time, date, email, uri, uuid) and lists of few values. Every event that was looked at " +
        "passes it, and what none of them says stays open. With --save it becomes the type's schema, and the newest " +
        "event's data its example.",
    )
    .argument("<event-type>", "its name")
    .option("--last <number>", "how many events to look at", wholeNumber("--last", 1, 10_000), 100)
    .option("--event-version <version>", "only events of this version, and --save for it")
    .option("--save", "put it into the catalogue")
    .option("--replace", "with --save: take the place of another schema")
    .addHelpText(
      "after",
      examples("hooks event-type infer order.paid", "hooks event-type infer order.paid --last 1000 --save"),
    )
    .action((name: string, flags: Omit<EventTypeInferOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `not_found` when there is no such event; `conflict` with --save when there is another schema */
export async function runEventTypeInfer(options: EventTypeInferOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, last, eventVersion, save, replace } = options;
  asUsage("event-type", () => checkEventType(name, "<event-type>"));
  if (replace === true && save !== true)
    throw new HooksError("usage", "--replace needs --save", { field: "--replace" });
  const service = await context.service({ reads: save !== true });
  const samples = await samplesOf(service, name, last, eventVersion);
  if (samples.length === 0) {
    const which = eventVersion === undefined ? "" : ` of version ${eventVersion}`;
    throw new HooksError("not_found", `there is no event ${name}${which} to learn from`, {
      field: "event-type",
      hint: `hooks event list --type ${name}`,
    });
  }
  const { inferSchema } = await import("../../src/core/json-schema/infer-schema.ts");
  const schema = inferSchema(samples) as JsonValue;
  if (save === true) {
    const row = await saved(service, options, schema, samples[0] as JsonValue);
    out.note(`${name} has it as the schema of version ${escapeLine(row.version)}`);
  }
  out.print(out.mode === "json" ? jsonLine(schema as object) : prettyJson(JSON.stringify(schema), out.colors));
  if (out.mode !== "human") return;
  out.note(`from ${samples.length === 1 ? "1 event" : `${samples.length} events`}`);
  if (save !== true) out.hint(`hooks event-type infer ${name} --save`);
}

/** Data of the last events, the newest one first. */
async function samplesOf(
  service: HooksService,
  name: string,
  last: number,
  version: string | undefined,
): Promise<unknown[]> {
  const { rows } = await fetchRows((page) => service.listEvents({ ...page, type: name }), {
    limit: last,
    cursor: undefined,
  });
  const wanted = version === undefined ? rows : rows.filter((row) => row.version === version);
  const events = await inTurns(wanted, (row) => service.getEvent(row.id));
  return events.map(({ data }) => JSON.parse(Buffer.from(data).toString("utf8")) as unknown);
}

async function saved(
  service: HooksService,
  { name, eventVersion, replace }: EventTypeInferOptions,
  schema: JsonValue,
  example: JsonValue,
): Promise<{ version: string }> {
  const before = await service.getEventType(name).catch((error: unknown): EventTypeResource | undefined => {
    if (isHooksError(error) && error.code === "not_found") return undefined;
    throw error;
  });
  const version = eventVersion ?? before?.default_version ?? "1";
  const there = before?.versions.find((one) => one.version === version);
  // A schema that nobody wrote down yet is no conflict.
  const replaces = replace === true || there?.schema === null;
  const call = service.createEventType({ name, version, schema, example, ...(replaces ? { replace: true } : {}) });
  await namingEventTypeFlags(call).catch((error: unknown) => {
    if (!isHooksError(error) || error.code !== "conflict") throw error;
    throw new HooksError("conflict", error.message, {
      field: error.field,
      hint: `hooks event-type infer ${name} --save --replace`,
    });
  });
  return { version };
}
