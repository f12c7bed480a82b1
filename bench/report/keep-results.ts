import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { chartSvg } from "./chart.ts";
import { isSameMachine } from "./machine.ts";
import { withBenchSection } from "./readme-section.ts";
import { chartOf, latestMarkdown, type Results, readmeMarkdown } from "./tables.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const README = path.join(ROOT, "README.md");
const RESULTS = path.join(ROOT, "bench/results");

/**
 * Writes bench/results/<date>.json, latest.md and chart.svg, and the README's section. What was measured on this
 * machine on the same day and not now is kept beside it, in the order of `names`.
 */
export function keepResults(measured: Results, names: readonly string[]): void {
  const file = path.join(RESULTS, `${measured.machine.date}.json`);
  const results = merged(
    existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : undefined,
    measured,
    names,
  );
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(path.join(RESULTS, "latest.md"), latestMarkdown(results));
  const chart = chartOf(results);
  if (0 < chart.bars.length) writeFileSync(path.join(RESULTS, "chart.svg"), chartSvg(chart));
  writeFileSync(README, withBenchSection(readFileSync(README, "utf8"), readmeMarkdown(results)));
}

/** `before` with what is new in it, as far as both are of one machine. */
export function merged(before: Results | undefined, measured: Results, names: readonly string[]): Results {
  const kept = before !== undefined && isSameMachine(before.machine, measured.machine) ? before.results : [];
  const results = names.flatMap(
    (name) => [...measured.results, ...kept].find((outcome) => outcome.name === name) ?? [],
  );
  return { machine: measured.machine, results };
}
