import type { StatsFigures, StatsGroup, StatsResource, TenantStats } from "../core/statistics/statistics.ts";
import type { Output } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ViewLine } from "./print-one.ts";
import { sparkline } from "./sparkline.ts";
import type { Column, ListView } from "./table.ts";
import { relativeTime, span } from "./time-text.ts";

const FIGURES = ["attempts", "succeeded", "failed", "success_rate", "deliveries", "duration_ms"] as const;
/** Below this a share of successes is shown in red, below the next in yellow. */
const BAD_RATE = 0.5;
const GOOD_RATE = 0.95;

function figureColumns<Row extends StatsFigures>(): Column<Row>[] {
  return [
    { title: "attempts", text: (row) => String(row.attempts), whole: true },
    { title: "failed", text: (row) => String(row.failed), whole: true },
    {
      title: "success",
      text: (row) => (row.success_rate === null ? "" : String(row.success_rate)),
      human: (row) => rateText(row.success_rate),
      whole: true,
      paint: (row, colors) => paintOfRate(row.success_rate, colors),
    },
    percentile("p50", 2),
    percentile("p95", 1),
    percentile("p99", 3),
  ];
}

function percentile<Row extends StatsFigures>(name: "p50" | "p95" | "p99", expendable: number): Column<Row> {
  return {
    title: name,
    text: (row) => (row.duration_ms === null ? "" : String(row.duration_ms[name])),
    human: (row) => (row.duration_ms === null ? "" : span(row.duration_ms[name])),
    expendable,
  };
}

/** `title`: what the groups are of. */
export function groupView(title: string): ListView<StatsGroup> {
  return {
    fields: ["key", "name", ...FIGURES, "series"],
    id: (row) => row.key,
    columns: [
      { title, text: (row) => row.key, human: (row) => row.name ?? row.key },
      { title: "name", text: (row) => row.name ?? "", inPipesOnly: true },
      ...figureColumns<StatsGroup>(),
      {
        title: "trend",
        text: (row) => row.series?.attempts.join(",") ?? "",
        human: (row) => (row.series === null ? "" : sparkline(row.series.attempts)),
        expendable: 4,
      },
    ],
  };
}

export const TENANT_STATS_VIEW: ListView<TenantStats> = {
  fields: ["tenant", "environment", ...FIGURES],
  id: (row) => `${row.tenant}/${row.environment}`,
  columns: [
    { title: "tenant", text: (row) => row.tenant },
    { title: "environment", text: (row) => row.environment },
    ...figureColumns<TenantStats>(),
  ],
};

export const STATS_VIEW: ListView<StatsResource> = {
  fields: [
    "period",
    "since",
    "until",
    "recorded_since",
    "step_ms",
    "totals",
    "series",
    "by",
    "groups",
    "left_out",
    "backlog",
  ],
  id: (row) => String(row.totals.attempts),
  columns: [
    { title: "period", text: (row) => row.period },
    { title: "attempts", text: (row) => String(row.totals.attempts) },
  ],
};

/** "99.2 %"; nothing for nothing. */
export function rateText(rate: number | null): string {
  if (rate === null) return "";
  // Never rounded up to all of them.
  return rate === 1 ? "100 %" : `${(Math.floor(rate * 1_000) / 10).toFixed(1)} %`;
}

export function paintOfRate(rate: number | null, colors: Output["colors"]): (text: string) => string {
  if (rate === null || GOOD_RATE <= rate) return colors.green;
  return rate < BAD_RATE ? colors.red : colors.yellow;
}

/** The whole of a period, for people and pipes. */
export function statsLines(stats: StatsResource, out: Output, now: number): ViewLine[] {
  const isHuman = out.mode === "human";
  const { totals, series, backlog } = stats;
  const rate = isHuman ? rateText(totals.success_rate) : String(totals.success_rate ?? "");
  const time = (ms: number | undefined): string => (ms === undefined ? "-" : isHuman ? span(ms) : String(ms));
  const oldest = backlog.oldest_due_at;
  const lines: (readonly [string, string])[] = [
    ["period", `${stats.period}, since ${stats.since}`],
    ["attempts", String(totals.attempts)],
    [
      "succeeded",
      `${totals.succeeded}${rate === "" ? "" : `   ${paintOfRate(totals.success_rate, out.colors)(rate)}`}`,
    ],
    ["failed", String(totals.failed)],
    ["deliveries", `${totals.deliveries?.succeeded ?? 0} succeeded, ${totals.deliveries?.failed ?? 0} failed`],
    ["p50", time(totals.duration_ms?.p50)],
    ["p95", time(totals.duration_ms?.p95)],
    ["p99", time(totals.duration_ms?.p99)],
    [
      "waiting",
      `${backlog.at_least ? "more than " : ""}${backlog.waiting}${
        oldest === null ? "" : `, due since ${isHuman ? relativeTime(oldest, now) : oldest}`
      }`,
    ],
  ];
  if (isHuman && 0 < totals.attempts) {
    const cells = Math.max(16, Math.min(60, (out.columns ?? 80) - 16));
    const { green, red } = out.colors;
    lines.push([
      "trend",
      green(
        sparkline(
          series.map(({ attempts }) => attempts),
          cells,
        ),
      ),
    ]);
    if (0 < totals.failed)
      lines.push([
        "failures",
        red(
          sparkline(
            series.map(({ failed }) => failed),
            cells,
          ),
        ),
      ]);
  }
  if (Date.parse(stats.since) < Date.parse(stats.recorded_since)) {
    lines.push(["recorded", `since ${escapeLine(stats.recorded_since)}: what was before is not counted`]);
  }
  return lines;
}
