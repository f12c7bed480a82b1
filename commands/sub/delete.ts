import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { targetOf } from "../../src/cli/subscription-view.ts";
import { printList } from "../../src/cli/table.ts";
import { HooksError } from "../../src/core/errors.ts";
import { DELETED_VIEW } from "../receipt-views.ts";

/** Defines `hooks sub delete`. */
export function subDeleteCommand(context: CliContext, run = runSubDelete): Command {
  return addFieldsFlag(new Command("delete"))
    .description("Deletes a subscription and cancels what waits for it. Its history stays. Asks first; --yes does not.")
    .argument("<subscription>", "id, unique beginning of one, or name")
    .addHelpText("after", examples("hooks sub delete shop", "hooks sub delete sub_01kz4y2m7q8v9w0x1y2z3a4b5c --yes"))
    .action((id: string, flags: { fields?: string[] }) => run({ id, ...flags }, context));
}

/** @throws HooksError `usage` without a terminal and without --yes, `failed` for No: nothing is done then */
export async function runSubDelete(
  { id, fields }: { id: string; fields?: string[] },
  context: CliContext,
): Promise<void> {
  const { out } = context;
  if (printsFields(out, DELETED_VIEW, fields)) return;
  if (!context.yes && !context.canPrompt) {
    throw new HooksError("usage", "deleting needs --yes where nobody can be asked", {
      field: "--yes",
      hint: context.typedWith("--yes"),
    });
  }
  const service = await context.service();
  const row = await service.getSubscription(id);
  const what = escapeLine(`${row.name === "" ? row.id : row.name} (${targetOf(row)})`);
  if (!context.yes && !(await context.ask.confirm(`Delete ${what} and cancel what waits for it?`))) {
    throw new HooksError("failed", "not confirmed: nothing was deleted");
  }
  await service.deleteSubscription(row.id);
  if (fields !== undefined) printList(out, [{ id: row.id, deleted: true }], DELETED_VIEW, fields);
  else if (out.mode === "json") out.print(jsonLine({ id: row.id, deleted: true }));
  else if (out.mode === "human") out.note(`${out.noteColors.green("✓")} deleted ${what}`);
  else out.print(row.id);
}
