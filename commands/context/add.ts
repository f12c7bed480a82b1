import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { HooksError } from "../../src/core/errors.ts";
import { shellWord } from "../../src/core/shell-word.ts";
import { CONTEXT_VIEW, rowOf } from "./context-view.ts";
import { type NewContext, readNewContext, storeContext } from "./store-context.ts";

export interface ContextAddOptions {
  name: string;
  url: string;
  keychain?: boolean;
  fields?: string[];
  /** Of the global flags. */
  tenant?: string;
  env?: string;
}

/** Defines `hooks context add`. */
export function contextAddCommand(context: CliContext, run = runContextAdd): Command {
  return addFieldsFlag(new Command("add"))
    .description(
      "Keeps a server under a name, with its key, --tenant and --env if they are given. Asks the server nothing and " +
        "does not choose it: hooks login does both.",
    )
    .argument("<name>", "what to call it")
    .argument("<url>", "of the server: https://…")
    .option("--keychain", "keep the key in the system's keychain (npm install --global @napi-rs/keyring)")
    .addHelpText(
      "after",
      examples(
        "hooks context add staging https://hooks.staging.example.com --api-key-file staging.key",
        "hooks context add acme https://hooks.example.com --api-key env:ACME_KEY --tenant acme --env production",
      ),
    )
    .action((name: string, url: string, flags: Omit<ContextAddOptions, "name" | "url">) =>
      run({ ...flags, name, url }, context),
    );
}

/** @throws HooksError `usage`; `conflict` when there is one of that name and --yes is not given */
export async function runContextAdd(options: ContextAddOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, url, fields } = options;
  if (printsFields(out, CONTEXT_VIEW, fields)) return;
  const added: NewContext = readNewContext({ ...options, urlName: "<url>" }, context);
  if (options.keychain === true && added.apiKey === undefined) {
    throw new HooksError("usage", "--keychain needs a key to keep", {
      field: "--keychain",
      hint: `hooks context add ${shellWord(name)} ${shellWord(url)} --keychain --api-key-file FILE`,
    });
  }
  const stored = await storeContext(added, { makeCurrent: false, replaces: () => context.yes }, context);
  const row = rowOf(name, stored);
  printChanged(out, row, CONTEXT_VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} added context ${out.colors.bold(name)}: ${escapeLine(row.server ?? "")}`,
  });
  if (out.mode !== "human") return;
  if (row.key === null) out.note("without a key, HOOKS_API_KEY is used there");
  out.hint(`hooks context use ${name}`);
}
