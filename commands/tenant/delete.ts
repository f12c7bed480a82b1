import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import type { ListView } from "../../src/cli/table.ts";
import { confirmed } from "../confirmed.ts";
import { namingTenantFlags } from "./tenant-flags.ts";

interface Deletion {
  name: string;
  deleted: boolean;
  dry_run?: true;
  /** Of a dry run: what would go with it. */
  environments?: string[];
  subscriptions?: number;
  keys?: number;
}

const VIEW: ListView<Deletion> = {
  fields: ["name", "deleted"],
  id: (row) => row.name,
  columns: [{ title: "name", text: (row) => row.name }],
};

const DRY_VIEW: ListView<Deletion> = {
  ...VIEW,
  fields: ["name", "deleted", "dry_run", "environments", "subscriptions", "keys"],
};

export interface TenantDeleteOptions {
  name: string;
  force?: boolean;
  dryRun?: boolean;
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
    .option("--dry-run", "only say whether it could be deleted, and what would go with it")
    .addHelpText(
      "after",
      examples(
        "hooks tenant delete acme",
        "hooks tenant delete acme --force --dry-run",
        "hooks tenant delete acme --force --yes",
      ),
    )
    .action((name: string, flags: Omit<TenantDeleteOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `conflict` when it has data or keys; `usage`, `failed` when it is not confirmed */
export async function runTenantDelete(options: TenantDeleteOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, force, dryRun = false, fields } = options;
  if (printsFields(out, dryRun ? DRY_VIEW : VIEW, fields)) return;
  if (dryRun) return tryDeletion(options, context);
  const ask = confirmed(context, { what: "deleting", undone: "nothing was deleted" });
  const admin = await context.admin();
  const { subscriptions, keys } = await namingTenantFlags(admin.getTenant(name));
  await ask(`Delete tenant ${name}${force === true ? withAll(subscriptions, keys) : ""}?`);
  await namingTenantFlags(admin.deleteTenant(name, force === true ? { force } : {}));
  printChanged(out, { name, deleted: true }, VIEW, {
    fields,
    say: () => `${out.colors.green("✓")} deleted tenant ${name}`,
  });
}

async function tryDeletion({ name, force, fields }: TenantDeleteOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const admin = await context.admin();
  const { environments, subscriptions, keys } = await namingTenantFlags(admin.getTenant(name));
  await namingTenantFlags(admin.deleteTenant(name, { force, dry_run: true }));
  const row: Deletion = { name, deleted: false, dry_run: true, environments, subscriptions, keys };
  const say = (): string => `tenant ${name} would be deleted${force === true ? withAll(subscriptions, keys) : ""}`;
  printChanged(out, row, DRY_VIEW, { fields, say });
  if (out.mode === "plain" && fields === undefined) out.note(`${say()}; nothing was changed`);
}

function withAll(subscriptions: number, keys: number): string {
  return ` with ${subscriptions} subscriptions, ${keys} keys, and all events and deliveries`;
}
