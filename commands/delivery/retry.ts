import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { answerText, deliveryView } from "../../src/cli/delivery-view.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { HooksError } from "../../src/core/errors.ts";
import { startSenderIfNeeded } from "../local-sender.ts";
import { DEFAULT_WAIT_MS, waitUntil } from "../wait-until.ts";

/** Defines `hooks delivery retry`. */
export function deliveryRetryCommand(context: CliContext, run = runDeliveryRetry): Command {
  return addFieldsFlag(new Command("retry"))
    .description("Tries a delivery again now, whatever became of it, and shows the result. Exits 1 if it failed.")
    .argument("<delivery>", "id, or unique beginning of one")
    .addHelpText("after", examples("hooks delivery retry dlv_01kz4y5d", "hooks delivery retry dlv_01kz4y5d --json"))
    .action((id: string, flags: { fields?: string[] }) => run({ id, ...flags }, context));
}

/** @throws HooksError `failed` when the attempt failed, or none was made in time */
export async function runDeliveryRetry(
  { id, fields }: { id: string; fields?: string[] },
  context: CliContext,
): Promise<void> {
  const { out } = context;
  const view = deliveryView(context.now());
  if (printsFields(out, view, fields)) return;
  const service = await context.service();
  const before = await service.getDelivery(id);
  await startSenderIfNeeded(context, "hooks delivery retry");
  await service.retryDelivery(before.id);
  const tried = await waitUntil(context, DEFAULT_WAIT_MS, async () => {
    const now = await service.getDelivery(before.id);
    return before.attempt_count < now.attempt_count ? now : undefined;
  });
  if (tried === undefined) {
    throw new HooksError("failed", `${before.id} was not tried within ${DEFAULT_WAIT_MS / 1_000} s: it waits`, {
      hint: `is its subscription paused or disabled? hooks sub get ${before.subscription}`,
    });
  }
  const attempt = tried.attempts.at(-1);
  const mark = attempt?.outcome === "success" ? out.colors.green("✓") : out.colors.red("✗");
  printChanged(out, tried, view, {
    fields,
    say: () => `${mark} ${tried.event_type}   ${escapeLine(answerText(tried))}   attempt ${tried.attempt_count}`,
  });
  if (attempt?.outcome !== "success") {
    throw new HooksError("failed", `the attempt failed: ${escapeLine(answerText(tried))}`, {
      hint: `hooks delivery get ${tried.id}`,
    });
  }
}
