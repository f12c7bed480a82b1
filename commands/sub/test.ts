import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { asUsage, readJson } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import { span } from "../../src/cli/time-text.ts";
import { HooksError } from "../../src/core/errors.ts";
import { checkEventType } from "../../src/core/event-pattern.ts";
import { TEST_VIEW } from "../receipt-views.ts";

export interface SubTestOptions {
  id: string;
  type?: string;
  data?: string;
  fields?: string[];
}

/** Defines `hooks sub test`. */
export function subTestCommand(context: CliContext, run = runSubTest): Command {
  return addFieldsFlag(new Command("test"))
    .description("Sends one signed request at once and shows the answer. Nothing is stored, nothing is tried again.")
    .argument("<subscription>", "id, unique beginning of one, or name")
    .option(
      "--type <event-type>",
      "type of the test event (default: that of its profile: webhook.test, of foresight test.event)",
    )
    .option("--data <json>", "its data: JSON, @FILE or - (default: the example of its type in the catalogue)")
    .addHelpText(
      "after",
      examples("hooks sub test shop", `hooks sub test shop --type order.paid --data '{"id":"ord_1"}'`),
    )
    .action((id: string, flags: Omit<SubTestOptions, "id">) => run({ id, ...flags }, context));
}

/** @throws HooksError `failed` when the answer is no 2xx */
export async function runSubTest(options: SubTestOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, TEST_VIEW, options.fields)) return;
  const { type } = options;
  if (type !== undefined) asUsage("--type", () => checkEventType(type, "--type"));
  const data = options.data === undefined ? undefined : await readJson(context, "--data", options.data);
  const service = await context.service();
  const { id } = await service.getSubscription(options.id);
  if (context.settings().target.kind === "local" && (await context.daemon()) === undefined)
    out.note("no daemon is running: sending from this process");
  const result = await service.testSubscription(id, { type, data });
  const answer = escapeLine(String(result.status ?? result.error?.replace(/^[a-z_]+: /, "") ?? "no answer"));
  if (options.fields !== undefined) printList(out, [result], TEST_VIEW, options.fields);
  else if (out.mode === "json") out.print(jsonLine(result));
  else if (out.mode === "plain")
    out.print([result.success ? "ok" : "failed", answer, String(result.duration_ms)].join("\t"));
  else if (out.mode === "human") {
    const mark = result.success ? out.colors.green("✓") : out.colors.red("✗");
    const response = (result.response ?? "").trim() === "" ? "" : `   ${JSON.stringify(result.response?.trim())}`;
    out.print(`${mark} ${answer}   ${span(result.duration_ms)}${escapeLine(response)}`);
  }
  if (!result.success) {
    throw new HooksError("failed", `the test failed: ${answer}`, { hint: `hooks sub get ${options.id}` });
  }
}
