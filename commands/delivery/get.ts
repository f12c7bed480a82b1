import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { attemptView, deliveryLines, deliveryView } from "../../src/cli/delivery-view.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { prettyJson } from "../../src/cli/json-text.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printOne, printsFields } from "../../src/cli/print-one.ts";
import { type ListView, printList } from "../../src/cli/table.ts";
import type { DeliveryDetail, PayloadAs } from "../../src/core/delivery.ts";

export interface DeliveryGetOptions {
  id: string;
  fields?: string[];
}

/** Defines `hooks delivery get`. */
export function deliveryGetCommand(context: CliContext, run = runDeliveryGet): Command {
  return addFieldsFlag(new Command("get"))
    .description("Shows one delivery: every attempt with its answer, and the body that is sent.")
    .argument("<delivery>", "id, or unique beginning of one")
    .addHelpText(
      "after",
      examples("hooks delivery get dlv_01kz4y5d", "hooks delivery get dlv_01kz4y5d --json | jq .attempts"),
    )
    .action((id: string, flags: { fields?: string[] }) => run({ id, ...flags }, context));
}

const PAYLOAD_TEXTS: Record<PayloadAs, string> = {
  sent: ", as it was sent",
  rebuilt: ", made again from what is set now: what was sent may differ",
  unsent: ", as the next request has it",
};

export async function runDeliveryGet({ id, fields }: DeliveryGetOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const rows = deliveryView(context.now());
  const view: ListView<DeliveryDetail> = {
    ...rows,
    fields: [...rows.fields, "payload", "payload_encoding", "payload_as", "attempts"],
  };
  if (printsFields(out, view, fields)) return;
  const delivery = await (await context.service({ reads: true })).getDelivery(id);
  printOne(out, delivery, view, { fields, lines: () => deliveryLines(delivery, out, context.now()) });
  if (fields !== undefined || out.mode === "json" || out.mode === "quiet") return;

  const { bold } = out.colors;
  if (0 < delivery.attempts.length) {
    out.print(`\n${bold("attempts")}`);
    printList(out, delivery.attempts, attemptView(context.now()), undefined);
  }
  const payload =
    delivery.payload_encoding === "utf8"
      ? prettyJson(delivery.payload, out.colors)
      : `base64 ${escapeLine(delivery.payload)}`;
  out.print(`\n${bold("payload")}${PAYLOAD_TEXTS[delivery.payload_as]}\n${payload}`);
}
