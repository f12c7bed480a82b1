import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { standing } from "../src/cli/standing.ts";
import { printSection } from "../src/cli/table.ts";

/** Defines `hooks status`. */
export function statusCommand(context: CliContext, run = runStatus): Command {
  return new Command("status")
    .description("Shows where hooks works, whether a daemon runs there, and what failed. Changes nothing.")
    .addHelpText(
      "after",
      examples("hooks status", "hooks status --json", "hooks status --server https://hooks.example.com"),
    )
    .action(() => run(context));
}

export async function runStatus(context: CliContext): Promise<void> {
  const { out } = context;
  const { where, daemon, subscriptions, failed, trouble } = await standing(context);
  const { tenant, environment } = context.scope();
  const isLocal = context.settings().target.kind === "local";
  if (out.mode === "json") {
    out.print(
      jsonLine({ [isLocal ? "store" : "server"]: where, tenant, environment, daemon, subscriptions, failed, trouble }),
    );
    return;
  }
  const number = (value: number | null): string => (value === null ? "-" : String(value));
  printSection(out, [
    [isLocal ? "store" : "server", escapeLine(where)],
    ...(isLocal
      ? ([["daemon", daemon === null ? "not running" : `${daemon.url}  (process ${daemon.pid})`]] as const)
      : []),
    ["tenant", tenant],
    ["environment", environment],
    ["subscriptions", number(subscriptions)],
    ["failed deliveries", number(failed)],
    ...(trouble === null ? [] : ([["note", escapeLine(trouble)]] as const)),
  ]);
  if ((failed ?? 0) > 0)
    out.hint("hooks delivery list --status failed · send them again: hooks replay --failed --dry-run");
}
