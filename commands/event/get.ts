import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { deliveryView, subscriptionNames } from "../../src/cli/delivery-view.ts";
import { escapeJson } from "../../src/cli/escape.ts";
import { eventLines, eventView } from "../../src/cli/event-view.ts";
import { examples } from "../../src/cli/help.ts";
import { prettyJson } from "../../src/cli/json-text.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printOne, printsFields } from "../../src/cli/print-one.ts";
import { printList } from "../../src/cli/table.ts";
import type { EventDetail, EventResource } from "../../src/core/event.ts";
import { stringifyEvent } from "../../src/core/raw-json.ts";

export interface EventGetOptions {
  id: string;
  fields?: string[];
}

/** Defines `hooks event get`. */
export function eventGetCommand(context: CliContext, run = runEventGet): Command {
  return addFieldsFlag(new Command("get"))
    .description("Shows one event: its data as it was published, and where it went.")
    .argument("<event>", "id, or unique beginning of one")
    .addHelpText("after", examples("hooks event get evt_01kz4y5d", "hooks event get evt_01kz4y5d --json | jq .data"))
    .action((id: string, flags: { fields?: string[] }) => run({ id, ...flags }, context));
}

export async function runEventGet({ id, fields }: EventGetOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const view = eventView(context.now());
  if (printsFields(out, view, fields)) return;
  const service = await context.service({ reads: true });
  const event = await service.getEvent(id);
  if (out.mode === "json" && fields === undefined) return out.print(escapeJson(stringifyEvent(event)));
  printOne<EventResource>(out, event, view, { fields, lines: () => eventLines(event, out, context.now()) });
  if (fields === undefined && out.mode !== "quiet") {
    printContent(event, await subscriptionNames(service, out), context);
  }
}

function printContent(event: EventDetail, names: ReadonlyMap<string, string>, context: CliContext): void {
  const { out } = context;
  for (const [title, bytes] of [
    ["data", event.data],
    ["metadata", event.metadata],
  ] as const) {
    if (bytes !== null)
      out.print(`\n${out.colors.bold(title)}\n${prettyJson(Buffer.from(bytes).toString("utf8"), out.colors)}`);
  }
  if (event.deliveries.length === 0) return;
  out.print(`\n${out.colors.bold("deliveries")}`);
  printList(out, event.deliveries, deliveryView(context.now(), names), undefined);
}
