import { Command, Option } from "commander";
import { alertView } from "../../src/cli/alert-view.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { examples } from "../../src/cli/help.ts";
import { addListFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import { ALERT_STATES, type AlertState } from "../../src/core/alert.ts";
import { naming } from "../filter-flags.ts";

export interface AlertListOptions extends ListFlags {
  state?: AlertState;
}

const FLAGS: Readonly<Record<string, string>> = { state: "--state", cursor: "--cursor", limit: "--limit" };

/** Defines `hooks alert list`. */
export function alertListCommand(context: CliContext, run = runAlertList): Command {
  const command = new Command("list")
    .description(
      "Lists alerts of the last 30 days, newest first. The rules are settings of hooks serve (--alert); whoever takes " +
        "hooks.alert.* events is told when one begins and when it ends.",
    )
    .addOption(new Option("--state <state>", "only those that fire, or that are over").choices(ALERT_STATES));
  return addListFlags(command)
    .addHelpText(
      "after",
      examples(
        "hooks alert list --state firing",
        "hooks alert list --json --fields rule,value,began_at",
        "hooks sub create --url http://localhost:3000/ops --event 'hooks.alert.*'",
      ),
    )
    .action((flags: AlertListOptions) => run(flags, context));
}

export async function runAlertList({ state, ...flags }: AlertListOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const view = alertView(context.now());
  const options = listOptions(flags);
  if (printsFields(out, view, options.fields)) return;
  const service = await context.service({ reads: true });
  const { rows, nextCursor } = await naming(
    fetchRows((page) => service.listAlerts({ state, ...page }), options),
    FLAGS,
  );
  printList(out, rows, view, options.fields);
  if (rows.length === 0 && out.mode === "human") out.note(state === "firing" ? "no alert fires" : "no alerts");
  noteRest(out, rows.length, nextCursor);
}
