import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { MOST_COUNTED, standing } from "../src/cli/standing.ts";
import { printSection } from "../src/cli/table.ts";

/** Defines `hooks status`. */
export function statusCommand(context: CliContext, run = runStatus): Command {
  return new Command("status")
    .description("Shows where hooks works, whether a daemon runs there, what waits and what failed. Changes nothing.")
    .addHelpText(
      "after",
      examples("hooks status", "hooks status --json", "hooks status --server https://hooks.example.com"),
    )
    .action(() => run(context));
}

/** @throws HooksError when the store or the server cannot be read */
export async function runStatus(context: CliContext): Promise<void> {
  const { out } = context;
  const { where, daemon, subscriptions, failed, waiting, trouble } = await standing(context);
  const { tenant, environment } = context.scope();
  const isLocal = context.settings().target.kind === "local";
  if (out.mode === "json") {
    const place = { [isLocal ? "store" : "server"]: where, tenant, environment };
    out.print(jsonLine({ ...place, daemon, subscriptions, waiting, failed, trouble }));
    return;
  }
  const number = (value: number | null): string => (value === null ? "-" : String(value));
  const counted = (value: number): string => (value < MOST_COUNTED ? String(value) : `${MOST_COUNTED} or more`);
  printSection(out, [
    [isLocal ? "store" : "server", escapeLine(where)],
    ...(isLocal
      ? ([["daemon", daemon === null ? "not running" : `${daemon.url}  (process ${daemon.pid})`]] as const)
      : []),
    ["tenant", tenant],
    ["environment", environment],
    ["subscriptions", number(subscriptions)],
    [
      "waiting deliveries",
      waiting === null ? "-" : `${counted(waiting.pending)} pending, ${counted(waiting.retrying)} retrying`,
    ],
    ["failed deliveries", number(failed)],
    ...(trouble === null ? [] : ([["note", escapeLine(trouble)]] as const)),
  ]);
  if ((failed ?? 0) > 0)
    out.hint("hooks delivery list --status failed · send them again: hooks replay --failed --dry-run");
}
