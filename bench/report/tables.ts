import type { Bar, Outcome, Row } from "../bench.ts";
import type { Chart } from "./chart.ts";
import { type Machine, machineInWords } from "./machine.ts";

/** What bench/results/<date>.json holds. */
export interface Results {
  machine: Machine;
  results: NamedOutcome[];
}

export interface NamedOutcome extends Outcome {
  name: string;
  /** How long it took. */
  seconds: number;
}

/** Rows for a terminal, in columns. */
export function terminalTable(rows: readonly Row[]): string {
  const measures = Math.max(...rows.map(({ measure }) => measure.length));
  const values = Math.max(...rows.map(({ value }) => value.length));
  return rows
    .map(({ measure, value, target, met }) => {
      const verdict = target === undefined ? "" : `${met ? "met    " : "NOT met"}  ${target}`;
      return `  ${measure.padEnd(measures)}  ${value.padStart(values)}  ${verdict}`.trimEnd();
    })
    .join("\n");
}

/** bench/results/latest.md: everything, for people. */
export function latestMarkdown({ machine, results }: Results): string {
  const parts = results.flatMap(({ name, rows }) => [`## ${name}`, "", ...markdownTable(rows), ""]);
  const chart = barsOf(results).length === 0 ? [] : ["![the rates as bars](chart.svg)", ""];
  return ["# Last benchmark", "", machineInWords(machine), "", ...chart, ...parts].join("\n");
}

/** The README's section: the chart and the rows that a reader asks for first. */
export function readmeMarkdown({ machine, results }: Results): string {
  const headlines = results.flatMap(({ rows }) => rows).filter((row) => row.isHeadline === true);
  const bars = barsOf(results);
  const words = bars.map(({ label, perSecond }) => `${label} ${Math.round(perSecond).toLocaleString("en")}`).join(", ");
  return [
    ...(bars.length === 0 ? [] : [`![Deliveries a second: ${words}](bench/results/chart.svg)`, ""]),
    machineInWords(machine),
    "",
    ...markdownTable(headlines),
    "",
    "Every figure: [bench/results/latest.md](bench/results/latest.md). How they are measured:",
    "[docs/benchmarks.md](docs/benchmarks.md).",
  ].join("\n");
}

export function chartOf({ machine, results }: Results): Chart {
  return {
    title: "Webhooks delivered a second",
    subtitle: `queued events of 500 bytes, signed, 64 connections, one machine of ${machine.cpu.replace(" × ", " cores, ")}`,
    bars: barsOf(results),
  };
}

function barsOf(results: readonly NamedOutcome[]): Bar[] {
  return results.flatMap(({ bars }) => bars ?? []).toSorted((one, other) => other.perSecond - one.perSecond);
}

function markdownTable(rows: readonly Row[]): string[] {
  const cells = rows.map(
    ({ measure, value, target, met }) =>
      `| ${measure} | ${value} | ${target ?? ""} | ${met === undefined ? "" : met ? "yes" : "**no**"} |`,
  );
  return ["| measure | value | target | met |", "|---|---|---|---|", ...cells];
}
