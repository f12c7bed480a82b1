import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { type ListView, printList } from "../../src/cli/table.ts";
import { changeContexts, keychainAccount, readContexts } from "../../src/config/contexts.ts";
import { HooksError } from "../../src/core/errors.ts";
import { shellWord } from "../../src/core/shell-word.ts";
import { contextNamed } from "./context-named.ts";
import { fileOfContexts } from "./context-view.ts";
import { forgetKey } from "./store-context.ts";

const VIEW: ListView<{ name: string; removed: true }> = {
  fields: ["name", "removed"],
  id: (row) => row.name,
  columns: [{ title: "name", text: (row) => row.name }],
};

export interface ContextRemoveOptions {
  name: string;
  fields?: string[];
}

/** Defines `hooks context remove`. */
export function contextRemoveCommand(context: CliContext, run = runContextRemove): Command {
  return addFieldsFlag(new Command("remove"))
    .description("Forgets a server and its key on this machine. The key itself goes on being valid: hooks key revoke.")
    .argument("<context>", "its name")
    .addHelpText("after", examples("hooks context remove staging", "hooks context remove staging --yes"))
    .action((name: string, flags: { fields?: string[] }) => run({ name, ...flags }, context));
}

/** @throws HooksError `not_found`; `usage` without a terminal and without --yes, `failed` for No: nothing is done then */
export async function runContextRemove({ name, fields }: ContextRemoveOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, VIEW, fields)) return;
  const file = fileOfContexts(context);
  const { server } = contextNamed(name, readContexts(file));
  if (!context.yes) {
    if (!context.canPrompt) {
      throw new HooksError("usage", "removing needs --yes where nobody can be asked", {
        field: "--yes",
        hint: `hooks context remove ${shellWord(name)} --yes`,
      });
    }
    if (!(await context.ask.confirm(`Forget ${name} (${escapeLine(server.href)}) and its key?`))) {
      throw new HooksError("failed", "not confirmed: nothing was removed");
    }
  }
  let wasCurrent = false;
  let account: string | undefined;
  changeContexts(file, (contexts) => {
    const removed = contextNamed(name, contexts);
    if (removed.inKeychain) account = keychainAccount(name, removed);
    wasCurrent = contexts.current === name;
    contexts.byName.delete(name);
    if (wasCurrent) contexts.current = undefined;
  });
  if (account !== undefined) await forgetKey(account, context);
  const row = { name, removed: true } as const;
  if (out.mode === "human" && fields === undefined) out.note(`${out.noteColors.green("✓")} removed context ${name}`);
  else if (out.mode === "json" && fields === undefined) out.print(jsonLine(row));
  else printList(out, [row], VIEW, fields);
  if (wasCurrent) out.note("commands work on the store on this machine again");
}
