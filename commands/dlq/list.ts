import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { deliveryView, REASON_TEXTS, subscriptionNames } from "../../src/cli/delivery-view.ts";
import { examples } from "../../src/cli/help.ts";
import { addListFlags, fetchRows, type ListFlags, listOptions, noteRest } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { type Column, type ListView, printList } from "../../src/cli/table.ts";
import { relativeTime } from "../../src/cli/time-text.ts";
import type { DeliveryResource } from "../../src/core/delivery.ts";
import { namingFilterFlags } from "../filter-flags.ts";
import { addDeadLetterFlags, type DeadLetterFlags, deadLetterFilter } from "./dead-letter-flags.ts";

export interface DlqListOptions extends ListFlags, DeadLetterFlags {}

/** Defines `hooks dlq list`. */
export function dlqListCommand(context: CliContext, run = runDlqList): Command {
  const command = new Command("list").description(
    "Lists dead letters: deliveries that failed for good, newest first. They stay until they are sent again, purged or too old.",
  );
  return addListFlags(addDeadLetterFlags(command))
    .addHelpText(
      "after",
      examples(
        "hooks dlq list --since 1d",
        "hooks dlq list --sub shop --reason exhausted",
        "hooks dlq list --fields id,event_type,reason,error --json",
      ),
    )
    .action((flags: DlqListOptions) => run(flags, context));
}

export async function runDlqList(flags: DlqListOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const options = listOptions(flags);
  if (printsFields(out, deadLetterView(context.now()), options.fields)) return;
  const service = await context.service({ reads: true });
  const filter = deadLetterFilter(flags);
  const { rows, nextCursor } = await namingFilterFlags(
    fetchRows((page) => service.listDeadLetters({ ...filter, ...page }), options),
  );
  const names = rows.length === 0 ? undefined : await subscriptionNames(service, out);
  printList(out, rows, deadLetterView(context.now(), names), options.fields);
  if (rows.length === 0 && out.mode === "human") out.note("no dead letters");
  noteRest(out, rows.length, nextCursor);
}

/** Why and when, where a list of deliveries has what all of these have in common. */
function deadLetterView(now: number, names?: ReadonlyMap<string, string>): ListView<DeliveryResource> {
  const view = deliveryView(now, names);
  const reason: Column<DeliveryResource> = {
    title: "reason",
    text: (row) => row.reason ?? "",
    human: (row) => (row.reason === null ? "" : REASON_TEXTS[row.reason]),
    expendable: 3,
  };
  const failed: Column<DeliveryResource> = {
    title: "failed",
    text: (row) => row.completed_at ?? "",
    human: (row) => relativeTime(row.completed_at, now),
    expendable: 2,
  };
  const columns = view.columns.flatMap((column) =>
    column.title === "status" ? [reason] : column.title === "created" ? [failed] : [column],
  );
  return { ...view, columns };
}
