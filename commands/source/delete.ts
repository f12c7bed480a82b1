import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import type { ListView } from "../../src/cli/table.ts";
import { confirmed } from "../confirmed.ts";
import { namingSourceFlags } from "./source-flags.ts";

interface Deleted {
  name: string;
  deleted: true;
}

const VIEW: ListView<Deleted> = {
  fields: ["name", "deleted"],
  id: (row) => row.name,
  columns: [{ title: "name", text: (row) => row.name }],
};

export interface SourceDeleteOptions {
  name: string;
  fields?: string[];
}

/** Defines `hooks source delete`. */
export function sourceDeleteCommand(context: CliContext, run = runSourceDelete): Command {
  return addFieldsFlag(new Command("delete"))
    .description(
      "Deletes a source, its secrets and what came to it; its events stay. Whoever calls its URL is answered 404. Asks " +
        "first; --yes does not.",
    )
    .argument("<source>", "its name, or its id")
    .addHelpText("after", examples("hooks source delete github", "hooks source delete github --yes"))
    .action((name: string, flags: { fields?: string[] }) => run({ name, ...flags }, context));
}

/** @throws HooksError `usage`, `failed` when it is not confirmed */
export async function runSourceDelete({ name, fields }: SourceDeleteOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, VIEW, fields)) return;
  const ask = confirmed(context, {
    what: "deleting",
    undone: "nothing was deleted",
  });
  const service = await context.service();
  const source = await namingSourceFlags(service.getSource(name));
  await ask(`Delete source ${escapeLine(source.name)} and all requests that it keeps?`);
  await namingSourceFlags(service.deleteSource(source.name));
  printChanged(out, { name: source.name, deleted: true }, VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} deleted source ${source.name}`,
  });
}
