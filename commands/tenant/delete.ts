import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import type { ListView } from "../../src/cli/table.ts";
import { confirmed } from "../confirmed.ts";
import { namingTenantFlags } from "./tenant-flags.ts";

const VIEW: ListView<{ name: string; deleted: true }> = {
  fields: ["name", "deleted"],
  id: (row) => row.name,
  columns: [{ title: "name", text: (row) => row.name }],
};

export interface TenantDeleteOptions {
  name: string;
  force?: boolean;
  fields?: string[];
}

/** Defines `hooks tenant delete`. */
export function tenantDeleteCommand(context: CliContext, run = runTenantDelete): Command {
  return addFieldsFlag(new Command("delete"))
    .description(
      "Deletes an organisation that has no data and no keys. --force ends its keys and erases all that it has: " +
        "subscriptions, events, deliveries. Asks first; --yes does not.",
    )
    .argument("<tenant>", "its name")
    .option("--force", "erase all that it has")
    .addHelpText("after", examples("hooks tenant delete acme", "hooks tenant delete acme --force --yes"))
    .action((name: string, flags: Omit<TenantDeleteOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `conflict` when it has data or keys; `usage`, `failed` when it is not confirmed */
export async function runTenantDelete(
  { name, force, fields }: TenantDeleteOptions,
  context: CliContext,
): Promise<void> {
  const { out } = context;
  if (printsFields(out, VIEW, fields)) return;
  const command = force === true ? "hooks tenant delete --force" : "hooks tenant delete";
  const ask = confirmed(context, { what: "deleting", command, argument: name, undone: "nothing was deleted" });
  const admin = await context.admin();
  const { subscriptions, keys } = await namingTenantFlags(admin.getTenant(name));
  const all = force === true ? ` with ${subscriptions} subscriptions, ${keys} keys, and all events and deliveries` : "";
  await ask(`Delete tenant ${name}${all}?`);
  await namingTenantFlags(admin.deleteTenant(name, force === true ? { force } : {}));
  printChanged(out, { name, deleted: true }, VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} deleted tenant ${name}`,
  });
}
