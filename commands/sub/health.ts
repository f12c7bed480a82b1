import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { answerText } from "../../src/cli/delivery-view.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printOne, printsFields } from "../../src/cli/print-one.ts";
import { paintOfRate, rateText } from "../../src/cli/stats-view.ts";
import { breakerText, DISABLED_TEXTS, handshakeText, paintOfState } from "../../src/cli/subscription-view.ts";
import type { ListView } from "../../src/cli/table.ts";
import { timeText } from "../../src/cli/time-text.ts";
import type { SubscriptionHealth } from "../../src/core/statistics/statistics.ts";

const VIEW: ListView<SubscriptionHealth> = {
  fields: [
    "id",
    "name",
    "paused",
    "handshake",
    "state",
    "consecutive_failures",
    "success_rate",
    "disabled_reason",
    "last_triggered_at",
    "last_success_at",
    "breaker",
    "counts",
    "success_rate_24h",
    "attempts_24h",
    "deliveries_24h",
    "last_delivery",
  ],
  id: (row) => row.id,
  columns: [{ title: "id", text: (row) => row.id }],
};

/** Defines `hooks sub health`. */
export function subHealthCommand(context: CliContext, run = runSubHealth): Command {
  return addFieldsFlag(new Command("health"))
    .description("Shows how the last 20 attempts and the last 24 hours went, and why a subscription is disabled.")
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
  const health = await (await context.service({ reads: true })).subscriptionHealth(id);
  printOne(out, health, VIEW, {
    fields,
    lines: () => {
      const time = (iso: string | null): string => (iso === null ? "never" : timeText(out, context.now())(iso));
      const paint = paintOfState(health.state, out.colors);
      const reason = health.disabled_reason === null ? "" : ` (${DISABLED_TEXTS[health.disabled_reason]})`;
      const last = health.last_delivery;
      const day = health.success_rate_24h;
      return [
        ["id", health.id],
        ["name", escapeLine(health.name)],
        ["state", paint(health.state) + reason + (health.paused ? ", paused" : "")],
        ...(health.handshake === null
          ? []
          : [["handshake", escapeLine(handshakeText(health.handshake))] as [string, string]]),
        ["success rate", `${Math.round(health.success_rate * 100)} % of the latest attempts (20 at most)`],
        [
          "last 24 h",
          day === null
            ? "no attempts"
            : `${paintOfRate(day, out.colors)(rateText(day))} of ${health.attempts_24h} attempts, ${health.deliveries_24h} deliveries ended`,
        ],
        ["failures in a row", String(health.consecutive_failures)],
        ["breaker", breakerText(health.breaker)],
        ["last attempt", time(health.last_triggered_at)],
        ["last success", time(health.last_success_at)],
        [
          "last delivery",
          last === null
            ? "none"
            : escapeLine(`${last.id}  ${last.event_type}  ${last.status}  ${answerText(last)}`.trimEnd()),
        ],
        ["delivered", `${health.counts.succeeded} succeeded, ${health.counts.failed} failed`],
      ];
    },
  });
}
