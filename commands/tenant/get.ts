import { Command } from "commander";
import { TENANT_VIEW, tenantLines } from "../../src/cli/admin-view.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printOne, printsFields } from "../../src/cli/print-one.ts";
import { namingTenantFlags } from "./tenant-flags.ts";

export interface TenantGetOptions {
  name: string;
  fields?: string[];
}

/** Defines `hooks tenant get`. */
export function tenantGetCommand(context: CliContext, run = runTenantGet): Command {
  return addFieldsFlag(new Command("get"))
    .description("Shows one organisation: its environments, and how many subscriptions and keys it has.")
    .argument("<tenant>", "its name")
    .addHelpText("after", examples("hooks tenant get acme", "hooks tenant get acme --json"))
    .action((name: string, flags: { fields?: string[] }) => run({ name, ...flags }, context));
}

export async function runTenantGet({ name, fields }: TenantGetOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, TENANT_VIEW, fields)) return;
  const row = await namingTenantFlags((await context.admin({ reads: true })).getTenant(name));
  printOne(out, row, TENANT_VIEW, { fields, lines: () => tenantLines(row, out, context.now()) });
}
