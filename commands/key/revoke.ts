import { Command } from "commander";
import { keyView } from "../../src/cli/admin-view.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { confirmed } from "../confirmed.ts";
import { namingKeyFlags } from "./key-flags.ts";

export interface KeyRevokeOptions {
  id: string;
  fields?: string[];
}

/** Defines `hooks key revoke`. */
export function keyRevokeCommand(context: CliContext, run = runKeyRevoke): Command {
  return addFieldsFlag(new Command("revoke"))
    .description("Ends a key: within a second no server takes it. It stays in the list. Asks first; --yes does not.")
    .argument("<key>", "id, unique beginning of one, or name; with --tenant, --env: of those made for them")
    .addHelpText("after", examples("hooks key revoke shop-backend", "hooks key revoke key_01kz4y5d --yes"))
    .action((id: string, flags: { fields?: string[] }) => run({ id, ...flags }, context));
}

/** @throws HooksError `usage` without a terminal and without --yes, `failed` for No: nothing is done then */
export async function runKeyRevoke({ id, fields }: KeyRevokeOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const view = keyView(context.now());
  if (printsFields(out, view, fields)) return;
  const ask = confirmed(context, { what: "revoking" });
  const admin = await context.admin();
  const { tenant, environment } = context.settings();
  const reach = { tenant, environment };
  const { id: whole, name } = await namingKeyFlags(admin.getKey(id, reach));
  await ask(`Revoke ${escapeLine(name)} (${whole})? Whoever works with it is refused from then on.`);
  await admin.revokeKey(whole, reach);
  const row = await admin.getKey(whole, reach);
  printChanged(out, row, view, { fields, say: () => `${out.colors.green("✓")} revoked ${escapeLine(name)}` });
}
