import { Command } from "commander";
import { conditionLines, TRIAL_VIEW } from "../../src/cli/condition-lines.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { pointingAt } from "../../src/cli/filter-caret.ts";
import { collect, pair, readJson } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import { HooksError, isHooksError } from "../../src/core/errors.ts";
import type { RawJson } from "../../src/core/event.ts";
import type { FilterTrialResult } from "../../src/core/filter/filter-trial.ts";

export interface SubFilterTestOptions {
  subscription?: string | undefined;
  filter?: string;
  event?: string;
  type?: string;
  data?: string;
  metadata: string[];
  timestamp?: string;
  fields?: string[];
}

/** Defines `hooks sub filter-test`. */
export function subFilterTestCommand(context: CliContext, run = runSubFilterTest): Command {
  return addFieldsFlag(new Command("filter-test"))
    .description(
      "Says whether an event would get through a filter, and why. Nothing is sent. Exit code 0: it would, 1: it would not.",
    )
    .argument(
      "[subscription]",
      "id, unique beginning of one, or name: its patterns, and its filter unless --filter is given",
    )
    .option("--filter <expression>", "the filter to try (see hooks help filters)")
    .option("--event <event>", "try it on this stored event")
    .option("--type <event-type>", "type of the event")
    .option("--data <json>", "its data: JSON, @FILE or -")
    .option("--metadata <pair>", "its metadata, name=value (repeatable), or a JSON object", collect, [])
    .option("--timestamp <time>", "when it happened, ISO 8601 (default: now)")
    .addHelpText(
      "after",
      examples(
        `hooks sub filter-test --filter 'data.amount > 1000' --data '{"amount": 1999}'`,
        "hooks sub filter-test shop --type order.paid --data @payload.json",
        "hooks sub filter-test shop --event evt_01kz4y5d",
      ),
    )
    .action((subscription: string | undefined, flags: Omit<SubFilterTestOptions, "subscription">) =>
      run({ ...flags, subscription }, context),
    );
}

/** @throws HooksError `failed` when the event would not get through */
export async function runSubFilterTest(options: SubFilterTestOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, TRIAL_VIEW, options.fields)) return;
  const { subscription, filter, event, type, timestamp } = options;
  if (subscription === undefined && filter === undefined) {
    throw new HooksError("usage", "--filter is missing, or a subscription that has one", {
      field: "--filter",
      hint: `hooks sub filter-test --filter 'data.amount > 1000' --data '{"amount": 1999}'`,
    });
  }
  const data = options.data === undefined ? undefined : await readJson(context, "--data", options.data);
  const metadata = await readMetadata(options.metadata, context);
  const service = await context.service({ reads: true });
  const trial = { subscription, filter, event, type, timestamp, data, metadata };
  const result = await pointingAt(service.tryFilter(trial), filter, out).catch((error: unknown) => {
    throw namingFlag(error);
  });
  print(result, options, context);
  if (!result.matched) throw new HooksError("failed", `it does not match: ${whyNot(result, type)}`);
}

function print(result: FilterTrialResult, { fields }: SubFilterTestOptions, { out }: CliContext): void {
  if (fields !== undefined) printList(out, [result], TRIAL_VIEW, fields);
  else if (out.mode === "json") out.print(jsonLine(result));
  else if (out.mode === "plain")
    out.print([result.matched ? "matched" : result.outcome, result.filter ?? ""].map(escapeLine).join("\t"));
  else if (out.mode === "human") {
    if (result.matched) out.print(`${out.colors.green("✓")} matched`);
    else
      out.print(
        `${out.colors.red("✗")} ${result.outcome === "failed" ? "the filter failed: not sent" : "not matched"}`,
      );
    for (const line of conditionLines(result.conditions, out.colors)) out.print(line);
  }
}

function whyNot({ outcome, error }: FilterTrialResult, type: string | undefined): string {
  if (outcome === "failed") return error ?? "the filter failed";
  if (outcome === "not_matched") return "the filter is not true";
  return type === undefined
    ? "no pattern of the subscription takes its type"
    : `no pattern of the subscription takes ${type}`;
}

/** `name=value` pairs whose values are strings, or one JSON object. */
async function readMetadata(given: readonly string[], context: CliContext): Promise<RawJson | undefined> {
  const [first, ...more] = given;
  if (first === undefined) return undefined;
  if (more.length === 0 && /^\s*[{@-]/.test(first)) return readJson(context, "--metadata", first);
  return Buffer.from(JSON.stringify(Object.fromEntries(given.map((text) => pair("--metadata", text, "=")))));
}

const FLAG_OF_FIELD: Readonly<Record<string, string>> = {
  filter: "--filter",
  type: "--type",
  event: "--event",
  data: "--data",
  metadata: "--metadata",
  timestamp: "--timestamp",
};

function namingFlag(error: unknown): unknown {
  if (!isHooksError(error) || error.field === undefined) return error;
  const { code, message, field, hint } = error;
  const flag = Object.hasOwn(FLAG_OF_FIELD, field) ? FLAG_OF_FIELD[field] : undefined;
  if (flag === undefined) return error;
  const named = message.startsWith(field) ? flag + message.slice(field.length) : message;
  return new HooksError(code, named, { field: flag, hint, cause: error });
}
