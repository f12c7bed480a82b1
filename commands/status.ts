import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { addFieldsFlag } from "../src/cli/pages.ts";
import { printOne, printsFields, type ViewLine } from "../src/cli/print-one.ts";
import { MOST_COUNTED, type Standing, standing } from "../src/cli/standing.ts";
import type { ListView } from "../src/cli/table.ts";

export interface StatusOptions {
  fields?: string[];
}

/** The JSON that is printed; a store file or a server's URL, as the mode is. */
interface StatusRow extends Omit<Standing, "where"> {
  store?: string;
  server?: string;
  tenant: string;
  environment: string;
}

/** Defines `hooks status`. */
export function statusCommand(context: CliContext, run = runStatus): Command {
  return addFieldsFlag(
    new Command("status").description(
      "Shows where hooks works, whether a daemon runs there, what waits and what failed. Changes nothing.",
    ),
  )
    .addHelpText(
      "after",
      examples(
        "hooks status",
        "hooks status --json",
        "hooks status --fields failed,waiting.pending",
        "hooks status --server https://hooks.example.com",
      ),
    )
    .action((flags: StatusOptions) => run(flags, context));
}

/** @throws HooksError when the store or the server cannot be read */
export async function runStatus({ fields }: StatusOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const isLocal = context.settings().target.kind === "local";
  const view = statusView(isLocal ? "store" : "server");
  if (printsFields(out, view, fields)) return;
  const { where, ...found } = await standing(context);
  const { tenant, environment } = context.scope();
  const row: StatusRow = { [isLocal ? "store" : "server"]: where, tenant, environment, ...found };
  printOne(out, row, view, { fields, lines: () => linesOf(row) });
  if (out.mode === "json" || fields !== undefined) return;
  if (0 < (found.alerts ?? 0)) out.hint("hooks alert list --state firing");
  if (0 < (found.failed ?? 0))
    out.hint("hooks delivery list --status failed · send them again: hooks replay --failed --dry-run");
}

function statusView(place: "store" | "server"): ListView<StatusRow> {
  return {
    columns: [],
    fields: [place, "tenant", "environment", "daemon", "subscriptions", "waiting", "failed", "alerts", "trouble"],
    id: (row) => row[place] ?? "",
  };
}

function linesOf({ store, server, daemon, tenant, environment, ...counts }: StatusRow): ViewLine[] {
  const { subscriptions, waiting, failed, alerts, trouble } = counts;
  const number = (value: number | null): string => (value === null ? "-" : String(value));
  const counted = (value: number): string => (value < MOST_COUNTED ? String(value) : `${MOST_COUNTED} or more`);
  return [
    store === undefined ? ["server", escapeLine(server ?? "")] : ["store", escapeLine(store)],
    ...(store === undefined
      ? []
      : ([["daemon", daemon === null ? "not running" : `${daemon.url}  (process ${daemon.pid})`]] as const)),
    ["tenant", tenant],
    ["environment", environment],
    ["subscriptions", number(subscriptions)],
    [
      "waiting deliveries",
      waiting === null ? "-" : `${counted(waiting.pending)} pending, ${counted(waiting.retrying)} retrying`,
    ],
    ["failed deliveries", number(failed)],
    ["alerts firing", number(alerts)],
    ...(trouble === null ? [] : ([["note", escapeLine(trouble)]] as const)),
  ];
}
