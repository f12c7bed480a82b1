import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import { CONTEXT_VIEW, contextRows } from "./context-view.ts";

export interface ContextListOptions {
  fields?: string[];
  /** Of the global flag. */
  context?: string;
}

/** Defines `hooks context list`. */
export function contextListCommand(context: CliContext, run = runContextList): Command {
  return addFieldsFlag(new Command("list"))
    .description("Lists the servers that hooks login knows, and the local store. Keys are never shown.")
    .addHelpText("after", examples("hooks context list", "hooks context list --json", "hooks context list --quiet"))
    .action((flags: ContextListOptions) => run(flags, context));
}

/** @throws HooksError `usage` when the file of contexts is not as it must be */
export async function runContextList(flags: ContextListOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, CONTEXT_VIEW, flags.fields)) return;
  const rows = contextRows(context, flags.context);
  printList(out, rows, CONTEXT_VIEW, flags.fields);
  if (rows.length === 1 && out.mode === "human") out.hint("hooks login https://hooks.example.com");
}
