import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { asUsage, wholeNumber } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { prettyJson } from "../../src/cli/json-text.ts";
import { inTurns } from "../../src/cli/pages.ts";
import { HooksError, isHooksError } from "../../src/core/errors.ts";
import type { EventResource } from "../../src/core/event.ts";
import { checkEventType } from "../../src/core/event-pattern.ts";
import { type EventTypeResource, FIRST_VERSION } from "../../src/core/event-type.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import type { JsonValue } from "../../src/core/json-value.ts";
import { shellWord } from "../../src/core/shell-word.ts";
import { namingEventTypeFlags } from "./event-type-flags.ts";

const PAGE = 200;
/** Events of a type that are looked through for those of one version. */
const MOST_LOOKED_AT = 100_000;

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
        "passes it, and what none of them says stays open. Events of one version are looked at: of the type's default " +
        "version, or of --event-version. With --save it becomes that version's schema, and the newest event's data its " +
        "example where there is none.",
    )
    .argument("<event-type>", "its name")
    .option("--last <number>", "how many events to look at", wholeNumber("--last", 1, 10_000), 100)
    .option("--event-version <version>", "events of this version, and --save for it (default: the type's default one)")
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
  const { name, last, eventVersion, save: isSaved, replace } = options;
  asUsage("event-type", () => checkEventType(name, "<event-type>"));
  if (replace === true && isSaved !== true)
    throw new HooksError("usage", "--replace needs --save", { field: "--replace" });
  const service = await context.service({ reads: isSaved !== true });
  const type = await catalogued(service, name);
  const version = eventVersion ?? type?.default_version ?? FIRST_VERSION;
  // What was published before its type was in the catalogue has no version: it is of the first that there was.
  const unnamed = type?.versions[0]?.version ?? FIRST_VERSION;
  const { rows, seen, isAll } = await lastOf(service, name, last, (row) => (row.version ?? unnamed) === version);
  if (rows.length === 0) throw nothingToLearnFrom(name, version, seen, isAll);
  const events = await inTurns(rows, (row) => service.getEvent(row.id));
  const samples = events.map(({ data }) => JSON.parse(Buffer.from(data).toString("utf8")) as unknown);
  const { inferSchema } = await import("../../src/core/json-schema/infer-schema.ts");
  const schema = inferSchema(samples) as JsonValue;
  if (isSaved === true) {
    await save(service, options, type, { version, schema, example: samples[0] as JsonValue });
    out.note(`${name} has it as the schema of version ${escapeLine(version)}`);
  }
  out.print(out.mode === "json" ? jsonLine(schema as object) : prettyJson(JSON.stringify(schema), out.colors));
  if (out.mode !== "human") return;
  out.note(`from ${samples.length === 1 ? "1 event" : `${samples.length} events`} of version ${escapeLine(version)}`);
  if (isSaved !== true) out.hint(`hooks event-type infer ${name} --save`);
}

/** Undefined: it is not in the catalogue. */
async function catalogued(service: HooksService, name: string): Promise<EventTypeResource | undefined> {
  try {
    return await service.getEventType(name);
  } catch (error) {
    if (isHooksError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}

interface Found {
  /** The newest one first. */
  rows: EventResource[];
  /** Versions that events name, of those that were looked at. */
  seen: ReadonlySet<string>;
  /** Whether there are no older ones. */
  isAll: boolean;
}

/** The last events of a type that are meant: pages are read until there are so many. */
async function lastOf(
  service: HooksService,
  name: string,
  last: number,
  isMeant: (row: EventResource) => boolean,
): Promise<Found> {
  const rows: EventResource[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let looked = 0; looked < MOST_LOOKED_AT; ) {
    const page = await service.listEvents({ type: name, limit: PAGE, cursor });
    for (const row of page.data) {
      if (row.version !== null) seen.add(row.version);
      if (rows.length < last && isMeant(row)) rows.push(row);
    }
    looked += page.data.length;
    cursor = page.next_cursor ?? undefined;
    if (cursor === undefined || page.data.length === 0) return { rows, seen, isAll: true };
    if (rows.length === last) break;
  }
  return { rows, seen, isAll: false };
}

function nothingToLearnFrom(name: string, version: string, seen: ReadonlySet<string>, isAll: boolean): HooksError {
  const [other] = seen;
  const where = isAll ? "" : ` among its last ${MOST_LOOKED_AT} events`;
  const others = other === undefined ? "" : `; there are such of version ${[...seen].sort().join(", ")}`;
  return new HooksError("not_found", `there is no event ${name} of version ${version} to learn from${where}${others}`, {
    field: "event-type",
    hint:
      other === undefined
        ? `hooks event list --type ${name}`
        : `hooks event-type infer ${name} --event-version ${shellWord(other)}`,
  });
}

/** What somebody wrote down stays, unless it is to be replaced; where there is no schema yet, nothing is in the way. */
async function save(
  service: HooksService,
  { name, replace }: EventTypeInferOptions,
  type: EventTypeResource | undefined,
  learnt: { version: string; schema: JsonValue; example: JsonValue },
): Promise<void> {
  const there = type?.versions.find((one) => one.version === learnt.version);
  const replaces = replace === true || there?.schema === null;
  const example = replace === true ? learnt.example : (there?.example ?? learnt.example);
  const call = service.createEventType({ name, ...learnt, example, ...(replaces ? { replace: true } : {}) });
  await namingEventTypeFlags(call).catch((error: unknown) => {
    if (!isHooksError(error) || (error.code !== "conflict" && error.field !== "--example")) throw error;
    throw new HooksError(error.code, error.message, {
      field: error.field,
      hint: `hooks event-type infer ${name} --save --replace`,
    });
  });
}
