import { Command, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { wholeNumber } from "../src/cli/flag-values.ts";
import { examples } from "../src/cli/help.ts";
import { addFieldsFlag } from "../src/cli/pages.ts";
import { printOne, printsFields } from "../src/cli/print-one.ts";
import { groupView, STATS_VIEW, statsLines, TENANT_STATS_VIEW } from "../src/cli/stats-view.ts";
import { printList, printSection } from "../src/cli/table.ts";
import { HooksError } from "../src/core/errors.ts";
import { PERIODS, type Period } from "../src/core/statistics/spans.ts";
import { GROUPINGS, type Grouping } from "../src/core/statistics/statistics.ts";
import { naming } from "./filter-flags.ts";

export interface StatsOptions {
  period: Period;
  by?: Grouping | "tenant";
  sub?: string;
  limit?: number;
  fields?: string[];
}

const MOST_GROUPS = 200;
const DEFAULT_GROUPS = 50;
const FLAGS: Readonly<Record<string, string>> = {
  period: "--period",
  by: "--by",
  limit: "--limit",
  id: "--sub",
  tenant: "--tenant",
  environment: "--env",
};

/** Defines `hooks stats`. */
export function statsCommand(context: CliContext, run = runStats): Command {
  const command = new Command("stats")
    .description(
      "Shows what attempts came to and how long they took: as a whole, or by status, event type, subscription or tenant. " +
        "Counted as they are recorded; durations are known to about 3 %.",
    )
    .addOption(new Option("--period <period>", "how far back").choices(PERIODS).default("24h"))
    .addOption(new Option("--by <what>", "what to count apart").choices([...GROUPINGS, "tenant"]))
    .option("--sub <subscription>", "of this subscription only (id, beginning or name); --by status goes with it")
    .option(
      "--limit <number>",
      `at most this many groups, the busiest first (default: ${DEFAULT_GROUPS})`,
      wholeNumber("--limit", 1, MOST_GROUPS),
    );
  return addFieldsFlag(command)
    .addHelpText(
      "after",
      examples(
        "hooks stats",
        "hooks stats --period 7d --by subscription",
        "hooks stats --period 1h --sub shop --by status",
        "hooks stats --by type --json | jq 'select(.failed > 0)'",
      ),
    )
    .action((flags: StatsOptions) => run(flags, context));
}

/** @throws HooksError `usage` for flags that do not go together */
export async function runStats(flags: StatsOptions, context: CliContext): Promise<void> {
  const { period, by, sub, limit, fields } = flags;
  const { out } = context;
  if (sub !== undefined && by !== undefined && by !== "status") {
    throw new HooksError("usage", `--by ${by} and --sub cannot be used together: that is one subscription's already`, {
      field: "--by",
      hint: "hooks stats --sub shop --by status",
    });
  }
  if (by === "tenant") return printTenants(flags, context);
  const view = groupView(by ?? "");
  if (by === undefined ? printsFields(out, STATS_VIEW, fields) : printsFields(out, view, fields)) return;
  const service = await context.service({ reads: true });
  const query = { period, by, limit };
  const stats = await naming(sub === undefined ? service.stats(query) : service.subscriptionStats(sub, query), FLAGS);
  if (by === undefined) {
    return printOne(out, stats, STATS_VIEW, { fields, lines: () => statsLines(stats, out, context.now()) });
  }
  if (out.mode === "human" && fields === undefined) {
    printSection(out, statsLines(stats, out, context.now()));
    if (0 < stats.groups.length) out.print("");
  }
  printList(out, stats.groups, view, fields);
  if (0 < stats.left_out) out.note(`${stats.left_out} more are not shown: --limit`);
}

async function printTenants({ period, limit, fields }: StatsOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, TENANT_STATS_VIEW, fields)) return;
  const { tenant, environment } = context.settings();
  const admin = await context.admin({ reads: true });
  const stats = await naming(admin.tenantStats({ period, limit, tenant, environment }), FLAGS);
  printList(out, stats.data, TENANT_STATS_VIEW, fields);
  if (stats.data.length === 0 && out.mode === "human") out.note("no attempts");
  if (0 < stats.left_out) out.note(`${stats.left_out} more are not shown: --limit`);
}
