import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { changeContexts } from "../../src/config/contexts.ts";
import { LOCAL_CONTEXT } from "../../src/core/setting-rules.ts";
import { contextNamed } from "./context-named.ts";
import { CONTEXT_VIEW, fileOfContexts, rowOf } from "./context-view.ts";
import { noteStrongerPlace } from "./stronger-place.ts";

export interface ContextUseOptions {
  name: string;
  fields?: string[];
}

/** Defines `hooks context use`. */
export function contextUseCommand(context: CliContext, run = runContextUse): Command {
  return addFieldsFlag(new Command("use"))
    .description("Makes commands work on that server, until another is chosen. local: on the store on this machine.")
    .argument("<context>", "its name, or local")
    .addHelpText("after", examples("hooks context use staging", "hooks context use local"))
    .action((name: string, flags: { fields?: string[] }) => run({ name, ...flags }, context));
}

/** @throws HooksError `not_found`; `usage` when the file of contexts cannot be read or written */
export async function runContextUse({ name, fields }: ContextUseOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, CONTEXT_VIEW, fields)) return;
  const changed = changeContexts(fileOfContexts(context), (contexts) => {
    if (name !== LOCAL_CONTEXT) contextNamed(name, contexts);
    contexts.current = name === LOCAL_CONTEXT ? undefined : name;
  });
  const row = rowOf(name, changed);
  const place = row.server ?? "the store on this machine";
  printChanged(out, row, CONTEXT_VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} commands work on ${escapeLine(place)} now`,
  });
  noteStrongerPlace(row, context);
}
