import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { breakerText, DISABLED_TEXTS, paintOfState } from "../../src/cli/subscription-view.ts";
import { printSection } from "../../src/cli/table.ts";
import { relativeTime } from "../../src/cli/time-text.ts";

/** Defines `hooks sub health`. */
export function subHealthCommand(context: CliContext, run = runSubHealth): Command {
  return new Command("health")
    .description("Shows how the last 20 attempts went, and why a subscription is disabled.")
    .argument("<subscription>", "id, unique beginning of one, or name")
    .addHelpText("after", examples("hooks sub health shop", "hooks sub health shop --json"))
    .action((id: string) => run(id, context));
}

export async function runSubHealth(id: string, context: CliContext): Promise<void> {
  const { out } = context;
  const row = await (await context.service({ reads: true })).getSubscription(id);
  const { health, counts } = row;
  if (out.mode === "json") return out.print(jsonLine({ id: row.id, paused: row.paused, ...health, counts }));
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
