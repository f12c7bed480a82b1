import { Command } from "commander";
import { keyLines, keyView } from "../../src/cli/admin-view.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printOne, printsFields } from "../../src/cli/print-one.ts";
import { namingKeyFlags } from "./key-flags.ts";

export interface KeyGetOptions {
  id: string;
  fields?: string[];
}

/** Defines `hooks key get`. */
export function keyGetCommand(context: CliContext, run = runKeyGet): Command {
  return addFieldsFlag(new Command("get"))
    .description("Shows one key: what it may do and where, when it was used last, when it ends. Never the key itself.")
    .argument("<key>", "id, unique beginning of one, or name; with --tenant, --env: of those made for them")
    .addHelpText("after", examples("hooks key get shop-backend", "hooks key get key_01kz4y --fields role,last_used_at"))
    .action((id: string, flags: { fields?: string[] }) => run({ id, ...flags }, context));
}

export async function runKeyGet({ id, fields }: KeyGetOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const view = keyView(context.now());
  if (printsFields(out, view, fields)) return;
  const { tenant, environment } = context.settings();
  const admin = await context.admin({ reads: true });
  const row = await namingKeyFlags(admin.getKey(id, { tenant, environment }));
  printOne(out, row, view, { fields, lines: () => keyLines(row, out, context.now()) });
}
