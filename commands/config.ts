import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { examples } from "../src/cli/help.ts";
import { addFieldsFlag } from "../src/cli/pages.ts";
import { printsFields } from "../src/cli/print-one.ts";
import { type ListView, printList } from "../src/cli/table.ts";
import type { SettingValue } from "../src/config.ts";

const VIEW: ListView<SettingValue> = {
  fields: ["key", "value", "origin", "overridden"],
  id: (row) => row.key,
  columns: [
    { title: "key", text: (row) => row.key },
    { title: "value", text: (row) => row.value ?? "" },
    {
      title: "from",
      text: (row) => row.origin,
      paint: (row, colors) => (row.origin === "default" ? colors.dim : (text) => text),
    },
    { title: "instead of", text: (row) => row.overridden.join(",") },
  ],
};

interface ConfigOptions {
  config?: string;
  fields?: string[];
}

/** Defines `hooks config`. */
export function configCommand(context: CliContext, run = runConfig): Command {
  return addFieldsFlag(new Command("config"))
    .option("--config <file>", "as hooks serve --config FILE would find them")
    .description("Shows each setting, where it comes from, and which other source it overrides.")
    .addHelpText(
      "after",
      examples(
        "hooks config",
        "hooks config --json",
        "HOOKS_PORT=8080 hooks config --fields key,value",
        "hooks config --config /etc/hooks.json",
      ),
    )
    .action((flags: ConfigOptions) => run(flags, context));
}

export async function runConfig({ config, fields }: ConfigOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, VIEW, fields)) return;
  const { values, dataDirectory } = context.settings({}, config);
  const home: SettingValue = {
    key: "data_directory",
    value: dataDirectory,
    origin: (context.env["HOOKS_HOME"] ?? "") === "" ? "default" : "HOOKS_HOME",
    overridden: [],
  };
  // A setting without value and default is null in JSON, not left out.
  const rows = [...values, home].map((row) => (out.mode === "json" ? { ...row, value: row.value ?? null } : row));
  printList(out, rows as SettingValue[], VIEW, fields);
}
