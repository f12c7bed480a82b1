import { Command } from "commander";
import { TENANT_VIEW } from "../../src/cli/admin-view.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addListFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import { namingTenantFlags } from "./tenant-flags.ts";

/** Defines `hooks tenant list`. */
export function tenantListCommand(context: CliContext, run = runTenantList): Command {
  return addListFlags(new Command("list"))
    .description(
      "Lists organisations in alphabetical order: those that were created, and those that have data or keys.",
    )
    .addHelpText("after", examples("hooks tenant list", "hooks tenant list --fields name,subscriptions --json"))
    .action((flags: ListFlags) => run(flags, context));
}

export async function runTenantList(flags: ListFlags, context: CliContext): Promise<void> {
  const { out } = context;
  const options = listOptions(flags);
  if (printsFields(out, TENANT_VIEW, options.fields)) return;
  const admin = await context.admin({ reads: true });
  const { rows, nextCursor } = await namingTenantFlags(fetchRows((page) => admin.listTenants(page), options));
  printList(out, rows, TENANT_VIEW, options.fields);
  if (rows.length === 0 && out.mode === "human") {
    out.note("no tenants");
    out.hint("hooks tenant create acme");
  }
  noteRest(out, rows.length, nextCursor);
}
