import { Command, Option } from "commander";
import { keyView } from "../../src/cli/admin-view.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addListFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import { KEY_STATUSES, type KeyStatus, ROLES, type Role } from "../../src/core/key.ts";
import { namingKeyFlags } from "./key-flags.ts";

export interface KeyListOptions extends ListFlags {
  role?: Role;
  status?: KeyStatus;
}

/** Defines `hooks key list`. */
export function keyListCommand(context: CliContext, run = runKeyList): Command {
  const command = new Command("list")
    .description("Lists keys, newest first, the ended ones too. --tenant and --env choose those made for them.")
    .addOption(new Option("--role <role>", "of this role").choices(ROLES))
    .addOption(new Option("--status <status>", "by status").choices(KEY_STATUSES));
  return addListFlags(command)
    .addHelpText(
      "after",
      examples("hooks key list", "hooks key list --status active --tenant acme", "hooks key list --json"),
    )
    .action((flags: KeyListOptions) => run(flags, context));
}

export async function runKeyList(flags: KeyListOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const view = keyView(context.now());
  const options = listOptions(flags);
  if (printsFields(out, view, options.fields)) return;
  const { tenant, environment } = context.settings();
  const { role, status } = flags;
  const admin = await context.admin({ reads: true });
  const { rows, nextCursor } = await namingKeyFlags(
    fetchRows((page) => admin.listKeys({ role, status, tenant, environment, ...page }), options),
  );
  printList(out, rows, view, options.fields);
  if (rows.length === 0 && out.mode === "human") {
    out.note("no keys");
    out.hint("hooks key create NAME --role publisher");
  }
  noteRest(out, rows.length, nextCursor);
}
