import { Command } from "commander";
import { TENANT_VIEW } from "../../src/cli/admin-view.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { HooksError } from "../../src/core/errors.ts";
import { namingTenantFlags } from "./tenant-flags.ts";

export interface TenantUpdateOptions {
  name: string;
  description?: string;
  fields?: string[];
}

/** Defines `hooks tenant update`. */
export function tenantUpdateCommand(context: CliContext, run = runTenantUpdate): Command {
  return addFieldsFlag(new Command("update"))
    .description("Changes an organisation's description.")
    .argument("<tenant>", "its name")
    .option("--description <text>", "who it is; '' for nothing")
    .addHelpText(
      "after",
      examples("hooks tenant update acme --description 'Acme GmbH'", "hooks tenant update acme --description ''"),
    )
    .action((name: string, flags: Omit<TenantUpdateOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `usage` when nothing is to be changed */
export async function runTenantUpdate(options: TenantUpdateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, description, fields } = options;
  if (printsFields(out, TENANT_VIEW, fields)) return;
  if (description === undefined) {
    throw new HooksError("usage", "nothing to change: name at least one setting", {
      hint: "hooks tenant update --help",
    });
  }
  const row = await namingTenantFlags((await context.admin()).updateTenant(name, { description }));
  printChanged(out, row, TENANT_VIEW, { fields, say: () => `${out.colors.green("✓")} updated tenant ${row.name}` });
}
