import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { breakerText, DISABLED_TEXTS, paintOfState } from "../../src/cli/subscription-view.ts";
import { type ListView, printList, printSection } from "../../src/cli/table.ts";
import { relativeTime } from "../../src/cli/time-text.ts";
import type { SubscriptionResource } from "../../src/core/subscription.ts";

type HealthRow = { id: string; paused: boolean } & SubscriptionResource["health"] &
  Pick<SubscriptionResource, "counts">;

const VIEW: ListView<HealthRow> = {
  fields: [
    "id",
    "paused",
    "state",
    "consecutive_failures",
    "success_rate",
    "disabled_reason",
    "last_triggered_at",
    "last_success_at",
    "breaker",
    "counts",
  ],
  id: (row) => row.id,
  columns: [{ title: "id", text: (row) => row.id }],
};

/** Defines `hooks sub health`. */
export function subHealthCommand(context: CliContext, run = runSubHealth): Command {
  return addFieldsFlag(new Command("health"))
    .description("Shows how the last 20 attempts went, and why a subscription is disabled.")
    .argument("<subscription>", "id, unique beginning of one, or name")
    .addHelpText("after", examples("hooks sub health shop", "hooks sub health shop --json"))
    .action((id: string, flags: { fields?: string[] }) => run({ id, ...flags }, context));
}

export async function runSubHealth(
  { id, fields }: { id: string; fields?: string[] },
  context: CliContext,
): Promise<void> {
  const { out } = context;
  if (printsFields(out, VIEW, fields)) return;
  const row = await (await context.service({ reads: true })).getSubscription(id);
  const { health, counts } = row;
  const answer = { id: row.id, paused: row.paused, ...health, counts };
  if (fields !== undefined) return printList(out, [answer], VIEW, fields);
  if (out.mode === "json") return out.print(jsonLine(answer));
  if (out.mode === "quiet") return out.print(row.id);
  const time = (iso: string | null): string =>
    iso === null ? "never" : out.mode === "human" ? `${iso}  ${relativeTime(iso, context.now())}` : iso;
  const paint = paintOfState(health.state, out.colors);
  const reason = health.disabled_reason === null ? "" : ` (${DISABLED_TEXTS[health.disabled_reason]})`;
  printSection(out, [
    ["id", row.id],
    ["name", escapeLine(row.name)],
    ["state", paint(health.state) + reason + (row.paused ? ", paused" : "")],
    ["success rate", `${Math.round(health.success_rate * 100)} % of the last 20 attempts`],
    ["failures in a row", String(health.consecutive_failures)],
    ["breaker", row.breaker ? breakerText(health.breaker) : "off"],
    ["last attempt", time(health.last_triggered_at)],
    ["last success", time(health.last_success_at)],
    ["delivered", `${counts.succeeded} succeeded, ${counts.failed} failed`],
  ]);
}
