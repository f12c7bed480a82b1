import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { asUsage, readJson } from "../src/cli/flag-values.ts";
import { examples } from "../src/cli/help.ts";
import { addFieldsFlag } from "../src/cli/pages.ts";
import { printsFields } from "../src/cli/print-one.ts";
import { printList } from "../src/cli/table.ts";
import { HooksError } from "../src/core/errors.ts";
import { checkEventType } from "../src/core/event-pattern.ts";
import { namingPublishFlags } from "./filter-flags.ts";
import { hintAtDaemon } from "./local-sender.ts";
import { noteReceiptWarnings, PUBLISH_VIEW } from "./receipt-views.ts";

export interface PublishOptions {
  type: string | undefined;
  file?: string;
  newIds?: boolean;
  dryRun?: boolean;
  data?: string;
  id?: string;
  timestamp?: string;
  metadata?: string;
  eventVersion?: string;
  fields?: string[];
}

/** Defines `hooks publish`. */
export function publishCommand(context: CliContext, run = runPublish): Command {
  return addFieldsFlag(new Command("publish"))
    .description(
      "Publishes one event, or with --file every line of an NDJSON file. A file can be published again after an " +
        "interruption or a correction: lines without an id get one made of their content (equal lines are counted), " +
        "and an id that was stored is not stored twice. --new-ids publishes them once more. Lines from standard input " +
        "get new ids.",
    )
    .argument("[event-type]", "for example: order.paid")
    .option("--data <json>", "the event's data: JSON, @FILE or -")
    .option("--id <id>", "idempotency key: the same id again stores nothing (default: a new one)")
    .option("--timestamp <time>", "when it happened, ISO 8601 (default: now)")
    .option("--metadata <json>", "a JSON object beside the data: JSON, @FILE or -")
    .option("--event-version <version>", "version of the event type")
    .option("--file <file>", 'NDJSON, one {"type","data",…} a line; - reads standard input')
    .option("--new-ids", "with --file: a new id for every line that has none")
    .option(
      "--dry-run",
      "with --file: store nothing, and say how many would be stored and what is wrong with which line",
    )
    .addHelpText(
      "after",
      examples(
        `hooks publish order.paid --data '{"id":"ord_1","amount":1999}'`,
        "hooks publish invoice.paid --data @invoice.json --id inv_4711_paid",
        "hooks publish --file events.ndjson --dry-run",
        "hooks publish --file events.ndjson",
      ),
    )
    .action((type: string | undefined, flags: Omit<PublishOptions, "type">) => run({ ...flags, type }, context));
}

/** @throws HooksError `usage`; `failed` when lines of a file were refused */
export async function runPublish(options: PublishOptions, context: CliContext): Promise<void> {
  if (printsFields(context.out, PUBLISH_VIEW, options.fields)) return;
  checkCombination(options);
  const { file, newIds = false, dryRun = false } = options;
  if (file !== undefined) {
    const { publishFile } = await import("./publish-file.ts");
    return publishFile({ file, newIds, dryRun }, context);
  }

  const { out } = context;
  const type = options.type ?? "";
  asUsage("event-type", () => checkEventType(type, "<event-type>"));
  const data = await readJson(context, "--data", options.data ?? "");
  const metadata = options.metadata === undefined ? undefined : await readJson(context, "--metadata", options.metadata);
  const service = await context.service();
  const receipt = await namingPublishFlags(
    service.publish({
      type,
      data,
      id: options.id,
      timestamp: options.timestamp,
      metadata,
      version: options.eventVersion,
    }),
  );
  noteReceiptWarnings(receipt, context);
  if (options.fields !== undefined) printList(out, [receipt], PUBLISH_VIEW, options.fields);
  else out.print(out.mode === "json" ? jsonLine(receipt) : escapeLine(receipt.id));
  if (out.mode === "human")
    out.note(`to ${receipt.deliveries === 1 ? "1 subscription" : `${receipt.deliveries} subscriptions`}`);
  if (0 < receipt.deliveries) await hintAtDaemon(context);
}

function checkCombination(options: PublishOptions): void {
  const ofOne = {
    "<event-type>": options.type,
    "--data": options.data,
    "--id": options.id,
    "--timestamp": options.timestamp,
    "--metadata": options.metadata,
    "--event-version": options.eventVersion,
    "--fields": options.fields,
  };
  if (options.file !== undefined) {
    for (const [name, value] of Object.entries(ofOne)) {
      if (value !== undefined)
        throw usage(name, `${name} and --file cannot be used together: each line says it for itself`);
    }
    return;
  }
  if (options.newIds === true) throw usage("--new-ids", "--new-ids needs --file");
  if (options.dryRun === true) throw usage("--dry-run", "--dry-run needs --file");
  const example = `hooks publish order.paid --data '{"id":"ord_1"}'`;
  if (options.type === undefined) throw usage("event-type", "<event-type> is missing (or --file)", example);
  if (options.data === undefined)
    throw usage("--data", "--data is missing", `hooks publish ${options.type} --data '{}'`);
}

function usage(field: string, message: string, hint?: string): HooksError {
  return new HooksError("usage", message, { field, hint });
}
