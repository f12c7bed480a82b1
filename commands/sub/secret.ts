import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";

/** Defines `hooks sub secret`. */
export function subSecretCommand(context: CliContext, run = runSubSecret): Command {
  return new Command("secret")
    .description("Prints the secrets that sign now, newest first, to the owner of the store's file. Never over HTTP.")
    .argument("<subscription>", "id, unique beginning of one, or name")
    .addHelpText(
      "after",
      examples("hooks sub secret shop", "HOOK_SECRET=$(hooks sub secret shop | head -n 1) npm run dev"),
    )
    .action((id: string) => run(id, context));
}

/** @throws HooksError `usage` when a server is worked on; `not_found` */
export async function runSubSecret(id: string, context: CliContext): Promise<void> {
  const { out } = context;
  const local = await context.local("hooks sub secret");
  const subscription = await local.serviceFor(context.scope()).getSubscription(id);
  const secrets = await local.showSecrets(context.scope(), subscription.id);
  if (out.mode === "json") out.print(jsonLine({ id: subscription.id, secrets }));
  else for (const secret of secrets) out.print(escapeLine(secret));
}
