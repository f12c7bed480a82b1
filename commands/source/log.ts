import { Command, Option } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addListFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../../src/cli/pages.ts";
import { printOne, printsFields } from "../../src/cli/print-one.ts";
import { printSourceRequest, sourceRequestLines, sourceRequestView } from "../../src/cli/source-view.ts";
import { printList } from "../../src/cli/table.ts";
import { REQUEST_OUTCOMES, type RequestOutcome, type SourceRequestResource } from "../../src/core/sources/source.ts";
import { namingSourceFlags } from "./source-flags.ts";

export interface SourceLogOptions extends ListFlags {
  name: string;
  request?: string | undefined;
  outcome?: RequestOutcome;
}

/** Defines `hooks source log`. */
export function sourceLogCommand(context: CliContext, run = runSourceLog): Command {
  const command = new Command("log")
    .description(
      "Shows what came to a source, newest first: all that events were made of, and the last 100 that were not. With " +
        "<request> one of them as it came, and what was wrong with it.",
    )
    .argument("<source>", "its name, or its id")
    .argument("[request]", "id of a request, or unique beginning of one")
    .addOption(new Option("--outcome <outcome>", "only those that came to this").choices(REQUEST_OUTCOMES));
  return addListFlags(command)
    .addHelpText(
      "after",
      examples(
        "hooks source log github",
        "hooks source log stripe --outcome refused --limit 5",
        "hooks source log stripe req_01kz4y5d",
      ),
    )
    .action((name: string, request: string | undefined, flags: Omit<SourceLogOptions, "name" | "request">) =>
      run({ ...flags, name, request }, context),
    );
}

export async function runSourceLog(options: SourceLogOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, request, outcome } = options;
  const { fields, ...page } = listOptions(options);
  const view = sourceRequestView(context.now());
  if (printsFields(out, view, fields)) return;
  const service = await context.service({ reads: true });
  if (request !== undefined) {
    const row = await namingSourceFlags(service.getSourceRequest(name, request));
    printOne<SourceRequestResource>(out, row, view, { fields, lines: () => sourceRequestLines(row) });
    if (fields === undefined && (out.mode === "human" || out.mode === "plain")) printSourceRequest(row, out);
    return;
  }
  const { rows, nextCursor } = await namingSourceFlags(
    fetchRows((query) => service.listSourceRequests(name, { outcome, ...query }), page),
  );
  printList(out, rows, view, fields);
  if (rows.length === 0 && out.mode === "human") out.note("nothing came yet");
  noteRest(out, rows.length, nextCursor);
}
