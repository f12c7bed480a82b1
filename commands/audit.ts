import { Command } from "commander";
import { auditView } from "../src/cli/admin-view.ts";
import type { CliContext } from "../src/cli/context.ts";
import { examples } from "../src/cli/help.ts";
import { addListFlags, addSpanFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../src/cli/pages.ts";
import { printsFields } from "../src/cli/print-one.ts";
import { printList } from "../src/cli/table.ts";
import { naming } from "./filter-flags.ts";

export interface AuditOptions extends ListFlags {
  key?: string;
  action?: string;
  resource?: string;
  since?: string;
  until?: string;
}

const FLAGS: Readonly<Record<string, string>> = {
  key: "--key",
  action: "--action",
  resource: "--resource",
  since: "--since",
  until: "--until",
  tenant: "--tenant",
  environment: "--env",
  cursor: "--cursor",
  limit: "--limit",
};

/** Defines `hooks audit`. */
export function auditCommand(context: CliContext, run = runAudit): Command {
  const command = new Command("audit")
    .description(
      "Shows who changed what, when and from where, newest first; --json has the values before and after. Secrets are " +
        "masked in it. --tenant and --env choose what was changed there.",
    )
    .option("--key <key>", "done with this key (its id), or local: on the store's own files")
    .option("--action <action>", "subscription.update, or all of a kind: 'subscription.*'")
    .option("--resource <id>", "what was changed: id of a subscription or a key, name of a tenant");
  return addListFlags(addSpanFlags(command))
    .addHelpText(
      "after",
      examples(
        "hooks audit --since 1d",
        "hooks audit --action 'key.*' --json",
        "hooks audit --key local --fields at,action,resource.id",
      ),
    )
    .action((flags: AuditOptions) => run(flags, context));
}

export async function runAudit(flags: AuditOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const view = auditView(context.now());
  const options = listOptions(flags);
  if (printsFields(out, view, options.fields)) return;
  const { tenant, environment } = context.settings();
  const { key, action, resource, since, until } = flags;
  const query = { key, action, resource, since, until, tenant, environment };
  const admin = await context.admin({ reads: true });
  const { rows, nextCursor } = await naming(
    fetchRows((page) => admin.listAudit({ ...query, ...page }), options),
    FLAGS,
  );
  printList(out, rows, view, options.fields);
  if (rows.length === 0 && out.mode === "human") out.note("no changes on record");
  noteRest(out, rows.length, nextCursor);
}
