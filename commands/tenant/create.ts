import { Command } from "commander";
import { TENANT_VIEW } from "../../src/cli/admin-view.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { namingTenantFlags } from "./tenant-flags.ts";

export interface TenantCreateOptions {
  name: string;
  description?: string;
  fields?: string[];
}

/** Defines `hooks tenant create`. */
export function tenantCreateCommand(context: CliContext, run = runTenantCreate): Command {
  return addFieldsFlag(new Command("create"))
    .description("Registers an organisation. Its data is seen and changed with its own keys only.")
    .argument("<name>", "1 to 32 characters of a-z, 0-9 and -")
    .option("--description <text>", "who it is")
    .addHelpText(
      "after",
      examples("hooks tenant create acme --description 'Acme Ltd'", "hooks tenant create acme --quiet"),
    )
    .action((name: string, flags: Omit<TenantCreateOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `conflict` when it was created before; `forbidden` for an admin of one tenant */
export async function runTenantCreate(options: TenantCreateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, description, fields } = options;
  if (printsFields(out, TENANT_VIEW, fields)) return;
  const row = await namingTenantFlags((await context.admin()).createTenant({ name, description }));
  printChanged(out, row, TENANT_VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} created tenant ${out.colors.bold(row.name)}`,
  });
  out.hint(`hooks key create NAME --role admin --tenant ${row.name}`);
}
